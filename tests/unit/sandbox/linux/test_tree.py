from __future__ import annotations

import os
import subprocess
import sys

from codex.sandbox.linux.tree import (
    _children_by_search,
    children_of,
    descendants,
    foreign_children,
    send,
)


def test_children_and_their_children_are_found() -> None:
    with subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        sleeper = int(shell.stdout.readline())
        try:
            assert shell.pid in children_of(os.getpid())
            assert children_of(shell.pid) == [sleeper]
            assert _children_by_search(shell.pid) == [sleeper]
            found = descendants((os.getpid(),))
            assert found.index(shell.pid) < found.index(sleeper)
        finally:
            send((sleeper, shell.pid), 9)


def test_a_process_that_is_gone_has_no_children_and_takes_no_signal() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        assert children_of(process.pid) == []
        send((process.pid,), 9)


def test_children_in_our_own_session_are_ours() -> None:
    wait = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(wait, stdin=subprocess.PIPE) as ours,
        subprocess.Popen(wait, stdin=subprocess.PIPE, process_group=0) as grouped,
        subprocess.Popen(wait, stdin=subprocess.PIPE, start_new_session=True) as foreign,
    ):
        found = foreign_children()
        assert foreign.pid in found
        assert ours.pid not in found
        assert grouped.pid not in found
        for process in (ours, grouped, foreign):
            process.kill()
