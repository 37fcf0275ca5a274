"""The tree of errors that end something, and the exit statuses they end the program with.

Broken input or a failed outside call raises one of these; an expected outcome (a command that
exits 1) is a value instead. Boundaries translate the errors of the libraries they wrap into this
tree.
"""

from __future__ import annotations

import enum


class ExitStatus(enum.IntEnum):
    """What the process returns to its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SANDBOX_UNAVAILABLE = 125
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
    INTERRUPTED = 130


class CodexError(Exception):
    """Something failed that the user has to know about.

    The message says what failed, with the name of the thing in quotes, and the cause. `advice` is
    the line on what to do, where there is something to do.
    """

    exit_status = ExitStatus.FAILED

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return self.message if self.advice is None else f"{self.message}\n{self.advice}"


class UsageError(CodexError):
    """The command line cannot be understood."""

    exit_status = ExitStatus.USAGE


class ConfigError(CodexError):
    """A configuration file, a `-c` override or an environment setting is wrong."""


class Interrupted(CodexError):  # noqa: N818 - no error: the user asked for it
    """The user, or the end of the session, stopped the work."""

    exit_status = ExitStatus.INTERRUPTED

    def __init__(self, message: str = "interrupted", *, findings: tuple[str, ...] = ()) -> None:
        """Args: findings: what the model is to read of it."""
        super().__init__(message)
        self.findings = findings


class SandboxUnavailableError(CodexError):
    """The kernel cannot enforce the sandbox policy, so the command does not run; one line."""

    exit_status = ExitStatus.SANDBOX_UNAVAILABLE

    def __str__(self) -> str:
        return self.message if self.advice is None else f"{self.message}. {self.advice}"


class SpawnError(CodexError):
    """A command could not be started: no such program, not executable, bad working directory."""


class ProgramNotFoundError(SpawnError):
    """There is no such program."""


class PatchError(CodexError):
    """A patch cannot be parsed, does not fit the files, or could not be written."""


class PolicyError(CodexError):
    """A file of rules about commands cannot be read, or is wrong; names the file and the line."""


class ProtocolError(CodexError):
    """A peer (a front end on a pipe, a server) sent something that is not of its protocol."""
