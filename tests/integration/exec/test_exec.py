"""`codex exec` as a program: streams, files, exit codes."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codex.protocol.settings import WireApi
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import PATIENCE_S, Program, provider_config

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_the_answer_is_all_of_stdout(program: Program) -> None:
    script = [Reply.call("shell", {"command": ["echo", "working"]}), Reply.text("all done")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go")
    assert (result.returncode, result.stdout) == (0, "all done\n")
    assert "exec echo working in" in result.stderr
    assert "\nworking\n" in result.stderr
    assert "all done" not in result.stderr
    assert "tokens: 20 in, 10 out" in result.stderr


def test_a_failed_command_shows_both_its_streams(program: Program) -> None:
    command = ["sh", "-c", "echo to-stdout; echo to-stderr >&2; exit 3"]
    script = [Reply.call("shell", {"command": command}), Reply.text("it failed")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go")
    assert result.returncode == 0
    shown = result.stderr.partition("exited 3 in")[2]
    assert "to-stdout\n" in shown
    assert "to-stderr\n" in shown


def test_a_model_error_ends_the_run_with_status_1(program: Program) -> None:
    with FakeModel([Reply.error(400, "the model is asleep")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the model is asleep" in result.stderr
    assert "Traceback" not in result.stderr


def test_outside_a_repository_nothing_runs_unless_it_is_allowed(
    program: Program, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        refused = program.run("exec", "go", cwd=bare)
        assert (refused.returncode, model.requests) == (1, [])
        assert "--skip-git-repo-check" in refused.stderr
        assert program.run("exec", "--skip-git-repo-check", "go", cwd=bare).returncode == 0


def test_the_last_message_goes_to_a_file(program: Program) -> None:
    script = [Reply.text("the änswer")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        assert program.run("exec", "-o", "out.txt", "go").returncode == 0
        assert (program.repo / "out.txt").read_bytes() == "the änswer".encode()


def test_a_failed_run_leaves_no_old_message_behind(program: Program) -> None:
    with FakeModel([Reply.error(400)]) as model:
        program.configure(provider_config(model.base_url))
        (program.repo / "out.txt").write_text("of an earlier run", encoding="utf-8")
        result = program.run("exec", "-o", "out.txt", "go")
        assert result.returncode == 1
        assert (program.repo / "out.txt").read_bytes() == b""
        assert "warning: there is no final answer" in result.stderr


def test_images_and_prompt_are_one_message(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        (program.repo / "a.png").write_bytes(PNG)
        assert program.run("exec", "look", "-i", "a.png").returncode == 0
        (message,) = [item for item in model.requests[0].body["input"] if item["role"] == "user"]
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["input_text", "input_image"]
    assert message["content"][1]["image_url"].startswith("data:image/png;base64,")


def test_an_unreadable_image_stops_the_run_before_it_begins(program: Program) -> None:
    with FakeModel() as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "look", "-i", "missing.png")
        assert (result.returncode, model.requests) == (1, [])
    assert "missing.png" in result.stderr


def test_an_open_silent_pipe_does_not_hold_up_a_prompt_argument(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go", stdin=subprocess.PIPE)
        assert process.wait(PATIENCE_S) == 0


def test_the_prompt_can_come_from_stdin(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        assert program.run("exec", text="from the pipe").returncode == 0
        assert "from the pipe" in model.requests[0].raw.decode()


def test_no_prompt_at_all_is_an_error(program: Program) -> None:
    with FakeModel() as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", text="")
    assert result.returncode == 1
    assert "No prompt provided via stdin." in result.stderr


def test_a_reader_that_went_away_ends_the_run_quietly(program: Program) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with FakeModel([Reply.text("ok")]) as model, open(writer, "w", encoding="utf-8") as stdout:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go", stdout=stdout)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "Broken" not in err


def ten_turns() -> list[Reply]:
    patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+two\n*** End Patch\n"
    plan = {"plan": [{"step": "do it", "status": "in_progress"}]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("shell", {"command": ["cat", "a.txt"]}),
        ("update_plan", plan),
        ("apply_patch", {"input": patch}),
        ("view_image", {"path": "a.png"}),
        ("shell", {"command": ["sh", "-c", "echo three >> a.txt"]}),
        ("shell", {"command": ["mkdir", "made"]}),
        ("shell", {"command": ["sh", "-c", "cp a.txt made/b.txt"]}),
        ("shell", {"command": ["rm", "a.png"]}),
        ("shell", {"command": ["false"]}),
    ]
    replies = [Reply.call(name, given, f"call_{at}") for at, (name, given) in enumerate(calls)]
    return [*replies, Reply.text("ten turns later")]


@pytest.mark.parametrize("wire_api", WireApi)
def test_a_task_of_ten_turns_ends_alike_on_both_wires(program: Program, wire_api: WireApi) -> None:
    with FakeModel(ten_turns()) as model:
        program.configure(provider_config(model.base_url, wire_api))
        (program.repo / "a.txt").write_text("one\n", encoding="utf-8")
        (program.repo / "a.png").write_bytes(PNG)
        result = program.run("exec", "work")
        assert (result.returncode, result.stdout) == (0, "ten turns later\n")
        assert len(model.requests) == 10
        assert b"data:image/png;base64," in model.requests[-1].raw
        for shown in ("\nplan\n", "\nview image ", "\npatch\n", "\nexec false in "):
            assert shown in result.stderr
        found = {
            str(path.relative_to(program.repo)): path.read_text(encoding="utf-8")
            for path in program.repo.rglob("*")
            if path.is_file()
        }
    assert found == {"a.txt": "two\nthree\n", "made/b.txt": "two\nthree\n"}


def test_an_answer_that_does_not_arrive_is_a_failure_that_is_told(program: Program) -> None:
    with (
        FakeModel([Reply.text("the answer")]) as model,
        open("/dev/full", "w", encoding="utf-8") as full,
    ):
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go", stdout=full)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert err.endswith("Error: cannot write the output: No space left on device\n")
