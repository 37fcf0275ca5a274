"""The arguments of a `shell` call, and the words that they run. Pure but for one look for bash."""

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
        """The words to run; a single string is shell text."""
        if isinstance(self.command, str):
            return shell_argv(self.command)
        return tuple(self.command)


def shell_argv(text: str) -> tuple[str, ...]:
    """The words that run shell text."""
    return ("bash" if os.path.exists("/bin/bash") else "sh", "-c", text)
