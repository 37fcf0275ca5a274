"""The arguments of a `shell` call, and the argv to run. Pure, except that it looks for bash."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec


class ShellArguments(msgspec.Struct, frozen=True):
    """The arguments of a `shell` call, as models send them."""

    command: list[str] | str
    workdir: str | None = None
    """Folder to run in; a relative one, or None, is taken from the session's working directory."""
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Time-out in milliseconds; if there is also a `timeout_ms`, this one counts."""
    timeout_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    with_escalated_permissions: bool | None = None
    """Whether to ask the user to run the command outside the sandbox; None: no."""
    justification: str | None = None
    """Reason for leaving the sandbox, for the user to read."""

    def argv(self) -> tuple[str, ...]:
        """Return the argv to run: a list as it is, a string as the script of a shell."""
        if isinstance(self.command, str):
            return shell_argv(self.command)
        return tuple(self.command)


def shell_argv(text: str) -> tuple[str, ...]:
    """Return the argv that runs shell text: with bash, or with sh if /bin/bash is missing."""
    return ("bash" if os.path.exists("/bin/bash") else "sh", "-c", text)
