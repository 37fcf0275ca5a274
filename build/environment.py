"""The virtual environment of the work tree, `.venv`, and the sets of packages installed in it.

A set is one file of `build/requirements`, installed with every hash checked. pip's own
configuration chooses the package index; nothing in this tree names one.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import system
from console import run, say
from paths import REQUIREMENTS, ROOT, VENV, VENV_PYTHON, WORK
from stamps import digest, is_fresh, locked, write_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from system import Need

MADE_STAMP = VENV / ".made"
ADVICE = "Check the network and pip's configuration (`pip config list`), then run this again."


def needs() -> Sequence[Need]:
    """Return what the system must provide to make `.venv`; nothing if this Python made it."""
    return () if _is_made() else system.VENV_NEEDS


def ensure_run() -> None:
    """Install the packages that the program imports in `.venv`, which is made if it is missing."""
    _ensure("run")


def ensure_dev() -> None:
    """Install the packages of the program, lint, types and tests in `.venv`, made if missing."""
    _ensure("dev")


def ensure_binary() -> None:
    """Install the packages that compiling the executable needs in `.venv`, made if missing."""
    _ensure("run")
    _ensure("binary")


def _ensure(name: str) -> None:
    requirements = REQUIREMENTS / f"{name}.txt"
    stamp = VENV / f".installed-{name}"
    key = digest([requirements], sys.version, str(ROOT))
    if is_fresh(stamp, key, VENV_PYTHON):
        return
    with locked(WORK / "venv.lock"):
        if not is_fresh(stamp, key, VENV_PYTHON):
            _ensure_venv()
            say(f"installing the packages of build/requirements/{name}.txt")
            run(
                pip_install(VENV_PYTHON, requirements),
                what=f"installing '{requirements}'",
                advice=ADVICE,
            )
            write_stamp(stamp, key)


def _ensure_venv() -> None:
    if _is_made():
        return
    say("making the virtual environment .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", VENV], what="making '.venv'")
    # The program runs from its source, whatever the working directory is.
    minor = f"python3.{sys.version_info.minor}"
    (VENV / "lib" / minor / "site-packages" / "codex-source.pth").write_text(f"{ROOT}\n")
    write_stamp(MADE_STAMP, _made_key())


def _is_made() -> bool:
    return is_fresh(MADE_STAMP, _made_key(), VENV_PYTHON)


def _made_key() -> str:
    return digest([], sys.version, str(ROOT))


def pip_install(python: Path, requirements: Path) -> list[str | Path]:
    """Return the command that installs a file of pinned and hashed requirements, wheels only.

    Args: python: the interpreter whose pip is run.
    """
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    return [python, "-m", "pip", "install", *options, "--require-hashes", "-r", requirements]
