"""The arguments of a `shell` call, and the argv to run. Pure, except that it looks for bash."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec


class ShellArguments(msgspec.Struct, frozen=True):
    """The arguments of a `shell` call, as models send them."""

    command: list[str] | str
    workdir: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Time-out in milliseconds, like `timeout_ms`."""
    timeout_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    with_escalated_permissions: bool | None = None
    justification: str | None = None

    def argv(self) -> tuple[str, ...]:
        """Return the argv to run; a `command` that is one string is run as shell text."""
        if isinstance(self.command, str):
            return shell_argv(self.command)
        return tuple(self.command)


def shell_argv(text: str) -> tuple[str, ...]:
    """Return the argv that runs shell text: with bash, or with sh if /bin/bash is missing."""
    return ("bash" if os.path.exists("/bin/bash") else "sh", "-c", text)
