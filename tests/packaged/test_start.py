"""`--version` loads nothing that it does not need, and works in any environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codex import __version__
from tests.packaged.empty_root import EmptyRoot
from tests.support.program import PATIENCE_S, Program

MOST_KIB = 18 * 1024
"""The bare interpreter has some 14 MiB; argparse alone would add 1, the HTTP client 9."""


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_all_it_says(program: Program, flag: str) -> None:
    done = program.run(flag)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"codex {__version__}\n", "")


PEAK_OF = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], {}, file_actions=[(os.POSIX_SPAWN_CLOSE, 1)])
print(os.wait4(pid, 0)[2].ru_maxrss)
"""


def test_the_version_loads_nothing_more(binary: Path) -> None:
    # The peak of a process begins with what its parent had, so a small parent measures it.
    measure = [sys.executable, "-I", "-S", "-c", PEAK_OF, str(binary), "--version"]
    peak = int(subprocess.run(measure, capture_output=True, check=True).stdout)
    assert peak <= MOST_KIB


def test_it_starts_in_a_root_with_nothing_but_proc(empty_root: EmptyRoot) -> None:
    done = empty_root.run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"codex {__version__}\n", "")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.UTF-8", "xx_XX.ISO-8859-1", "?"])
def test_it_starts_whatever_locale_is_named_and_missing(empty_root: EmptyRoot, locale: str) -> None:
    done = empty_root.run("--version", environ={"LC_ALL": locale, "LANG": locale})
    assert (done.returncode, done.stdout, done.stderr) == (0, f"codex {__version__}\n", "")


def test_python_settings_of_the_machine_have_no_say(program: Program) -> None:
    (program.repo / "codex.py").write_text("raise SystemExit('imported from the working folder')")
    (program.repo / "sitecustomize.py").write_text("raise SystemExit('sitecustomize')")
    environ = {
        "PYTHONHOME": str(program.repo),
        "PYTHONPATH": str(program.repo),
        "PYTHONSTARTUP": "x",
        "PYTHONVERBOSE": "2",
        "PYTHONWARNINGS": "error",
    }
    done = program.run("--version", environ=environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"codex {__version__}\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_result_that_cannot_be_written_is_no_success(program: Program) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert program.start("--version", stdout=full).wait(PATIENCE_S) == 1
