"""The promises about the message history, one by one, tested by `codex proto`."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    from pathlib import Path

UNREACHABLE = "http://127.0.0.1:1/v1"


class Proto:
    """A running `codex proto`, to which lines are sent one at a time."""

    def __init__(self, program: Program, *arguments: str) -> None:
        if not (program.home / "config.toml").exists():
            program.configure(provider_config(UNREACHABLE))
        self.process = program.start("proto", *arguments, stdin=subprocess.PIPE)
        self.next_id = 0
        self.configured = self.wait_for("session_configured")

    def send(self, kind: str, **members: object) -> str:
        self.next_id += 1
        submission_id = f"q{self.next_id}"
        assert self.process.stdin is not None
        line = json.dumps({"id": submission_id, "op": {"type": kind, **members}})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return submission_id

    def wait_for(self, kind: str, submission_id: str | None = None) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            if event["msg"]["type"] == kind and submission_id in (None, event["id"]):
                msg: dict[str, Any] = event["msg"]
                return msg
        raise AssertionError(f"{kind} never came")

    def add(self, *texts: str) -> None:
        for text in texts:
            self.send("add_to_history", text=text)

    def entry(self, offset: int, log_id: int) -> dict[str, Any] | None:
        sent = self.send("get_history_entry_request", offset=offset, log_id=log_id)
        msg = self.wait_for("get_history_entry_response", sent)
        assert (msg["offset"], msg["log_id"]) == (offset, log_id)
        entry: dict[str, Any] | None = msg.get("entry")
        return entry

    def page(self, log_id: int, offset: int, count: int) -> list[str]:
        members = {"log_id": log_id, "offset": offset, "count": count}
        sent = self.send("get_history_entries_request", **members)
        msg = self.wait_for("get_history_entries_response", sent)
        return [entry["text"] for entry in msg["entries"]]

    def reload(self) -> tuple[int, int]:
        msg = self.wait_for("history_reloaded", self.send("reload_history"))
        return msg["log_id"], msg["entry_count"]

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0


def history(program: Program) -> Path:
    return program.home / "history.jsonl"


def kept(program: Program) -> list[str]:
    lines = history(program).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def test_promises_1_and_4_one_line_an_entry_for_the_owner_only(program: Program) -> None:
    proto = Proto(program)
    proto.add("first", "second\nline — ü")
    proto.end()
    lines = history(program).read_text(encoding="utf-8").splitlines()
    session_id = proto.configured["session_id"]
    for line, text in zip(lines, ("first", "second\nline — ü"), strict=True):
        ts = json.loads(line)["ts"]
        members = {"session_id": session_id, "ts": ts, "text": text}
        assert line == json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        assert isinstance(ts, int)
    assert stat.S_IMODE(history(program).stat().st_mode) == 0o600
    history(program).chmod(0o644)
    proto = Proto(program)
    proto.add("third")
    proto.end()
    assert stat.S_IMODE(history(program).stat().st_mode) == 0o600
    assert kept(program) == ["first", "second\nline — ü", "third"]


def test_promise_2_sessions_at_once_lose_nothing(program: Program) -> None:
    protos = [Proto(program) for _ in range(4)]
    for number in range(50):
        for index, proto in enumerate(protos):
            proto.add(f"{index}:{number}")
    for proto in protos:
        proto.end()
    texts = kept(program)
    for index in range(4):
        own = [text for text in texts if text.startswith(f"{index}:")]
        assert own == [f"{index}:{number}" for number in range(50)]
    assert len(texts) == 200


@pytest.mark.parametrize(
    ("setting", "is_kept"),
    [
        ("", True),
        ("[history]\n", True),
        ('[history]\npersistence = "save-all"\n', True),
        ('[history]\npersistence = "none"\n', False),
    ],
)
def test_promise_3_on_unless_switched_off(program: Program, setting: str, is_kept: bool) -> None:
    history(program).write_text('{"session_id":"s","ts":1,"text":"old"}\n')
    program.configure(provider_config(UNREACHABLE) + setting)
    proto = Proto(program)
    assert proto.configured["history_entry_count"] == int(is_kept)
    assert (proto.configured["history_log_id"] != 0) == is_kept
    proto.add("new")
    assert proto.reload()[1] == 2 * int(is_kept)
    proto.end()
    assert kept(program) == (["old", "new"] if is_kept else ["old"])


def test_promise_5_secrets_are_withheld_and_commits_are_not(program: Program) -> None:
    commit = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
    key = "sk-proj-Abcdefghij0123456789"
    proto = Proto(program)
    proto.add(f"use {key}", f"revert {commit}", f"and {key}", " not this either")
    warning = proto.wait_for("warning")["message"]
    assert key not in warning
    proto.end()
    assert kept(program) == [f"revert {commit}"]
    assert proto.process.stdout is not None


def test_promises_6_7_8_the_client_is_told_and_walks_backwards(program: Program) -> None:
    proto = Proto(program)
    proto.add("one", "two", "three")
    proto.end()
    proto = Proto(program)
    log_id = proto.configured["history_log_id"]
    count = proto.configured["history_entry_count"]
    assert count == 3
    assert 0 < log_id < 2**53
    found = [proto.entry(offset, log_id) for offset in reversed(range(count))]
    assert [entry and entry["text"] for entry in found] == ["three", "two", "one"]
    assert proto.page(log_id, 1, 50) == ["two", "three"]
    assert proto.entry(3, log_id) is None
    proto.end()


def test_promise_9_another_file_voids_the_id(program: Program) -> None:
    history(program).write_text('{"session_id":"s","ts":1,"text":"old"}\n')
    proto = Proto(program)
    log_id = proto.configured["history_log_id"]
    assert proto.entry(0, log_id) is not None
    other = program.home / "other"
    other.write_text('{"session_id":"s","ts":1,"text":"other"}\n')
    other.rename(history(program))
    assert proto.entry(0, log_id) is None
    assert proto.page(log_id, 0, 50) == []
    new_id, count = proto.reload()
    assert (new_id != log_id, count) == (True, 1)
    assert proto.page(new_id, 0, 50) == ["other"]
    history(program).write_text("")
    assert proto.entry(0, new_id) is None
    proto.end()


def test_promise_10_appends_of_others_move_no_offset(program: Program) -> None:
    first = Proto(program)
    first.add("one", "two")
    log_id, count = first.reload()
    second = Proto(program)
    second.add("three")
    second.end()
    assert first.page(log_id, 0, 50) == ["one", "two"]
    assert first.reload() == (log_id, count + 1)
    assert first.page(log_id, 0, 50) == ["one", "two", "three"]
    first.end()


def test_promise_11_beyond_max_bytes_the_oldest_go_with_their_inode(program: Program) -> None:
    program.configure(provider_config(UNREACHABLE) + "[history]\nmax_bytes = 1000\n")
    proto = Proto(program)
    proto.add("0")
    log_id, _ = proto.reload()
    inode = history(program).stat().st_ino
    # Kept open, as in the engine, so that its number is not given to another file.
    with history(program).open("rb"):
        proto.add(*(str(number) for number in range(1, 20)))
        assert proto.reload()[0] != log_id
        assert history(program).stat().st_ino != inode
    assert proto.entry(0, log_id) is None
    proto.end()
    texts = kept(program)
    assert texts == [str(number) for number in range(20)][-len(texts) :]
    assert 0 < history(program).stat().st_size <= 1000


def test_promise_12_a_reload_shows_what_others_have_added(program: Program) -> None:
    first, second = Proto(program), Proto(program)
    assert first.configured["history_log_id"] == 0
    second.add("from the other")
    second.end()
    log_id, count = first.reload()
    assert count == 1
    assert first.page(log_id, 0, 1) == ["from the other"]
    sent = first.send("search_history_request", log_id=log_id, query="THE OTHER")
    found = first.wait_for("search_history_response", sent)
    assert [match["offset"] for match in found["matches"]] == [0]
    assert found["is_complete"]
    first.end()


def test_a_stop_signal_loses_no_entry(program: Program) -> None:
    proto = Proto(program)
    proto.add(*(str(number) for number in range(200)))
    proto.reload()
    proto.add(*(str(number) for number in range(200, 400)))
    proto.send("no_such_operation")
    proto.wait_for("error")  # all of them were taken
    proto.process.send_signal(signal.SIGTERM)
    assert proto.process.wait(PATIENCE_S) == -signal.SIGTERM
    assert kept(program) == [str(number) for number in range(400)]


def test_exec_neither_writes_nor_minds(program: Program) -> None:
    history(program).symlink_to(os.devnull)
    with FakeModel([Reply.text("done")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go")
    assert (result.returncode, result.stdout) == (0, "done\n")
    assert "history" not in result.stderr
