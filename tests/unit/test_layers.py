"""The import directions of docs/architecture.md, read from the source."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]

ROWS: dict[str, tuple[str, ...]] = {
    "codex": (
        "__main__",
        "cli",
        "demo",
        "tui exec mcp_server subcommands",
        "core",
        "rollout message_history",
        "model sandbox mcp config apply_patch execpolicy",
        "net jsonrpc",
        "protocol",
        "base",
        "__init__ _landlock_shim",
    ),
    "codex.core": (
        "engine",
        "codex",
        "errands replay servers",
        "task",
        "turn",
        "tools",
        "context prompt",
        "session",
        "setup",
        "approvals command_setting elicitations instructions notify project_doc safety",
    ),
    "codex.core.tools": (
        "offered",
        "apply_patch mcp plan shell view_image",
        "shell_call",
        "attempt consent patch shell_arguments tool",
    ),
    "codex.core.safety": (
        "decide prefixes",
        "rules",
        "danger rule_files trusted unattended",
    ),
    "codex.model": (
        "catalog",
        "client",
        "chat responses",
        "calls headers",
        "decode failure",
        "event loose prompt retry",
    ),
    "codex.sandbox": (
        "run explain denial",
        "launch",
        "machine",
        "linux macos",
        "confinement",
        "guard",
        "roots",
        "enforcement params env output",
    ),
    "codex.sandbox.linux": (
        "start kernel",
        "namespaces seccomp contained",
        "server tree",
        "spawn explain_rules",
        "blocked_calls landlock",
    ),
    "codex.tui": (
        "main",
        "app",
        "keys screen",
        "frame",
        "commands",
        "conversation",
        "engine",
        "bridge",
        "dialogs",
        "transcript composer",
        "terminal",
        "drawing",
        "options",
    ),
}
"""The rows of a package, from the top down: a file imports from its own entry and from lower rows.

An entry is a module or a package directly below the key; a name of the rows below is an error where
the package has no such entry.
"""


def modules() -> dict[str, Path]:
    """The dotted name of every module of the product, and its file."""
    names = {}
    for path in sorted((ROOT / "codex").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


MODULES = modules()


def imports_of(path: Path) -> set[str]:
    """The modules of the product that a file imports, those for type checking included."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return {module_of(name) for name in found if name.split(".")[0] == "codex"}


def module_of(dotted: str) -> str:
    """The module that an imported name is, or is defined in."""
    if dotted in MODULES or dotted.startswith("codex._landlock_shim"):
        return dotted
    return dotted.rpartition(".")[0]


IMPORTS = {name: imports_of(path) for name, path in MODULES.items()}


def entry_of(package: str, module: str) -> str | None:
    """The entry of `package` that `module` is in; None for a module elsewhere."""
    if module == package:
        return "__init__"
    if not module.startswith(f"{package}."):
        return None
    return module.removeprefix(f"{package}.").split(".")[0]


@pytest.mark.parametrize("package", ROWS)
def test_imports_point_downward(package: str) -> None:
    rank = {name: -row for row, names in enumerate(ROWS[package]) for name in names.split()}
    wrong = []
    for module, imported_modules in IMPORTS.items():
        importer = entry_of(package, module)
        if importer is None or (importer == "__init__" and package != "codex"):
            continue
        assert importer in rank, f"{module}: not in the rows of '{package}'"
        for name in sorted(imported_modules):
            imported = entry_of(package, name)
            if imported not in (None, importer) and rank[imported] >= rank[importer]:
                wrong.append(f"{module} imports {name}, which is not below it")
    assert not wrong, "\n".join(wrong)


def test_every_name_in_the_rows_exists() -> None:
    for package, rows in ROWS.items():
        entries = {entry_of(package, module) for module in MODULES} | {"_landlock_shim"}
        named = [name for names in rows for name in names.split()]
        assert sorted(named) == sorted(set(named))
        assert set(named) <= entries, package


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle_in(IMPORTS) is None


PACKAGES = sorted({name.rpartition(".")[0] for name in MODULES if "." in name})


@pytest.mark.parametrize("package", PACKAGES)
def test_the_entries_of_a_package_form_no_circle(package: str) -> None:
    arrows: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        importer = entry_of(package, module)
        if importer not in (None, "__init__"):
            entries = {entry_of(package, name) for name in imported} - {None, "__init__", importer}
            arrows.setdefault(importer, set()).update(filter(None, entries))
    assert circle_in(arrows) is None


def circle_in(arrows: Mapping[str, set[str]]) -> list[str] | None:
    """One circle of the graph, its first name repeated at the end; None if there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return None


def test_a_circle_is_seen() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}}) is None
    assert sorted(set(circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) or ())) == ["b", "c"]


def test_no_file_is_over_500_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("codex", "build", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert not long


def test_no_folder_has_more_than_20_modules_side_by_side() -> None:
    tops = [ROOT / name for name in ("codex", "build", "tests", "native")]
    folders = [path for top in tops for path in (top, *top.rglob("*")) if path.is_dir()]
    counts = {
        str(folder.relative_to(ROOT)): max(
            len([*folder.glob("[!_]*.py")]), len([*folder.glob("*.c")])
        )
        for folder in folders
    }
    assert {name: count for name, count in counts.items() if count > 20} == {}


def test_the_architecture_page_names_every_package() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent for path in MODULES.values()} - {ROOT / "codex"}
    unnamed = sorted(str(path) for path in folders if f"{path.name}/" not in page)
    assert not unnamed
