"""docs/environment.md names every variable that the program reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from codex.config.providers import BUILT_IN
from codex.config.resolve import ENVIRONMENT_FIELDS
from codex.model.client import FIXTURE_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")


def is_environment(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("environ", "_environ", "env")


def read_by(tree: ast.AST) -> Iterator[str]:
    """The names in `environ.get("NAME")`, `environ["NAME"]` and `"NAME" in environ`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=mapping, attr="get"),
                args=[ast.Constant(value=str(name)), *_],
            ) if is_environment(mapping):
                yield name
            case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))) if (
                is_environment(mapping)
            ):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[mapping]) if (
                is_environment(mapping)
            ):
                yield name


def test_every_variable_that_is_read_by_name_is_documented() -> None:
    found = {
        name
        for path in (ROOT / "codex").rglob("*.py")
        for name in read_by(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert {"CODEX_HOME", "TERM", "SSL_CERT_FILE", "NO_COLOR", "TMUX"} <= found
    assert [name for name in sorted(found) if f"`{name}`" not in PAGE] == []


def test_the_variables_of_tables_are_documented() -> None:
    names = {variable for variable, _, _ in ENVIRONMENT_FIELDS} | {FIXTURE_VARIABLE}
    for provider in BUILT_IN.values():
        names |= {provider.get("env_key") or "OPENAI_API_KEY"}
        names |= set(provider.get("env_http_headers", {}).values())
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
