"""Writing the session file: when, with which permissions, and on a full disk."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from codex.base.errors import CodexError
from codex.protocol.events import AgentMessageDelta, TaskStarted
from codex.protocol.items import Message, TextPart
from codex.rollout.resume import load
from codex.rollout.writer import Rollout, open_rollout, rollout_path, unrecorded
from tests.support import rollouts
from tests.support.engine import fake_config
from tests.support.hosts import make_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codex.rollout.resume import Resumed

HI = Message("user", (TextPart("hi"),))
LONG = Message("user", (TextPart("x" * 8000),))


class Recording:
    """A rollout in a CODEX_HOME, and its warnings."""

    def __init__(self, home: Path, resumed: Resumed | None = None) -> None:
        self.warnings: list[str] = []
        self.rollout = open_rollout(
            fake_config("http://127.0.0.1:9", str(home)),
            make_host(home),
            session_id=rollouts.ID,
            source="exec",
            instructions="be good",
            resumed=resumed,
            warn=self.warnings.append,
        )

    @property
    def path(self) -> str:
        assert self.rollout.path is not None
        return self.rollout.path


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path)
    yield recording
    recording.rollout.close()


def resume(tmp_path: Path, path: str) -> Recording:
    return Recording(tmp_path, load(path))


def items(path: str) -> tuple[object, ...]:
    return load(path).items


def test_the_name_is_of_the_start_in_utc() -> None:
    path = rollout_path("/home", "ID", 1_795_397_868.9)
    assert path == "/home/sessions/2026/11/23/rollout-2026-11-23T01-37-48-ID.jsonl"


def test_a_session_in_which_nothing_was_said_leaves_no_file(recording: Recording) -> None:
    recording.rollout.event(AgentMessageDelta("h"), "1")
    recording.rollout.close()
    assert recording.rollout.path is None


def test_each_item_is_in_the_file_at_once(recording: Recording) -> None:
    recording.rollout.item(HI)
    assert items(recording.path) == (HI,)
    recording.rollout.item(LONG)
    assert items(recording.path) == (HI, LONG)


def test_the_file_and_its_folders_are_the_users_alone(recording: Recording) -> None:
    old_mask = os.umask(0)
    try:
        recording.rollout.item(HI)
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(os.stat(recording.path).st_mode) == 0o600
    folder = os.path.dirname(recording.path)
    while os.path.basename(folder) != "codex-home":
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        folder = os.path.dirname(folder)


def test_a_link_in_the_place_of_the_file_is_not_followed(
    recording: Recording, tmp_path: Path
) -> None:
    os.makedirs(os.path.dirname(recording.path))
    os.symlink(tmp_path / "elsewhere", recording.path)
    recording.rollout.item(HI)
    assert not (tmp_path / "elsewhere").exists()
    assert "File exists" in recording.warnings[0]


def test_only_what_is_of_lasting_interest_is_recorded(recording: Recording) -> None:
    recording.rollout.event(TaskStarted(), "7")
    recording.rollout.event(AgentMessageDelta("h"), "7")
    with open(recording.path, encoding="utf-8") as file:
        lines = file.readlines()
    assert len(lines) == 2
    assert '"turn_id":"7"' in lines[1]


def test_an_unrecorded_session_writes_nothing(tmp_path: Path) -> None:
    rollout = unrecorded()
    rollout.item(HI)
    rollout.close()
    assert os.listdir(tmp_path) == []


def test_an_ephemeral_session_is_unrecorded(tmp_path: Path) -> None:
    import msgspec

    config = msgspec.structs.replace(fake_config("http://x", str(tmp_path)), is_ephemeral=True)
    rollout = open_rollout(
        config,
        make_host(tmp_path),
        session_id=rollouts.ID,
        source="exec",
        instructions="",
        resumed=None,
        warn=lambda _: None,
    )
    assert rollout.path is None


def test_a_home_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "codex-home").mkdir()
    (tmp_path / "codex-home/sessions").write_text("no folder")
    recording = Recording(tmp_path)
    recording.rollout.item(HI)
    recording.rollout.item(HI)
    (warning,) = recording.warnings
    assert "Not a directory" in warning
    recording.rollout.close()


def test_what_a_full_disk_did_not_take_is_written_when_it_has_room(recording: Recording) -> None:
    """A limit on file size acts like a full disk: the write is cut short, then refused."""
    recording.rollout.item(HI)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(recording.path) + 100, hard))
    try:
        recording.rollout.item(LONG)
        recording.rollout.item(HI)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(recording.warnings) == 1
    assert "File too large" in recording.warnings[0]
    assert items(recording.path) == (HI,)
    recording.rollout.item(HI)
    assert items(recording.path) == (HI, LONG, HI, HI)
    assert load(recording.path).warnings == ()


def test_the_end_of_the_session_is_the_last_try(recording: Recording) -> None:
    recording.rollout.item(HI)
    path = recording.path
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for _ in range(2):
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(path) + 100, hard))
        try:
            recording.rollout.item(LONG)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    recording.rollout.close()
    assert items(path) == (HI, LONG, LONG)
    assert len(recording.warnings) == 1


def test_too_much_that_waits_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex.rollout.writer.MAX_WAITING_BYTES", 2**20)
    (tmp_path / "codex-home").mkdir()
    (tmp_path / "codex-home/sessions").write_text("no folder")
    recording = Recording(tmp_path)
    path = recording.path
    for _ in range(300):
        recording.rollout.item(LONG)
    assert len(recording.warnings) == 2
    assert recording.warnings[-1] == (
        f"more than 1 MiB could not be written to the session file '{path}': Not a directory; "
        "this part is lost, and the rest of the session is not recorded"
    )
    assert recording.rollout.path is None


def test_a_resumed_session_goes_on_in_its_file(recording: Recording, tmp_path: Path) -> None:
    recording.rollout.item(HI)
    path = recording.path
    recording.rollout.close()
    again = resume(tmp_path, path)
    again.rollout.item(LONG)
    again.rollout.close()
    assert items(path) == (HI, LONG)
    assert again.warnings == []


def test_a_line_that_a_killed_process_left_broken_is_not_glued_to_the_next(
    recording: Recording, tmp_path: Path
) -> None:
    recording.rollout.item(HI)
    recording.rollout.item(LONG)
    path = recording.path
    recording.rollout.close()
    os.truncate(path, os.path.getsize(path) - 100)
    again = resume(tmp_path, path)
    again.rollout.item(LONG)
    again.rollout.close()
    assert items(path) == (HI, LONG)


def test_numbered_lines_are_numbered_on(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path, rollouts.of_today(rollouts.said("hi")))
    before = len(rollouts.read(path))
    again = resume(tmp_path, str(path))
    again.rollout.item(HI)
    again.rollout.item(HI)
    again.rollout.close()
    assert [line["ordinal"] for line in rollouts.read(path)] == list(range(before + 2))


def test_the_instructions_are_recorded_when_they_change(recording: Recording) -> None:
    config = fake_config("http://127.0.0.1:9", "/")
    for instructions in ("be good", "be better", "be better"):
        recording.rollout.turn_context("1", config, instructions)
    lines = [line["payload"] for line in map(_loaded, open_lines(recording.path))][1:]
    assert [line.get("instructions") for line in lines] == [None, "be better", None]


def open_lines(path: str) -> list[bytes]:
    with open(path, "rb") as file:
        return file.readlines()


def _loaded(line: bytes) -> dict[str, dict[str, object]]:
    import json

    found: dict[str, dict[str, object]] = json.loads(line)
    return found


def test_a_session_that_is_open_elsewhere_is_refused_and_its_process_named(
    recording: Recording, tmp_path: Path
) -> None:
    recording.rollout.item(HI)
    with pytest.raises(CodexError, match=f"is open in process {os.getpid()}"):
        resume(tmp_path, recording.path)


def test_a_session_that_grew_after_it_was_read_is_refused(
    recording: Recording, tmp_path: Path
) -> None:
    recording.rollout.item(HI)
    path = recording.path
    before = load(path)
    recording.rollout.item(HI)
    recording.rollout.close()
    with pytest.raises(CodexError, match="was changed while it was read"):
        Recording(tmp_path, before)
    resume(tmp_path, path).rollout.close()


def test_a_file_system_without_locks_is_told_and_written_to(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    recording.rollout.item(HI)
    assert len(recording.warnings) == 1
    assert "its file system has no locks" in recording.warnings[0]
    assert items(recording.path) == (HI,)


def test_several_threads_record_whole_lines_each_once(recording: Recording) -> None:
    def record(name: str) -> None:
        for number in range(300):
            recording.rollout.item(Message("user", (TextPart(f"{name}:{number} {'x' * 3000}"),)))

    with ThreadPoolExecutor() as threads:
        list(threads.map(record, "abc"))
    loaded = load(recording.path)
    assert not loaded.warnings
    said = [item.text.split()[0] for item in loaded.items if isinstance(item, Message)]
    assert len(said) == 900
    for name in "abc":
        own = [text for text in said if text.startswith(name)]
        assert own == [f"{name}:{number}" for number in range(300)]


def test_a_file_that_cannot_be_opened_again_ends_the_recording(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path, rollouts.ours(rollouts.said("hi")))
    old = load(str(path))
    path.unlink()
    path.mkdir()
    again = Recording(tmp_path, old)
    assert len(again.warnings) == 1
    again.rollout.item(HI)
    assert again.rollout.path is None


def test_a_closed_rollout_takes_nothing_more(tmp_path: Path) -> None:
    rollout = Rollout(str(tmp_path / "r"), clock=lambda: 0.0, warn=lambda _: None)
    rollout.close()
    rollout.item(HI)
    assert os.listdir(tmp_path) == []
