"""Check a parsed TOML table against a shape: refuse wrong types and values, report unknown keys.

A shape is a tree of nodes; `keys.py` holds the shape of config.toml. Checking also normalises
values (absolute paths, one name per enum value, one name per key), so that layers from different
sources can be merged. Must not do I/O, or know what a setting does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from codex.base.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Source(NamedTuple):
    """Where a table of settings comes from, such as a file or `-c`."""

    prefix: str
    """Text before a dotted key in messages, such as `/home/u/.codex/config.toml: ` or `-c `."""
    folder: str
    """Folder that relative paths in the table start at, absolute."""
    home: str | None
    """Home folder, for `~`; None if it is unknown."""

    def absolute(self, path: str) -> str:
        """Return `path` made absolute; `~` and `..` are resolved, symbolic links are not."""
        if self.home is not None and (path == "~" or path.startswith("~/")):
            path = self.home + path[1:]
        return os.path.normpath(os.path.join(self.folder, path))


class Leaf(NamedTuple):
    """Shape of a value that is checked as a whole, such as a string or a number."""

    expected: str
    """What is accepted, for error messages, such as `a string`."""
    types: tuple[type, ...]
    """Accepted types; a bool is not an int."""
    read: Callable[[Any, Source], Any] = lambda value, _: value
    """Function that returns a value of these types normalised, or None to refuse it."""


class Items(NamedTuple):
    """Shape of an array; `each` is the shape of its items."""

    each: Leaf


class KeyTable(NamedTuple):
    """Shape of a table whose keys are known in advance."""

    keys: Mapping[str, Node]
    aliases: Mapping[str, str] = {}
    """Current names of keys, by their old names."""


class Named(NamedTuple):
    """Shape of a table whose keys are names that the user chose, such as `[profiles]`."""

    each: Node


class Unused(NamedTuple):
    """Shape of a key of other Codex versions that has no effect here; any value is accepted."""

    wish: str | None = None
    """What the warning says this version does not do, such as `run hooks`; None: no warning."""
    harmless: tuple[object, ...] = ()
    """Values that do not ask for the missing feature, and so give no warning."""


Node = Leaf | Items | KeyTable | Named | Unused

TYPE_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    list: "an array",
    dict: "a table",
}


def check(value: object, node: KeyTable, source: Source) -> tuple[dict[str, Any], list[str]]:
    """Check the parsed document `value` against its shape `node`.

    Returns: the settings, normalised and without unknown and `Unused` keys, and the warnings.
    Raises: ConfigError, naming the source, the dotted key, what was expected and what was found.
    """
    checker = _Checker(source, node.keys)
    settings = checker.walk(value, node, "")
    assert isinstance(settings, dict)
    return settings, checker.warnings


def check_leaf(value: object, leaf: Leaf, source: Source, key: str) -> Any:
    """Return one value, such as an environment variable's, checked and normalised.

    Args: key: its name in the error message.
    Raises: ConfigError, if the value does not have the shape `leaf`.
    """
    return _Checker(source, {}).leaf(value, leaf, key)


class _Checker:
    def __init__(self, source: Source, top_level: Mapping[str, Node]) -> None:
        self.source = source
        self.top_level = top_level
        self.warnings: list[str] = []

    def walk(self, value: object, node: Node, key: str) -> Any:
        match node:
            case Leaf():
                return self.leaf(value, node, key)
            case Items():
                items = self._of_type(value, list, "an array", key)
                return [
                    self.leaf(item, node.each, f"{key}[{index}]")
                    for index, item in enumerate(items)
                ]
            case Named():
                table = self._of_type(value, dict, "a table", key)
                return {
                    name: self.walk(item, node.each, join_key(key, name))
                    for name, item in table.items()
                }
            case KeyTable():
                return self._table(self._of_type(value, dict, "a table", key), node, key)
            case Unused():
                if node.wish is not None and value not in node.harmless:
                    self._warn(key, f"has no effect: this version does not {node.wish}")
                return value

    def leaf(self, value: object, leaf: Leaf, key: str) -> Any:
        # Not isinstance, for which True is an int.
        if type(value) not in leaf.types:
            raise self._wrong(key, leaf.expected, TYPE_NAMES.get(type(value), "a date or time"))
        result = leaf.read(value, self.source)
        if result is None:
            raise self._wrong(key, leaf.expected, _shown(value))
        return result

    def _table(self, table: dict[str, Any], node: KeyTable, key: str) -> dict[str, Any]:
        settings = {}
        for name, value in table.items():
            known = node.aliases.get(name, name)
            child = node.keys.get(known)
            dotted = join_key(key, name)
            if child is None:
                self._warn(dotted, "unknown key" + self._hint(name, [*node.keys, *node.aliases]))
            elif isinstance(child, Unused):
                self.walk(value, child, dotted)
            else:
                settings[known] = self.walk(value, child, dotted)
        return settings

    def _of_type(self, value: object, kind: type, expected: str, key: str) -> Any:
        if type(value) is not kind:
            raise self._wrong(key, expected, TYPE_NAMES.get(type(value), "a date or time"))
        return value

    def _hint(self, name: str, known: Iterable[str]) -> str:
        """Return the end of the warning about an unknown key: what the user may have meant."""
        import difflib

        if name in self.top_level:
            # Typically a key at the end of a file, where it belongs to the last table.
            return f'; "{name}" is a top-level key: write it above the first [table]'
        found = difflib.get_close_matches(name, known, n=1)
        return f'; did you mean "{found[0]}"?' if found else ""

    def _warn(self, key: str, text: str) -> None:
        self.warnings.append(f"{self.source.prefix}{key}: {text}")

    def _wrong(self, key: str, expected: str, got: str) -> ConfigError:
        return ConfigError(f"{self.source.prefix}{key}: expected {expected}, got {got}")


def join_key(parent: str, name: str) -> str:
    """Return `parent.name`, or `name` if `parent` is ""; `name` is quoted if TOML requires it."""
    if not name or not all(char.isascii() and (char.isalnum() or char in "-_") for char in name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{parent}.{name}" if parent else name


def _shown(value: object) -> str:
    """Return a wrong value of the right type as an error message shows it.

    Of a value of the wrong type only the type is shown: the value may be a misplaced secret.
    """
    return f'"{value}"' if isinstance(value, str) else str(value)
