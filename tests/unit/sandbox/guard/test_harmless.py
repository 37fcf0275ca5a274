from __future__ import annotations

import pytest

from codex.sandbox.guard.harmless import is_harmless, is_harmless_config

INIT = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"


@pytest.mark.parametrize(
    "more",
    [
        b"",
        b'[remote "origin"]\n\turl = https://example.org/x.git\n',
        b'[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n# a comment\n',
        b"[user]\n\tname = A B\n\temail = a@b\n",
        b"[commit]\n\tgpgsign = false\n[push]\n\tdefault = current\n",
    ],
)
def test_what_git_itself_writes_is_harmless(more: bytes) -> None:
    assert is_harmless_config(INIT + more)


@pytest.mark.parametrize(
    "more",
    [
        b"\tfsmonitor = ./evil\n",
        b"\tfsmonitor\n",
        b"\thooksPath = h\n",
        b"[include]\n\tpath = evil\n",
        b'[include "x"] path = evil\n',
        b"[core] fsmonitor = x\n",
        b'[remote "origin"]\n\turl = ext::sh -c evil\n',
        b'[filter "x"]\n\tclean = evil\n',
        b"[alias]\n\tst = !evil\n",
        b"[diff]\n\texternal = evil\n",
        b"[commit]\n\ttemplate = x\n",
        b"\tbare = false \\\n fsmonitor = x\n",
        b"fsmonitor = x",
        b"[remote.origin]\n\turl = x\n",
    ],
)
def test_what_could_run_a_program_is_not(more: bytes) -> None:
    assert not is_harmless_config(INIT + more)


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("/r/.git/hooks/pre-commit.sample", b"#!/bin/sh", True),
        ("/r/.git/hooks/pre-commit", b"", False),
        ("/r/.git/info/exclude", b"x", True),
        ("/r/.git/config", INIT, True),
        ("/r/.git/config", None, False),
        ("/r/.git/commondir", b"..", False),
        ("/r/.git/worktrees/w/commondir", b"../..\n", True),
        ("/r/.git/worktrees/w/commondir", b"/tmp/evil\n", False),
        ("/r/.git/worktrees/w/gitdir", b"/r/w/.git\n", True),
    ],
)
def test_each_part_of_a_new_repository_is_judged(
    path: str, data: bytes | None, expected: bool
) -> None:
    assert is_harmless(path, data) is expected
