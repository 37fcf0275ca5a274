"""Changes to config.toml that leave its comments and its order alone: the one importer of tomlkit.

What was written is read again before it replaces the file: where it would not say what it should,
the file is left as it is. The new file takes the old one's place in one step, with its mode.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import tomli

from codex.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

BY_HAND = "Change the file by hand."


def set_table(path: str, section: str, name: str, values: dict[str, Any]) -> bool:
    """Make `[section.name]` hold `values`, whatever it held before.

    Returns: whether there was such a table.
    Raises: ConfigError, when the file cannot be read, understood or written.
    """
    text = _read(path)
    before = _parse(text, path)
    existed = name in before.get(section, {})
    expected = {**before, section: {**before.get(section, {}), name: values}}

    def change(document: Any) -> None:
        import tomlkit

        if section not in document:
            document[section] = tomlkit.table(is_super_table=True)
        table = tomlkit.table()
        for key, value in values.items():
            table[key] = _nested(value)
        if name in document[section]:
            del document[section][name]
        document[section][name] = table

    _rewrite(path, text, expected, change)
    return existed


def remove_table(path: str, section: str, name: str) -> bool:
    """Take `[section.name]` out.

    Returns: whether it was there.
    Raises: ConfigError, as `set_table`.
    """
    text = _read(path)
    before = _parse(text, path)
    if name not in before.get(section, {}):
        return False
    left = {key: value for key, value in before[section].items() if key != name}
    expected = {**before, section: left}
    if not left:
        del expected[section]

    def change(document: Any) -> None:
        del document[section][name]
        if not document[section]:
            del document[section]

    _rewrite(path, text, expected, change)
    return True


def _nested(value: Any) -> Any:
    """A table within a table reads best on one line."""
    if not isinstance(value, dict):
        return value
    import tomlkit

    table = tomlkit.inline_table()
    table.update(value)
    return table


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"cannot read '{path}': {reason}") from error


def _parse(text: str, path: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", advice="Correct the file first.") from error


def _rewrite(path: str, text: str, expected: dict[str, Any], change: Callable[[Any], None]) -> None:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change(document)
        new_text = tomlkit.dumps(document)
        is_right = tomli.loads(new_text) == expected
    except (TOMLKitError, tomli.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"cannot change '{path}': {error}", advice=BY_HAND) from error
    if not is_right:
        raise ConfigError(f"cannot change '{path}' without touching other settings", advice=BY_HAND)
    _replace(path, new_text)


def _replace(path: str, text: str) -> None:
    """Write it beside the file and put it in its place; where a link leads, it goes on leading."""
    target = os.path.realpath(path)
    beside = f"{target}.{os.getpid()}.new"
    try:
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o600
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with open(fd, "w", encoding="utf-8", newline="") as file:
                os.fchmod(file.fileno(), mode)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.rename(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write '{path}': {error.strerror}") from error
