"""A name means one thing: no public name is defined at the top of two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SHARED = {"logger", "run"}
"""Names that are the same thing everywhere: a module's logger, a subcommand's entry."""


def top_level_names(path: Path) -> list[str]:
    """The names that a module defines at its top: public ones, and private classes."""
    names: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                names.append(name)
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                names.append(name)
            case ast.Assign(targets=targets):
                names.extend(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
            case _:
                pass
    return [name for name in names if not name.startswith("_") or is_class_name(name)]


def is_class_name(name: str) -> bool:
    """Whether a name is in CapWords, apart from a leading underscore."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()


def test_no_name_is_defined_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "codex").rglob("*.py")):
        for name in top_level_names(path):
            places[name].append(str(path.relative_to(ROOT)))
    assert {
        name: files for name, files in places.items() if len(files) > 1 and name not in SHARED
    } == {}
