"""Launcher that executes the program in its arguments and makes system calls fail for it."""

from __future__ import annotations

import os
import sys

from tests.support.kernel.lesser_kernel import lose
from tests.support.program import PYTHON


def lacking(calls: dict[str, int]) -> tuple[str, ...]:
    """Return the words to put before a command line so that system calls fail with these errnos."""
    failures = [f"{call}={error}" for call, error in calls.items()]
    return (*PYTHON, "-m", "tests.support.kernel.lacking", *failures, "--")


def main(argv: list[str]) -> None:
    end = argv.index("--")
    lose({call: int(error) for call, _, error in (text.partition("=") for text in argv[:end])})
    os.execv(argv[end + 1], argv[end + 1 :])


if __name__ == "__main__":
    main(sys.argv[1:])
