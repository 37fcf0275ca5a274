"""The commands of build.py, each a short list of steps that other files hold."""

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


def run_program(arguments: list[str]) -> int:
    """`run`: become the program, so that its streams, signals and exit status are its own."""
    environment.ensure_run()
    ensure_native()
    # -P: the working directory is the user's and must not be imported from.
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-P", "-m", "codex", *arguments])


def native(_arguments: list[str]) -> int:
    """`native`: compile the shim, or say that it is compiled."""
    environment.ensure_run()
    ensure_native()
    say("the shim is up to date")
    return 0


def ensure_native() -> None:
    """Compile the C shim when its source changed; nothing to do where there is no Landlock."""
    if sys.platform != "linux":
        return
    stamp = VENV / ".native"
    key = digest([NATIVE, BUILD / "native.py"], sys.version)
    product = f"_landlock_shim.cpython-3{sys.version_info.minor}-*.so"
    with locked(WORK / "native.lock"):
        folder = ROOT / "codex"
        is_made = any(folder.glob(product)) and (folder / "_sandbox_server").exists()
        if is_fresh(stamp, key) and is_made:
            return
        system.ensure(system.NATIVE_NEEDS)
        say("compiling native/*.c")
        run([VENV_PYTHON, BUILD / "native.py"], what="compiling the shim")
        write_stamp(stamp, key)


def wheel(_arguments: list[str]) -> int:
    """`wheel`: a wheel with the compiled shim in it, for this Python and system."""
    environment.ensure_dev()
    system.ensure(system.NATIVE_NEEDS)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(
        [VENV_PYTHON, "-m", "pip", "wheel", *options, "--wheel-dir", DIST, ROOT],
        what="building the wheel",
    )
    for file in sorted(DIST.glob("codex-*.whl")):
        say(f"made {file}")
    return 0


def build_binary(_arguments: list[str]) -> int:
    """`binary`: the static executable."""
    binary.ensure()
    return 0


def check(_arguments: list[str]) -> int:
    """`check`: what is wrong with the source, in seconds."""
    environment.ensure_dev()
    return checks.report(checks.lint() + checks.layers())


def test(arguments: list[str]) -> int:
    """`test`: everything; the arguments are pytest's."""
    environment.ensure_dev()
    system.ensure(system.TEST_NEEDS)
    ensure_native()
    failed = checks.lint()
    if sys.platform == "linux":
        binary.ensure()
    return checks.report(failed + checks.tests(arguments))


def bench(arguments: list[str]) -> int:
    """`bench`: become tests/bench, which prints its figures on stdout."""
    environment.ensure_dev()
    ensure_native()
    binary.ensure()
    os.chdir(ROOT)
    os.environ["CODEX_BINARY"] = str(BINARY)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "tests.bench", *arguments])


ALL: dict[str, Callable[[list[str]], int]] = {
    "run": run_program,
    "test": test,
    "check": check,
    "bench": bench,
    "native": native,
    "wheel": wheel,
    "binary": build_binary,
}
