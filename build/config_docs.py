"""Write docs/config.md from the program's table of keys and the texts of docs/config-keys.toml.

This file imports the program, so it must run in `.venv`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from paths import ROOT

from codex.config.keys import CONFIG, KEY_ALIASES, PROFILE
from codex.config.schema import Items, KeyTable, Leaf, Named, Unused, join_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.config.schema import Node

DATA = ROOT / "docs" / "config-keys.toml"
PAGE = ROOT / "docs" / "config.md"

PLACEHOLDERS = {"model_providers": "ID", "mcp_servers.NAME.tools": "TOOL"}
"""Placeholders for the names that users choose, by table; NAME is that of all other tables."""

PLURALS = {
    "a string": "strings",
    "a string that is not empty": "strings",
    "a path": "paths",
    "a TCP port from 1 to 65535": "TCP ports",
    "a regular expression": "regular expressions",
}
"""Plurals of the types of an array's items."""

KNOWN = {
    "both": "May 2025, today",
    "may": "May 2025",
    "between": "between",
    "today": "today",
    "own": "own",
}
"""Texts of the column "known to", by the word in docs/config-keys.toml."""


class Key(NamedTuple):
    """One key of config.toml."""

    name: str
    """Dotted name; a word in capitals stands for each name that users choose."""
    node: Node

    @property
    def is_used(self) -> bool:
        """Whether the key does anything."""
        return not isinstance(self.node, Unused)


def all_keys() -> list[Key]:
    """Return every key, in the order of the program's table.

    A table whose keys are known is left out, and its keys are returned instead.
    """
    return list(_walk(CONFIG, ""))


def _walk(table: KeyTable, above: str) -> Iterator[Key]:
    for word, node in table.keys.items():
        name = join_key(above, word)
        match node:
            case KeyTable():
                yield from _walk(node, name)
            case Named(each=KeyTable() as each) if each is not PROFILE:
                yield from _walk(each, f"{name}.{PLACEHOLDERS.get(name, 'NAME')}")
            case _:
                yield Key(name, node)


def read_data() -> dict[str, Any]:
    """Return the parsed docs/config-keys.toml."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def page() -> str:
    """Return the text of docs/config.md."""
    data = read_data()
    nodes = dict(all_keys())
    parts = [data["intro"].strip()]
    for section in data["section"]:
        parts.append(f"## {section['title']}")
        if "text" in section:
            parts.append(section["text"].strip())
        rows = [_row(name, nodes[name], facts) for name, facts in section["keys"].items()]
        parts.append(_table(("key", "type", "default", "meaning", "known to"), rows))
    parts.append("## Accepted without effect")
    parts.append(data["unused_intro"].strip())
    rows = [
        (f"`{name}`", what, _effect(nodes[name]), KNOWN[known])
        for name, (known, what) in data["unused"].items()
    ]
    parts.append(_table(("key", "elsewhere", "here", "known to"), rows))
    return "\n\n".join(parts) + "\n"


def _row(name: str, node: Node, facts: dict[str, str]) -> tuple[str, ...]:
    names = [name, *(old for old, new in KEY_ALIASES.items() if new == name)]
    default = f"`{facts['default']}`" if "default" in facts else ""
    note = facts.get("note", "")
    comma = "," if default and note and not note.startswith("(") else ""
    return (
        "<br>".join(f"`{each}`" for each in names),
        _type(node),
        f"{default}{comma} {note}".strip(),
        f"{facts['meaning']}<br>`{name} = {facts['example']}`",
        KNOWN[facts["known"]],
    )


def _type(node: Node) -> str:
    match node:
        case Leaf(expected=expected):
            return expected.removeprefix("a ").removeprefix("an ")
        case Items(each=each):
            expected = each.expected
            return f"array of {PLURALS.get(expected, expected.removeprefix('one of '))}"
        case Named(each=Leaf()):
            return "table of strings"
        case Named():
            return "table of tables"
        case _:
            raise ValueError(f"a key without a type: {node}")


def _effect(node: Node) -> str:
    """Return what the program does with a key that has no effect: ignore it, or warn."""
    if not isinstance(node, Unused):
        raise ValueError("a key in [unused] has an effect: document it in a [[section]] instead")
    if node.wish is None:
        return "ignored"
    harmless = [_toml(value) for value in node.harmless if value not in ({}, [])]
    return "a warning" + (f", unless it is {' or '.join(harmless)}" if harmless else "")


def _toml(value: object) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case dict():
            return (
                "`{ " + ", ".join(f"{k} = {_toml(v).strip('`')}" for k, v in value.items()) + " }`"
            )
        case _:
            return f'`"{value}"`'


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
