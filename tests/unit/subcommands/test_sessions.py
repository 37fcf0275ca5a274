"""What people read of their sessions, and what they are asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from codex.base.errors import CodexError
from codex.subcommands.sessions import Listing, delete_session, rename_session, show_sessions
from tests.support import rollouts
from tests.support.hosts import Terminal, make_host, written
from tests.support.rollouts import ID, ours, said

if TYPE_CHECKING:
    from pathlib import Path

    from codex.base.host import Host

HERE = Listing(is_everywhere=False, is_archived=False, is_json=False, limit=None)


def terminal(answer: str) -> Host:
    stdin = Terminal(answer)
    return make_host("/repo", stdin=stdin)


def listed(home: Path, listing: Listing = HERE) -> tuple[str, str]:
    host = make_host("/repo")
    assert show_sessions(host, str(home), listing) == 0
    return written(host.stdout), written(host.stderr)


def test_a_session_is_one_line(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path, ours(said("what is\nthis \x1b[31m?" + "x" * 99)))
    os.utime(path, (0, 0))
    out, _ = listed(tmp_path)
    (line,) = out.splitlines()
    assert ID in line
    assert "\x1b" not in line
    assert line.endswith("x…")


@pytest.mark.parametrize(
    ("size", "shown"), [(999, "999 B"), (1000, "1 kB"), (2_500_000, "2 MB"), (3 * 10**9, "3 GB")]
)
def test_a_size_has_the_unit_that_fits(tmp_path: Path, size: int, shown: str) -> None:
    path = rollouts.put(tmp_path, ours(said("hi")))
    os.truncate(path, size)
    assert f"  {shown}  " in listed(tmp_path)[0]


def test_more_than_the_limit_is_said(tmp_path: Path) -> None:
    for number in range(3):
        session_id = f"{number}{ID[1:]}"
        rollouts.put(tmp_path, ours(said("hi"), session_id=session_id), session_id=session_id)
    out, err = listed(tmp_path, HERE._replace(limit=2))
    assert len(out.splitlines()) == 2
    assert "There are more" in err
    out, err = listed(tmp_path, HERE._replace(limit=3))
    assert (len(out.splitlines()), err) == (3, "")


def test_of_other_folders_only_all_shows(tmp_path: Path) -> None:
    rollouts.put(tmp_path, ours(said("hi"), cwd="/other"))
    assert listed(tmp_path) == (
        "",
        "no sessions in this folder; for all folders, add --all\n",
    )
    assert "/other" in listed(tmp_path, HERE._replace(is_everywhere=True))[0]
    assert listed(tmp_path, HERE._replace(is_everywhere=True, is_archived=True)) == (
        "",
        "no archived sessions\n",
    )


@pytest.mark.parametrize(("answer", "is_there"), [("y\n", False), ("n\n", True), ("", True)])
def test_a_person_is_asked_before_a_session_is_deleted(
    tmp_path: Path, answer: str, is_there: bool
) -> None:
    path = rollouts.put(tmp_path, ours(said("precious")))
    host = terminal(answer)
    assert delete_session(host, str(tmp_path), ID, is_sure=False) == int(is_there)
    assert path.exists() == is_there
    assert "precious" in written(host.stderr)


def test_a_name_is_given_to_what_is_there_only(tmp_path: Path) -> None:
    rollouts.put(tmp_path, ours(said("hi")))
    assert rename_session(make_host(), str(tmp_path), ID, "work") == 0
    assert "work" in listed(tmp_path)[0]
    with pytest.raises(CodexError, match="no rollout found"):
        rename_session(make_host(), str(tmp_path), "other", "work")
