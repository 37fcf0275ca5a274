"""Clients of other projects use our server: the Python SDK, and the inspector."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import PATIENCE_S, ROOT, Program, provider_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.third_party.mcp_packages import NodePackages

SDK_CLIENT = ROOT / "tests" / "support" / "third_party" / "sdk_client.py"
TOUCH = Reply.call("shell", {"command": ["touch", "made"]})


def play(scenario: str, program: Program, python: Path, model: FakeModel) -> dict[str, Any]:
    """Return what the SDK's client saw."""
    program.configure(provider_config(model.base_url))
    words = [str(python), str(SDK_CLIENT), scenario, str(program.repo), *program.argv, "mcp-server"]
    done = subprocess.run(
        words,
        env=program.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sdk_runs_a_task_approves_by_elicitation_and_goes_on(
    program: Program, mcp_python: Path
) -> None:
    with FakeModel([TOUCH, Reply.text("first"), Reply.text("second")]) as model:
        seen = play("run", program, mcp_python, model)
    assert seen["version"] == "2025-11-25"
    assert seen["tools"] == ["codex", "codex-reply"]
    assert len(seen["questions"]) == 1
    assert "touch made" in seen["questions"][0]
    assert (program.repo / "made").exists()
    assert "running touch made" in seen["progress"]
    assert seen["result"]["content"][0]["text"] == "first"
    assert seen["reply"]["structuredContent"]["content"] == "second"


def test_a_client_of_the_sdk_without_elicitation_gets_a_refusal_with_its_reason(
    program: Program, mcp_python: Path
) -> None:
    with FakeModel([TOUCH, Reply.text("first"), Reply.text("second")]) as model:
        seen = play("unasked", program, mcp_python, model)
        asked = json.dumps(model.requests[1].body)
    assert "could not be asked" in asked
    assert not (program.repo / "made").exists()
    assert seen["result"]["content"][0]["text"] == "first"


def test_the_sdk_cancels_a_call_and_the_server_goes_on(program: Program, mcp_python: Path) -> None:
    with FakeModel([Reply.call("shell", {"command": ["sleep", "1000"]})]) as model:
        seen = play("cancel", program, mcp_python, model)
    assert seen["cancelled"]


def inspect(program: Program, packages: NodePackages, *words: str) -> Any:
    """Return the inspector's output."""
    done = subprocess.run(
        [*packages.argv("inspector-cli"), *program.argv, "mcp-server", *words],
        env=program.environ,
        cwd=program.repo,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_and_calls_our_tools(
    program: Program, node_packages: NodePackages
) -> None:
    with FakeModel([Reply.text("hello")]) as model:
        program.configure(provider_config(model.base_url))
        listed = inspect(program, node_packages, "--method", "tools/list")
        assert [tool["name"] for tool in listed["tools"]] == ["codex", "codex-reply"]
        call = ("--method", "tools/call", "--tool-name", "codex", "--tool-arg", "prompt=hi")
        called = inspect(program, node_packages, *call)
    assert called["content"] == [{"type": "text", "text": "hello"}]
    assert called["structuredContent"]["content"] == "hello"


@pytest.mark.parametrize("word", ["mcp", "mcp-server"])
def test_both_words_serve(program: Program, word: str) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {}},
    }
    done = program.run(word, text=json.dumps(hello) + "\n")
    assert json.loads(done.stdout)["result"]["protocolVersion"] == "2024-11-05"
    assert (done.returncode, done.stderr) == (0, "")
