"""Check for the programs and headers that the system must provide; as root, install them with apt.

On a system without apt, or for a user other than root, an error names the missing ones and says how
to install them.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from console import BuildError, run, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Need(NamedTuple):
    """A program or file of the system that a step needs."""

    package: str
    """Debian package that provides it."""
    is_there: Callable[[], bool]
    """Returns whether the system has it."""
    note: str = ""
    """Advice that is shown if the package is installed and the need is still not met."""


def program(name: str, package: str | None = None) -> Need:
    """Return the need for the program `name` on PATH; its package has the same name by default."""
    return Need(package or name, lambda: shutil.which(name) is not None)


def header(name: str, package: str) -> Need:
    """Return the need for the C header `name` in the compiler's own folders."""
    folders = ("/usr/include", "/usr/local/include", f"/usr/include/{_multiarch()}")
    return Need(package, lambda: any(Path(folder, name).exists() for folder in folders))


def _multiarch() -> str:
    return sysconfig.get_config_var("MULTIARCH") or f"{platform.machine()}-linux-gnu"


def _has_venv() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


def _has_python_header() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").exists()


_PYTHON = f"python3.{sys.version_info.minor}"
VENV_NEEDS = (Need(f"{_PYTHON}-venv", _has_venv),)
NATIVE_NEEDS = (
    program("cc", "gcc"),
    header("stdio.h", "libc6-dev"),
    header("linux/landlock.h", "linux-libc-dev"),
    header("seccomp.h", "libseccomp-dev"),
    Need(f"{_PYTHON}-dev", _has_python_header),
)
TEST_NEEDS = (program("git"), program("openssl"), program("busybox", "busybox-static"))
"""Programs that tests run: git, openssl (makes certificates), and a shell for an empty root."""


def ensure(needs: Sequence[Need]) -> None:
    """Install the packages of those `needs` that are not met.

    Raises: BuildError, naming the packages and what to do, when this user is not root, when there
        is no apt, or when installing fails or does not help.
    """
    missing = sorted({need.package for need in needs if not need.is_there()})
    if not missing:
        return
    command = f"apt-get update && apt-get install -y {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        raise BuildError(
            f"missing on this system: {', '.join(missing)} (names of Debian packages)\n"
            "Install your system's equivalents, then run this again."
        )
    if os.geteuid() != 0:
        raise BuildError(
            f"missing on this system: {', '.join(missing)}\nRun: sudo sh -c '{command}'"
        )
    say(f"installing system packages: {' '.join(missing)}")
    _install(missing)
    importlib.invalidate_caches()
    still = [need for need in needs if not need.is_there()]
    if still:
        names = ", ".join(sorted({need.package for need in still}))
        notes = "\n".join(need.note for need in still if need.note)
        raise BuildError(
            f"'{command}' succeeded, but {names} did not provide what is needed.\n"
            + (
                notes
                or f"This Python is '{sys.executable}', but the packages serve the system's own: "
                "run the build with that one."
            )
        )


def _install(packages: Sequence[str]) -> None:
    environ = {"DEBIAN_FRONTEND": "noninteractive"}
    advice = "Check the network and /etc/apt/sources.list, then run this again."
    run(["apt-get", "update"], what="apt-get update", advice=advice, environ=environ)
    run(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        what=f"installing {' '.join(packages)}",
        advice=advice,
        environ=environ,
    )


def find_tool(name: str, accepts: Callable[[str], bool]) -> Path | None:
    """Return the first program `name` on PATH that runs and whose `--version` output is accepted.

    A program may exist but not work, as rustup's proxies do for a user without a toolchain.
    """
    for folder in os.get_exec_path():
        path = Path(folder, name)
        if not os.access(path, os.X_OK):
            continue
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and accepts(done.stdout):
            return path
    return None
