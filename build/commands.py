"""The commands of build.py: each is a short list of steps, which the other files define."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import binary
import checks
import environment
import system
from console import run, say
from paths import BINARY, BUILD, DIST, NATIVE, ROOT, VENV, VENV_PYTHON, WORK
from stamps import digest, is_fresh, locked, write_stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from system import Need


NATIVE_STAMP = VENV / ".native"


def _prepare(make_environment: Callable[[], None], *more: Need) -> None:
    """Install the system packages that are missing, all at once; then make `.venv` and the shim.

    Args: make_environment: makes `.venv`. more: what the command needs of the system beyond both.
    """
    native = () if sys.platform != "linux" or _is_native_made() else system.NATIVE_NEEDS
    system.ensure([*environment.needs(), *native, *more])
    make_environment()
    ensure_native()


def run_program(arguments: list[str]) -> int:
    """`run`: replace this process with codex, so streams, signals and exit code are its own."""
    _prepare(environment.ensure_run)
    # -P: nothing may be imported from the working directory, which is the user's.
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-P", "-m", "codex", *arguments])


def native(_arguments: list[str]) -> int:
    """`native`: compile the C shim and the fork server, unless they are up to date."""
    _prepare(environment.ensure_run)
    say("the shim is up to date")
    return 0


def ensure_native() -> None:
    """Compile the C shim and the fork server, unless they are up to date; only on Linux."""
    if sys.platform != "linux":
        return
    if _is_native_made():  # Checked before locking: a read-only tree cannot hold the lock file.
        return
    with locked(WORK / "native.lock"):
        if _is_native_made():
            return
        say("compiling native/*.c")
        run([VENV_PYTHON, BUILD / "native.py"], what="compiling the shim")
        write_stamp(NATIVE_STAMP, _native_key())


def _is_native_made() -> bool:
    folder = ROOT / "codex"
    product = f"_landlock_shim.cpython-3{sys.version_info.minor}-*.so"
    has_files = any(folder.glob(product)) and (folder / "_sandbox_server").exists()
    return has_files and is_fresh(NATIVE_STAMP, _native_key())


def _native_key() -> str:
    return digest([NATIVE, BUILD / "native.py"], sys.version)


def wheel(_arguments: list[str]) -> int:
    """`wheel`: build dist/codex-*.whl with the compiled shim, for this Python and system."""
    system.ensure([*environment.needs(), *system.NATIVE_NEEDS])
    environment.ensure_dev()
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(
        [VENV_PYTHON, "-m", "pip", "wheel", *options, "--wheel-dir", DIST, ROOT],
        what="building the wheel",
    )
    for file in sorted(DIST.glob("codex-*.whl")):
        say(f"made {file}")
    return 0


def build_binary(_arguments: list[str]) -> int:
    """`binary`: build dist/codex, the static executable, unless it is up to date."""
    system.ensure([*environment.needs(), *binary.needs()])
    binary.ensure()
    return 0


def check(_arguments: list[str]) -> int:
    """`check`: lint, check the format and the types, and test the import layers."""
    system.ensure(environment.needs())
    environment.ensure_dev()
    return checks.report(checks.lint() + checks.layers())


def test(arguments: list[str]) -> int:
    """`test`: lint and types, then the tests that pytest's `arguments` select, or all.

    On Linux, the executable is built before the tests, if any of them runs it.
    """
    with_binary = sys.platform == "linux" and checks.needs_binary(arguments)
    more = binary.needs() if with_binary else ()
    _prepare(environment.ensure_dev, *system.TEST_NEEDS, *more)
    failed = checks.lint()
    if with_binary:
        binary.ensure()
    return checks.report(failed + checks.tests(arguments))


def fuzz(arguments: list[str]) -> int:
    """`fuzz`: test properties and parsers on random input, running codex from its source."""
    _prepare(environment.ensure_dev)
    return checks.report(checks.fuzz(arguments))


def bench(arguments: list[str]) -> int:
    """`bench`: build the executable, then replace this process with tests/bench.

    The benchmarks print their figures on stdout.
    """
    _prepare(environment.ensure_dev, *binary.needs())
    binary.ensure()
    os.chdir(ROOT)
    os.environ["CODEX_BINARY"] = str(BINARY)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "tests.bench", *arguments])


def docs(_arguments: list[str]) -> int:
    """`docs`: write docs/config.md, which is generated from the program."""
    _prepare(environment.ensure_run)
    run([VENV_PYTHON, BUILD / "config_docs.py"], what="writing docs/config.md")
    return 0


ALL: dict[str, Callable[[list[str]], int]] = {
    "run": run_program,
    "test": test,
    "check": check,
    "fuzz": fuzz,
    "bench": bench,
    "native": native,
    "wheel": wheel,
    "binary": build_binary,
    "docs": docs,
}
"""Functions of the commands; each gets the arguments after the command, returns the exit code."""
