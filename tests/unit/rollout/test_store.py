"""Session files are listed, found, named, archived and deleted."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.errors import CodexError
from codex.rollout import store as sessions
from codex.rollout.names import rename, session_names
from codex.rollout.resume import load
from codex.rollout.writer import Rollout
from tests.support import rollouts
from tests.support.rollouts import of_may_2025, of_today, ours, said

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "11111111-0000-7000-8000-000000000001"
SECOND = "11111111-0000-7000-8000-000000000002"
THIRD = "22222222-0000-7000-8000-000000000003"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make three sessions, the first most recently written, the third in another folder."""
    for age, (session_id, cwd) in enumerate(
        [(FIRST, "/repo"), (SECOND, "/repo"), (THIRD, "/other")]
    ):
        lines = ours(said(f"message {age}"), session_id=session_id, cwd=cwd)
        path = rollouts.put(tmp_path, lines, session_id=session_id, time=f"01-00-0{age}")
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return tmp_path


def ids(home: Path, **which: Any) -> list[str]:
    return [summary.id for summary in sessions.list_sessions(str(home), **which)]


def test_the_session_that_was_written_to_last_is_first(home: Path) -> None:
    assert ids(home) == [FIRST, SECOND, THIRD]
    assert ids(home, limit=2) == [FIRST, SECOND]
    assert ids(home, cwd="/other") == [THIRD]


def test_a_folder_is_found_under_another_name_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    rollouts.put(tmp_path, ours(said("hi"), cwd=str(tmp_path / "real")))
    assert ids(tmp_path, cwd=str(tmp_path / "link")) == [rollouts.ID]


def test_what_a_list_shows_is_read_from_the_head_of_the_file(home: Path) -> None:
    summary = sessions.list_sessions(str(home))[0]
    assert summary.first_message == "message 0"
    assert summary.started == "2026-11-23T01:37:48.996Z"
    assert (summary.cwd, summary.source, summary.name) == ("/repo", "exec", None)
    assert summary.size == os.path.getsize(summary.path)
    assert summary.updated_s == 1_000_000


@pytest.mark.parametrize("version", [of_may_2025, of_today])
def test_the_files_of_other_versions_are_listed(tmp_path: Path, version: Any) -> None:
    rollouts.put(tmp_path, version(said(rollouts.CONTEXT), said("  the\n question ")))
    (summary,) = sessions.list_sessions(str(tmp_path))
    assert summary.first_message == "the question"


def test_a_file_of_may_2025_in_the_sessions_folder_itself_is_found(tmp_path: Path) -> None:
    name = f"rollout-2025-05-20T10-00-00-{rollouts.ID}.jsonl"
    rollouts.write(tmp_path / "sessions" / name, of_may_2025(said("hi")))
    assert ids(tmp_path) == [rollouts.ID]


def test_files_that_are_no_sessions_are_passed_over(home: Path) -> None:
    (home / "sessions/notes.jsonl").write_text("{}\n")
    (home / f"sessions/rollout-2026-11-23T01-00-00-{rollouts.ID}.jsonl").write_text("broken\n")
    assert ids(home) == [FIRST, SECOND, THIRD]


def test_pipes_folders_and_links_of_such_names_are_passed_over(home: Path) -> None:
    before = ids(home)
    name = f"rollout-2026-11-23T01-37-4{{}}-{rollouts.ID}.jsonl"
    folder = home / "sessions/2026/11/23"
    folder.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / name.format(1))
    (folder / name.format(2)).mkdir()
    (folder / name.format(3)).symlink_to("/dev/zero")
    (folder / name.format(4)).symlink_to("nothing")
    assert ids(home) == before


def test_without_a_sessions_folder_there_is_nothing(tmp_path: Path) -> None:
    assert ids(tmp_path) == []
    with pytest.raises(CodexError, match="there is no session yet"):
        sessions.last_session(str(tmp_path), cwd=None)


def test_a_session_is_found_by_its_id_the_beginning_of_it_and_its_name(home: Path) -> None:
    rename(str(home), SECOND, "parser work", clock_s=0.0)
    for wanted in (SECOND, SECOND.upper(), "parser work"):
        assert sessions.find_session(str(home), wanted).id == SECOND
    assert sessions.find_session(str(home), "222").id == THIRD


def test_a_beginning_that_fits_several_names_them(home: Path) -> None:
    with pytest.raises(CodexError, match="2 sessions begin with '1111'") as caught:
        sessions.find_session(str(home), "1111")
    assert FIRST in str(caught.value)
    assert SECOND in str(caught.value)


@pytest.mark.parametrize("wanted", ["333", "", "no such name"])
def test_an_unknown_session_is_said_as_other_programs_expect(home: Path, wanted: str) -> None:
    with pytest.raises(CodexError, match=f"no rollout found for thread id {wanted}"):
        sessions.find_session(str(home), wanted)


def test_the_last_name_counts_and_an_empty_one_takes_it_away(home: Path) -> None:
    rename(str(home), FIRST, "a", clock_s=0.0)
    rename(str(home), SECOND, "a", clock_s=0.0)
    assert sessions.find_session(str(home), "a").id == SECOND
    rename(str(home), SECOND, "", clock_s=0.0)
    assert sessions.find_session(str(home), "a").id == FIRST
    assert sessions.list_sessions(str(home))[0].name == "a"


def test_a_name_is_one_line_and_blanks_are_none(home: Path) -> None:
    rename(str(home), FIRST, " parser\n work ", clock_s=0.0)
    assert session_names(str(home)) == {FIRST: "parser work"}
    rename(str(home), FIRST, "  ", clock_s=0.0)
    assert session_names(str(home)) == {}


def test_the_index_of_names_is_the_one_of_todays_codex(home: Path) -> None:
    index = home / "session_index.jsonl"
    entry = json.dumps({"id": THIRD, "thread_name": "x", "updated_at": "2026"})
    index.write_text(f"{entry}\nbroken")
    assert sessions.find_session(str(home), "x").id == THIRD
    rename(str(home), FIRST, "y", clock_s=0.0)
    assert session_names(str(home)) == {THIRD: "x", FIRST: "y"}
    assert stat.S_IMODE(index.stat().st_mode) & 0o600 == 0o600


def test_a_session_is_put_away_and_brought_back(home: Path) -> None:
    file = sessions.find_session(str(home), FIRST)
    away = sessions.archive(str(home), file)
    assert away == str(home / "archived_sessions" / os.path.basename(file.path))
    assert ids(home) == [SECOND, THIRD]
    assert ids(home, is_archived=True) == [FIRST]
    with pytest.raises(CodexError, match="is archived"):
        sessions.find_session(str(home), FIRST)
    back = sessions.find_session(str(home), FIRST, is_archived=True)
    assert sessions.unarchive(str(home), back) == file.path
    assert ids(home) == [FIRST, SECOND, THIRD]


def test_a_file_that_is_there_already_is_not_overwritten(home: Path) -> None:
    file = sessions.find_session(str(home), FIRST)
    away = home / "archived_sessions" / os.path.basename(file.path)
    rollouts.write(away, ours(said("another")))
    with pytest.raises(CodexError, match=r"cannot move '.*' to '.*': a file of this name already"):
        sessions.archive(str(home), file)
    assert ids(home) == [FIRST, SECOND, THIRD]


def test_a_deleted_session_is_gone(home: Path) -> None:
    file = sessions.find_session(str(home), FIRST, is_archived=None)
    sessions.delete_session_file(file)
    assert ids(home) == [SECOND, THIRD]
    with pytest.raises(CodexError, match=r"cannot delete '.*': No such file"):
        sessions.delete_session_file(file)


def test_a_session_that_is_open_is_neither_moved_nor_deleted(home: Path) -> None:
    file = sessions.find_session(str(home), FIRST)
    rollout = Rollout(file.path, clock=lambda: 0.0, warn=lambda _: None)
    rollout.resume(load(file.path))
    try:
        with pytest.raises(CodexError, match=f"is open in process {os.getpid()}"):
            sessions.delete_session_file(file)
        with pytest.raises(CodexError, match="is open in process"):
            sessions.archive(str(home), file)
    finally:
        rollout.close()
    assert ids(home) == [FIRST, SECOND, THIRD]


def test_a_session_is_read_with_its_name(home: Path) -> None:
    rename(str(home), FIRST, "mine", clock_s=0.0)
    assert sessions.open_session(str(home), "mine", cwd=None).name == "mine"
    assert sessions.open_session(str(home), None, cwd="/repo").name == "mine"
    with pytest.raises(CodexError, match="there is no session in the folder '/nowhere'"):
        sessions.open_session(str(home), None, cwd="/nowhere")
