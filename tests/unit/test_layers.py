"""The import directions of docs/architecture.md, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__init__"}),
    frozenset({"errors"}),
    frozenset(
        {
            "host",
            "cancel",
            "jsonio",
            "git",
            "safe_git",
            "elapsed",
            "embedded",
            "bash",
            "printable",
            "signals",
            "lines",
        }
    ),
    frozenset({"protocol"}),
    frozenset({"net"}),
    frozenset({"model", "sandbox", "mcp", "config", "apply_patch", "execpolicy"}),
    frozenset({"core"}),
    frozenset(
        {"tui", "exec", "mcp_server", "proto", "mcp_command", "session_commands", "debug_sandbox"}
    ),
    frozenset({"demo"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
"""From the bottom up. A file imports from its own package and from lower rows."""

RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def imports_of(path: Path) -> list[str]:
    """The dotted names of the codex modules that a file imports."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "codex":
                found.extend(f"codex.{alias.name}" for alias in node.names)
            elif node.module is not None:
                found.append(node.module)
    return [name for name in found if name.split(".")[0] == "codex"]


def part_of(dotted: str) -> str:
    """The package or top-level file below `codex` that a module belongs to."""
    parts = dotted.split(".")
    if len(parts) == 1 or parts[1] == "__version__":
        return "__init__"
    return parts[1]


def test_imports_point_downward() -> None:
    files = sorted((ROOT / "codex").rglob("*.py"))
    assert files
    wrong = []
    for path in files:
        module = path.relative_to(ROOT).with_suffix("")
        importer = part_of(".".join(module.parts))
        assert importer in RANK, f"{path}: not in the layers of docs/architecture.md"
        for name in imports_of(path):
            imported = part_of(name)
            if name.startswith("codex._"):
                imported = "__init__"
            if imported != importer and RANK[imported] >= RANK[importer]:
                wrong.append(f"{module}: imports {name}, which is not below it")
    assert not wrong, "\n".join(wrong)


def test_no_file_is_over_600_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("codex", "build", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not long


def test_the_architecture_page_names_every_file() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    unnamed = [
        str(path.relative_to(ROOT))
        for folder, kinds in (
            ("codex", ("*.py", "*.md")),
            ("build", ("*.py",)),
            ("native", ("*.?",)),
        )
        for kind in kinds
        for path in (ROOT / folder).rglob(kind)
        if path.name != "__init__.py" and path.name not in page
    ]
    assert not unnamed
