"""If the history cannot be kept, the session continues, and the user is told once."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.kernel.lacking import lacking
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import provider_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.program import Program


def submissions(*texts: str) -> str:
    """Add each text to the history, then send it to the model."""
    ops: list[dict[str, Any]] = []
    for text in texts:
        ops.append({"type": "add_to_history", "text": text})
        ops.append({"type": "user_input", "items": [{"type": "text", "text": text}]})
    ops.append({"type": "reload_history"})
    lines = (json.dumps({"id": str(number), "op": op}) for number, op in enumerate(ops, 1))
    return "".join(line + "\n" for line in lines)


def about_history(messages: list[dict[str, Any]]) -> list[str]:
    """Return the warnings about the history; the session's own file has others."""
    texts = [msg["message"] for msg in messages if msg["type"] == "warning"]
    return [text for text in texts if "message history" in text]


class Outcome:
    """Return the events of one `codex proto`."""

    def __init__(self, program: Program, *texts: str, launcher: tuple[str, ...] = ()) -> None:
        with FakeModel([Reply.text("fine") for _ in texts]) as model:
            program.configure(provider_config(model.base_url))
            result = program.run("proto", text=submissions(*texts), launcher=launcher)
        assert result.returncode == 0, result.stderr
        messages = [json.loads(line)["msg"] for line in result.stdout.splitlines()]
        kinds = [msg["type"] for msg in messages]
        self.completed = kinds.count("task_complete")
        self.reloaded = [
            msg["entry_count"] for msg in messages if msg["type"] == "history_reloaded"
        ]
        self.warnings = about_history(messages)
        self.errors = [msg for msg in messages if msg["type"] == "error"]


def kept(program: Program) -> list[str]:
    text = (program.home / "history.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["text"] for line in text.splitlines()]


def test_without_locks_the_history_goes_on(program: Program) -> None:
    outcome = Outcome(program, "one", "two", launcher=lacking({"flock": errno.ENOLCK}))
    assert outcome.completed >= 1
    assert not outcome.errors
    (warning,) = outcome.warnings
    assert "has no locks" in warning
    assert kept(program) == ["one", "two"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Make a folder on a file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root can mount a small file system")
    options = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    mounted = subprocess.run(options, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([umount, "-l", str(folder)], check=True)


def test_on_a_full_disk_no_line_is_torn_and_those_that_fit_are_kept(
    program: Program, small_disk: Path
) -> None:
    program.home = small_disk
    program.environ["CODEX_HOME"] = str(small_disk)
    outcome = Outcome(program, "small", "x" * 100_000, "next")
    assert not outcome.errors
    (warning,) = outcome.warnings
    assert f'cannot add to "{small_disk}/history.jsonl": No space left on device' in warning
    assert kept(program) == ["small", "next"]
    assert Outcome(program, "last").warnings == []
    assert kept(program) == ["small", "next", "last"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_read_only_home_is_read_and_not_written(program: Program, small_disk: Path) -> None:
    program.home = small_disk
    program.environ["CODEX_HOME"] = str(small_disk)
    Outcome(program, "old")
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    text = submissions("new")
    with FakeModel([Reply.text("fine")]) as model:
        program.configure(provider_config(model.base_url))
        subprocess.run(remount, check=True)
        result = program.run("proto", text=text)
    messages = [json.loads(line)["msg"] for line in result.stdout.splitlines()]
    assert [msg["entry_count"] for msg in messages if msg["type"] == "history_reloaded"] == [1]
    (warning,) = about_history(messages)
    assert "Read-only file system" in warning
    assert [msg["type"] for msg in messages].count("task_complete") == 1
    assert kept(program) == ["old"]


def test_a_lock_that_is_held_delays_and_loses_nothing(program: Program) -> None:
    path = program.home / "history.jsonl"
    path.write_bytes(b"")
    with FakeModel() as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", stdin=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        with path.open("rb") as other:
            # Other versions of Codex lock it this way.
            fcntl.flock(other, fcntl.LOCK_EX)
            process.stdin.write('{"id":"1","op":{"type":"add_to_history","text":"patient"}}\n')
            process.stdin.write('{"id":"2","op":{"type":"reload_history"}}\n')
            process.stdin.flush()
            while json.loads(process.stdout.readline())["msg"]["type"] != "history_reloaded":
                pass
            assert path.read_bytes() == b""
        process.communicate()
    assert kept(program) == ["patient"]
