"""The program's exceptions, each with the exit status that the program then ends with.

Broken input or a failed outside call raises one of these; an expected outcome (a command that
exits 1) is a value instead. Boundaries translate the errors of the libraries they wrap into these.
"""

from __future__ import annotations

import enum


class ExitStatus(enum.IntEnum):
    """Exit status of the process."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SANDBOX_UNAVAILABLE = 125
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
    INTERRUPTED = 130


class CodexError(Exception):
    """A failure that the user has to know about.

    The message says what failed, with the name of the thing in quotes, and the cause. `advice`
    says what to do, if anything can be done.
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


class Interrupted(CodexError):  # noqa: N818 - not an error: the user asked for it
    """The user, or the end of the session, stopped the work."""

    exit_status = ExitStatus.INTERRUPTED

    def __init__(self, message: str = "interrupted", *, findings: tuple[str, ...] = ()) -> None:
        """Args: findings: lines for the model about what the interrupted work left behind."""
        super().__init__(message)
        self.findings = findings


class SandboxUnavailableError(CodexError):
    """The kernel cannot enforce the sandbox policy, so the command does not run.

    `str()` returns message and advice on one line, not on two as for other errors.
    """

    exit_status = ExitStatus.SANDBOX_UNAVAILABLE

    def __str__(self) -> str:
        return self.message if self.advice is None else f"{self.message}. {self.advice}"


class SpawnError(CodexError):
    """A command could not be started: no such program, not executable, bad working directory."""


class ProgramNotFoundError(SpawnError):
    """The program to run does not exist."""


class PatchError(CodexError):
    """A patch cannot be parsed, does not fit the files, or could not be written."""


class PolicyError(CodexError):
    """A file of rules about commands is unreadable or wrong; the message names file and line."""


class ProtocolError(CodexError):
    """A peer (a front end on a pipe, a server) sent something that its protocol does not allow."""
