"""The notifier: its arguments, and that neither its failure nor its end is waited for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codex.core import notify
from codex.core.notify import Notifier


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe: reading it waits for the notifier, without sleeping."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def writer(pipe: Path, script: str) -> tuple[str, ...]:
    """A notifier that runs `script`; its JSON is `$1`, the pipe `$0`."""
    return ("/bin/sh", "-c", script, str(pipe))


def finish(notifier: Notifier) -> None:
    """Wait for what the notifier started, and collect it."""
    for _, process in notifier._running:
        process.wait()
    notifier.close()
    assert notifier._running == []


def test_the_payload_is_one_json_argument(pipe: Path, tmp_path: Path) -> None:
    notifier = Notifier(writer(pipe, 'printf %s "$1" > "$0"'), str(tmp_path))
    notifier.turn_complete("3", ("hi", "and\nthis"), "done ☃")
    assert json.loads(pipe.read_text(encoding="utf-8")) == {
        "type": "agent-turn-complete",
        "turn-id": "3",
        "input-messages": ["hi", "and\nthis"],
        "last-assistant-message": "done ☃",
    }
    finish(notifier)


def test_without_a_last_message_the_field_is_null(pipe: Path, tmp_path: Path) -> None:
    notifier = Notifier(writer(pipe, 'printf %s "$1" > "$0"'), str(tmp_path))
    notifier.turn_complete("1", (), None)
    assert json.loads(pipe.read_text())["last-assistant-message"] is None
    finish(notifier)


def test_it_runs_in_the_session_folder_without_the_terminal(pipe: Path, tmp_path: Path) -> None:
    script = '(pwd; readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2) > "$0"'
    notifier = Notifier(writer(pipe, script), str(tmp_path))
    notifier.turn_complete("1", (), None)
    assert pipe.read_text().splitlines() == [str(tmp_path), "/dev/null", "/dev/null", "/dev/null"]
    finish(notifier)


def test_no_program_means_no_notification(tmp_path: Path) -> None:
    notifier = Notifier((), str(tmp_path))
    notifier.turn_complete("1", (), None)
    assert notifier._running == []


def test_a_missing_program_is_logged_and_nothing_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(("/nonexistent/program",), str(tmp_path))
    notifier.turn_complete("1", (), None)
    assert "cannot run the notifier '/nonexistent/program'" in caplog.text


def test_a_failing_program_is_logged_when_it_is_collected(
    pipe: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(writer(pipe, "exit 3"), str(tmp_path))
    notifier.turn_complete("1", (), None)
    finish(notifier)
    assert "ended with 3" in caplog.text


def test_an_endless_program_is_killed_with_its_children_when_the_next_one_starts(
    pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notify, "TIME_LIMIT_S", -1.0)
    # Shell and child hold the pipe open: reading it to its end waits until both are gone.
    script = 'exec 3> "$0"; echo x >&3; sleep 1000 & wait'
    notifier = Notifier(writer(pipe, script), str(tmp_path))
    notifier.turn_complete("1", (), None)
    with pipe.open() as reader:
        assert reader.readline() == "x\n"
        notifier._argv = ("/bin/true",)
        notifier.turn_complete("2", (), None)
        assert reader.read() == ""
    finish(notifier)
    assert "took too long" in caplog.text


def test_closing_leaves_a_running_program_alone(pipe: Path, tmp_path: Path) -> None:
    notifier = Notifier(writer(pipe, 'echo begun > "$0"; read line < "$0"'), str(tmp_path))
    notifier.turn_complete("1", (), None)
    notifier.close()
    assert pipe.read_text() == "begun\n"
    (_, process), *_ = notifier._running
    assert process.poll() is None
    pipe.write_text("go on\n")
    finish(notifier)
    assert process.returncode == 0


def test_messages_too_long_for_an_argument_are_cut(pipe: Path, tmp_path: Path) -> None:
    notifier = Notifier(writer(pipe, 'printf %s "$1" > "$0"'), str(tmp_path))
    notifier.turn_complete("1", ("x" * 200_000,), "y" * 200_000)
    payload = json.loads(pipe.read_text(encoding="utf-8"))
    assert payload["input-messages"] == ["x" * notify.CUT_CHARACTERS + "…"]
    assert payload["last-assistant-message"] == "y" * notify.CUT_CHARACTERS + "…"
    finish(notifier)
