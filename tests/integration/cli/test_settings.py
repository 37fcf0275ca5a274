"""Settings from flags, files and the environment reach the model server and the notifier."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import PATIENCE_S, Program, provider_config


def test_a_client_library_needs_no_configuration_file(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        result = program.run(
            *("exec", "--config", f'openai_base_url="{model.base_url}"', "--model", "m"),
            *("--sandbox", "read-only", "--config", 'model_reasoning_effort="high"'),
            *("--config", 'approval_policy="on-request"', "-c", "model_providers.openai.env_key="),
            text="hi",
        )
        assert result.returncode == 1
        assert "model_providers.openai.env_key" in result.stderr
        result = program.run(
            *("exec", "--config", f'openai_base_url="{model.base_url}"', "--model", "m"),
            *("--config", 'model_providers.openai.env_key="HOME"', "-"),
            text="hi",
        )
    assert (result.returncode, result.stdout) == (0, "ok\n")
    assert model.requests[0].body["model"] == "m"
    assert model.requests[0].headers["authorization"] == f"Bearer {program.home}"


def test_flags_before_and_after_the_command_reach_the_request(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("-c", "model=a", "-m", "b", "exec", "-c", "model=c", "go")
        assert result.returncode == 0
    assert model.requests[0].body["model"] == "b"


def test_instructions_and_project_documents_go_with_the_request(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        (program.home / "instructions.md").write_text("MINE")
        (program.home / "AGENTS.md").write_text("GLOBAL")
        (program.repo / "AGENTS.md").write_text("ROOT")
        deep = program.repo / "deep"
        deep.mkdir()
        (deep / "AGENTS.md").write_text("DEEP")
        assert program.run("exec", "-C", "deep", "go").returncode == 0
    request = model.requests[0].raw.decode()
    assert "MINE\\n\\n--- project-doc ---\\n\\nGLOBAL\\n\\nROOT\\n\\nDEEP" in request


def test_the_notifier_is_told_of_the_finished_task(program: Program, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    notify = ["/bin/sh", "-c", 'printf %s "$1" > "$0"', str(pipe)]
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "-c", f"notify={json.dumps(notify)}", "do it")
        # The notifier waits for a reader; the program does not wait for the notifier.
        assert process.wait(PATIENCE_S) == 0
        payload = json.loads(pipe.read_text(encoding="utf-8"))
    assert payload["type"] == "agent-turn-complete"
    assert payload["input-messages"] == ["do it"]
    assert payload["last-assistant-message"] == "ok"


def test_warnings_come_once_and_on_standard_error(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "-c", "modle=x", "go")
    assert (result.returncode, result.stdout) == (0, "ok\n")
    assert result.stderr.count("-c modle: unknown key") == 1


def test_output_that_nobody_reads_is_no_traceback(program: Program) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = program.start("help", stdout=writer)
    finally:
        os.close(writer)
    assert process.wait(PATIENCE_S) == 1
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_output_that_does_not_arrive_is_a_failure(program: Program) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = program.start("help", stdout=full)
        assert process.wait(PATIENCE_S) == 1
        assert process.stderr is not None
        message = "Error: cannot write to standard output: No space left on device\n"
        assert process.stderr.read() == message
