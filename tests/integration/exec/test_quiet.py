"""The program and everything it starts open no connection except the configured one."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import provider_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Program

ADDRESS = re.compile(
    r'(?:sin_port|sin6_port)=htons\((\d+)\).*?inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"'
)
PATH = re.compile(r'sa_family=AF_UNIX, sun_path=(@?"[^"]*")')


def why_not_traced() -> str | None:
    """Return the reason why programs cannot be traced here, if any."""
    if shutil.which("strace") is None:
        return "no `strace` program"
    tried = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else f"strace does not work: {tried.stderr.strip()}"


def test_a_whole_run_connects_to_the_provider_alone(program: Program, tmp_path: Path) -> None:
    if (reason := why_not_traced()) is not None:
        pytest.skip(reason)
    trace = tmp_path / "trace"
    launcher = ("strace", "-f", "-qq", "-e", "trace=%network", "-o", str(trace), "--")
    patch = "*** Begin Patch\n*** Add File: new\n+x\n*** End Patch\n"
    script = [
        # The commands look up no names: their own attempts, which fail, are not examined here.
        Reply.call("shell", {"command": ["ls"]}, "c1"),
        Reply.call("apply_patch", {"input": patch}, "c2"),
        Reply.text("done"),
    ]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go", launcher=launcher)
        assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
        lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
        sent = [line for line in lines if re.search(r"\b(connect|send\w+)\(", line)]
        assert {found for line in sent for found in ADDRESS.findall(line)} == {
            (str(model.port), "127.0.0.1")
        }
    assert not [line for line in sent if PATH.search(line)]
