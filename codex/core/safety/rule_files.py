"""The user's rule files: find them, and add a line to one.

They are in CODEX_HOME only: a repository must not decide what may run. rules.py reads them once,
when the session starts.
"""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import PolicyError
from codex.base.file_lock import LockState, try_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

RULES_FOLDER = "rules"
ATTEMPTS = 3
"""Most attempts to write a line, if other programs replace the file each time."""
LOCK_ATTEMPTS = 40
LOCK_PAUSE_S = 0.05


def find_rule_files(codex_home: str) -> tuple[list[str], list[str]]:
    """Return the paths of the rule files, and an error text for each unreadable folder.

    The rule files are `rules/*.rules`, then `*.policy`, each sorted by name, without hidden ones.
    """
    found: list[str] = []
    failures: list[str] = []
    if os.path.isfile(codex_home):
        return found, failures  # The configuration reports that CODEX_HOME is no folder.
    places = ((os.path.join(codex_home, RULES_FOLDER), ".rules"), (codex_home, ".policy"))
    for folder, ending in places:
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(ending))
        except FileNotFoundError:
            continue
        except OSError as error:
            failures.append(f"cannot read the rules in '{folder}': {error.strerror}")
            continue
        found += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return found, failures


def rule_text(prefix: Sequence[str]) -> str:
    """Return the line of a rule file that allows a prefix."""
    # Every JSON string is valid in the rule language, too.
    words = ", ".join(msgspec.json.encode(word).decode() for word in prefix)
    return f'prefix_rule(pattern=[{words}], decision="allow")'


def keep_rule(codex_home: str, prefix: Sequence[str]) -> str:
    """Add the rule that allows a prefix to `rules/default.rules`; return the file's path.

    The line is appended in one write, under a lock that other sessions respect, unless the file
    contains it already.

    Raises: PolicyError, if the rule cannot be written.
    """
    folder = os.path.join(codex_home, RULES_FOLDER)
    path = os.path.join(folder, "default.rules")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        for _ in range(ATTEMPTS):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(descriptor, "r+b", buffering=0) as file:
                _lock(file)
                _append_line(file, rule_text(prefix).encode())
                # An editor may have replaced the file meanwhile.
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    break
        else:
            raise OSError(errno.EAGAIN, "another program replaces the file again and again")
    except OSError as error:
        raise PolicyError(f"cannot write the rule to '{path}': {error.strerror}") from error
    return path


def _lock(file: FileIO) -> None:
    """Lock the file, after waiting up to 2 s for other sessions; closing the file unlocks it.

    Raises: OSError, if the file is still locked then.
    """
    for _ in range(LOCK_ATTEMPTS):
        # Where locks are unavailable, the line is still appended in one write.
        if try_lock(file.fileno()) is not LockState.BUSY:
            return
        time.sleep(LOCK_PAUSE_S)
    raise OSError(errno.EWOULDBLOCK, "another program has locked it")


def _append_line(file: FileIO, line: bytes) -> None:
    """Append a line, unless the file contains it already."""
    file.seek(0)
    content = file.readall()
    if line in content.split(b"\n"):
        return
    before = b"\n" if content and not content.endswith(b"\n") else b""
    data = before + line + b"\n"
    written = file.write(data)
    if written != len(data):
        # Half a line would break the file, but a line that another program added must stay.
        if os.fstat(file.fileno()).st_size == len(content) + written:
            file.truncate(len(content))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
