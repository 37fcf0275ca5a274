"""Set and remove tables of config.toml without changing its other settings, comments and order.

A table with a header of its own is changed as text, by inserting and removing lines; every other
byte of the file stays as it is. A table written inline or with dotted keys is changed by tomlkit,
which may move tables. The new text is parsed before it replaces the file: if its settings are not
exactly the intended ones, the file stays unchanged. The new file replaces the old one by a rename
and has the old one's mode. Only this module imports tomlkit.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Any

import tomli

from codex.base.errors import ConfigError
from codex.config.toml_text import with_table, without_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BY_HAND = "Change the file by hand."


def set_table(path: str, section: str, name: str, values: dict[str, Any]) -> bool:
    """Set the table `[section.name]` of the file to exactly `values`.

    The file and its folder are created if missing.
    Returns: whether the table existed before.
    Raises: ConfigError, if the file cannot be read, parsed or written, or other settings in it
        would change too; then it stays as it is.
    """
    with _locked(path):
        text = _read(path)
        before = _parse(text, path)
        existed = name in before.get(section, {})
        expected = {**before, section: {**before.get(section, {}), name: values}}

        def by_tomlkit(document: Any) -> None:
            import tomlkit

            table = tomlkit.inline_table()
            table.update(values)
            document[section][name] = table

        new_text = _first_right(
            path,
            lambda: with_table(text, (section, name), values),
            lambda: _changed(text, by_tomlkit),
            lambda found: found == expected,
        )
        _replace(path, text, new_text)
    return existed


def remove_table(path: str, section: str, name: str) -> bool:
    """Remove the table `[section.name]` from the file, if it exists.

    Returns: whether the table existed.
    Raises: ConfigError, as `set_table` does.
    """
    with _locked(path):
        text = _read(path)
        before = _parse(text, path)
        if name not in before.get(section, {}):
            return False
        left = {key: value for key, value in before.pop(section).items() if key != name}

        def is_right(found: dict[str, Any]) -> bool:
            return found.pop(section, {}) == left and found == before

        def by_tomlkit(document: Any) -> None:
            del document[section][name]

        new_text = _first_right(
            path,
            lambda: without_table(text, (section, name)),
            lambda: _changed(text, by_tomlkit),
            is_right,
        )
        _replace(path, text, new_text)
    return True


def _first_right(
    path: str,
    first: Callable[[], str],
    second: Callable[[], str],
    is_right: Callable[[dict[str, Any]], bool],
) -> str:
    """Return the text of `first`, or else of `second`, if its parsed settings pass `is_right`.

    `second` is called only if the text of `first` does not pass.

    Raises: ConfigError, if neither text does.
    """
    reason = "other settings in it would change too"
    for make in (first, second):
        try:
            text = make()
            if is_right(tomli.loads(text)):
                return text
        except (KeyError, TypeError, ValueError) as error:  # TOMLDecodeError, TOMLKitError
            reason = str(error) or type(error).__name__
    raise ConfigError(f"cannot change '{path}': {reason}", advice=BY_HAND)


def _changed(text: str, change: Callable[[Any], None]) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change(document)
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ValueError(str(error)) from error


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Wait for the lock on the file's folder, created if missing, and hold it.

    It keeps out only other processes that change the file here, not those that read it.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"cannot change '{path}': {error.strerror}") from error
    try:
        with contextlib.suppress(OSError):  # Some network file systems have no locks.
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


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


def _replace(path: str, old_text: str, text: str) -> None:
    """Replace the file with one that contains `text`, by a rename; a symbolic link is followed.

    Raises: ConfigError, also if the file's text is no longer `old_text`.
    """
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
            if _read(path) != old_text:
                raise ConfigError(f"'{path}' was changed by another program; try again")
            os.rename(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write '{path}': {error.strerror}") from error
