"""The macOS sandbox, run on Linux: without the shim, with a stand-in for sandbox-exec.

What a Mac's kernel does with the profile is not tested here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """\
#!/bin/sh
printf '%s\\n' "$CODEX_SANDBOX" "$@" > "$(dirname "$0")/arguments"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
PROGRAM = """\
import fcntl, json, os, subprocess, sys, threading
folder, timeout_ms, script = sys.argv[1:]
sys.platform = "darwin"
sys.modules["codex._landlock_shim"] = None
for name in ("O_PATH", "pipe2", "pidfd_open", "waitid", "memfd_create", "eventfd"):
    if hasattr(os, name):
        delattr(os, name)
del fcntl.F_SETPIPE_SZ

from codex.base.cancel import Cancel
from codex.protocol.policy import SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.denial import explain_denial
from codex.sandbox.explain import explain
from codex.sandbox.machine import enforcement_for
from codex.sandbox.macos import seatbelt
from codex.sandbox.params import ExecParams
from codex.sandbox.run import run_command

seatbelt.SANDBOX_EXEC = folder + "/sandbox-exec"
work = folder + "/work"
policy = SandboxPolicy(can_write_cwd=True)
confinement = confine(
    policy, enforcement_for(policy), cwd=work, tmpdir=None, codex_home="/nowhere", home=None
)
params = ExecParams(("sh", "-c", script), work, int(timeout_ms), {"PATH": os.environ["PATH"]})
result = run_command(params, confinement, cancel=Cancel())
json.dump(
    {
        "exit_code": result.exit_code,
        "stdout": result.stdout,
        "is_sandboxed": result.is_sandboxed,
        "denial": explain_denial(result, confinement, cwd=work, is_writable=bool),
        "explained": explain(confinement),
        "linux": [name for name in sys.modules if name.startswith("codex.sandbox.linux")],
    },
    sys.stdout,
)
"""


def run_as_on_a_mac(folder: Path, script: str, *, timeout_ms: int = 20_000) -> dict[str, Any]:
    stand_in = folder / "sandbox-exec"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o700)
    (folder / "work").mkdir()
    argv = [sys.executable, "-c", PROGRAM, str(folder), str(timeout_ms), script]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def test_a_command_runs_under_sandbox_exec(folder: Path) -> None:
    found = run_as_on_a_mac(folder, "echo out; exit 3")
    assert (found["exit_code"], found["stdout"]) == (3, "out\n")
    assert found["is_sandboxed"]
    arguments = (folder / "arguments").read_text().splitlines()
    assert arguments[:3] == ["seatbelt", "-p", "(version 1)"]
    assert f"-DWRITABLE_ROOT_0={folder}/work" in arguments
    assert f"-DPROTECTED_0={folder}/work/.agents" in arguments
    end = arguments.index("--")
    assert os.path.basename(arguments[end + 1]) == "sh"
    assert arguments[end + 2 :] == ["-c", "echo out; exit 3"]


def test_nothing_of_linux_is_imported_or_explained(folder: Path) -> None:
    found = run_as_on_a_mac(folder, "true")
    assert found["linux"] == []
    assert found["explained"].startswith("enforced:   rules (Seatbelt)\nnetwork:    none\n")
    assert "Landlock" not in found["explained"]


def test_a_denial_is_explained(folder: Path) -> None:
    found = run_as_on_a_mac(folder, "echo '/etc/x: Permission denied' >&2; exit 1")
    assert found["denial"].startswith("probably blocked: write /etc/x (outside the writable")


def test_the_whole_group_ends_with_the_command(folder: Path) -> None:
    script = "sleep 600 & echo $! > child; exit 4"
    assert run_as_on_a_mac(folder, script)["exit_code"] == 4
    pid = int((folder / "work" / "child").read_text())
    assert not os.path.exists(f"/proc/{pid}") or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_what_takes_too_long_is_ended(folder: Path) -> None:
    assert run_as_on_a_mac(folder, "sleep 600", timeout_ms=100)["exit_code"] == 124


def test_nothing_of_macos_is_imported_here() -> None:
    program = "import sys, codex.sandbox.run; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "codex.sandbox.linux.start" in done.stdout
    assert "codex.sandbox.macos" not in done.stdout
