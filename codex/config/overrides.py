"""Settings from the command line: the values of the flags, among them `-c KEY=VALUE`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import ConfigError
from codex.config.merge import merge
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Settings from the command line; a flag wins over every other source, `-c` among them.

    None: the flag was not given.
    """

    model: str | None = None
    provider: str | None = None
    is_oss: bool = False
    """Whether `--oss` was given: the provider is `oss_provider` unless `provider` is given, and the
    model is DEFAULT_OSS_MODEL unless `model` is; the key `model` has no effect."""
    profile: str | None = None
    approval_policy: AskForApproval | None = None
    sandbox_mode: str | None = None
    """Sandbox mode, a key of SANDBOX_MODES."""
    sandbox_permissions: tuple[str, ...] | None = None
    """All sandbox permissions, as in PERMISSION_FORMS; must be None if `sandbox_mode` is set."""
    writable_roots: tuple[str, ...] = ()
    """Folders of `--add-dir`, as typed; ignored if the policy can write nowhere."""
    is_container: bool = False
    """Whether `--container-is-sandbox` was given."""
    cwd: str | None = None
    """Folder of `--cd`, as typed."""
    disable_response_storage: bool = False
    is_ephemeral: bool = False
    """Whether `--ephemeral` was given: no session file is written."""
    config: tuple[str, ...] = ()
    """`KEY=VALUE` strings of `-c`, in the order given; later ones win."""


def parse_assignments(
    assignments: Iterable[str], parse_value: Callable[[str], Any]
) -> dict[str, Any]:
    """Return the table that the `KEY=VALUE` strings of `-c` set; later strings win.

    A VALUE that is not TOML is taken as a string.

    Args: parse_value: returns the value of a TOML text; raises ValueError if it is not TOML.
    Raises: ConfigError, if a string has no "=" or its key is malformed.
    """
    merged: dict[str, Any] = {}
    for assignment in assignments:
        merged = merge(merged, _parse_assignment(assignment, parse_value))
    return merged


def _parse_assignment(assignment: str, parse_value: Callable[[str], Any]) -> dict[str, Any]:
    key, separator, text = assignment.partition("=")
    if not separator:
        raise ConfigError(f'-c "{assignment}": expected KEY=VALUE, got no "="')
    try:
        value = parse_value(text.strip())
    except ValueError:
        # People type `-c model=o3`: a value that is not TOML is taken literally.
        value = text.strip()
    for part in reversed(_split_key(key, parse_value)):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def _split_key(key: str, parse_value: Callable[[str], Any]) -> list[str]:
    """Return the parts of a dotted key; a part may be quoted as in TOML.

    Bare parts may hold any character except the dot, as in codex-rs.
    """
    parts = []
    rest = key.strip()
    while True:
        if rest[:1] in ('"', "'"):
            part, rest = _quoted(key, rest, parse_value)
        else:
            end = rest.find(".")
            part, rest = (rest, "") if end < 0 else (rest[:end], rest[end:])
            part = part.strip()
        if not part:
            raise ConfigError(f'-c "{key}": expected a dotted key, got an empty part')
        parts.append(part)
        if not rest:
            return parts
        if not rest.startswith("."):
            raise ConfigError(f'-c "{key}": expected a dot after the quoted part')
        rest = rest[1:].lstrip()


def _quoted(key: str, text: str, parse_value: Callable[[str], Any]) -> tuple[str, str]:
    quote = text[0]
    end = 1
    while end < len(text) and text[end] != quote:
        end += 2 if quote == '"' and text[end] == "\\" else 1
    try:
        part = parse_value(text[: end + 1])
    except ValueError as error:
        raise ConfigError(
            f'-c "{key}": expected a quoted key as in TOML, got {text[: end + 1]}'
        ) from error
    return str(part), text[end + 1 :].lstrip()
