from __future__ import annotations

import os
import subprocess
from pathlib import Path

from codex.base.cancel import Cancel
from codex.protocol.events import OutputStream
from tests.support.commands import OutputWatch, is_alive, pids_in


def test_a_process_is_alive_until_it_has_ended() -> None:
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    assert is_alive(process.pid)
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(process.pid)
    process.wait()
    assert not is_alive(process.pid)


def test_process_ids_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "pid.b").write_text("2\n")
    (tmp_path / "pid.a").write_text("1\n")
    (tmp_path / "pid.c").write_text("3")
    assert pids_in(tmp_path) == [1, 2]


def test_a_watch_cancels_once_the_text_has_come() -> None:
    cancel = Cancel()
    watch = OutputWatch("ready", cancel)
    watch(OutputStream.STDOUT, "re")
    watch(OutputStream.STDERR, "ready")
    assert not cancel.is_set()
    watch(OutputStream.STDOUT, "ady")
    assert cancel.is_set()
    assert watch.seen.is_set()
    assert watch.text() == "ready"
