from __future__ import annotations

import errno
import subprocess

from tests.support.kernel.lacking import lacking


def test_the_program_has_every_system_call_but_those_named() -> None:
    launcher = lacking({"mkdir": errno.ENOSYS, "mkdirat": errno.ENOSYS})
    script = "echo here; mkdir made"
    done = subprocess.run(
        [*launcher, "/bin/sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "here\n")
    assert "Function not implemented" in done.stderr
