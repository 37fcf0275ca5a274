"""Errors of a model server, as the user of `codex exec` sees them: a message, never a hang."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codex.protocol.settings import WireApi
from tests.support.model.fake_model import Call, Cut, FakeModel, Reply, Stall, Text
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE = "stream_idle_timeout_ms = 100"
"""Time-out that only the stall reaches: the other replies come at once."""
PEAK_KIB = 320 * 1024
"""Peak memory for an event of 50 MB: its bytes in pieces and whole, and the parsed value."""


def failed(code: str) -> dict[str, Any]:
    error = {"code": code, "message": f"the reason: {code}"}
    return {"type": "response.failed", "response": {"id": "r", "status": "failed", "error": error}}


PASSING: dict[str, Callable[[], Reply]] = {
    "429 with Retry-After": lambda: Reply.error(429, "busy", headers={"Retry-After": "1"}),
    "429 without Retry-After": lambda: Reply.error(429, "busy"),
    "500": lambda: Reply.error(500, "broken"),
    "cut before the head": lambda: Reply.text("half of it", before_head=Cut()),
    "cut": lambda: Reply.text("half of it").cut_at(300),
    "reset": lambda: Reply.text("half of it").cut_at(300, Cut(by_reset=True)),
    "response.failed": lambda: Reply.events(failed("server_is_overloaded")),
    "stall": lambda: Reply.text("half of it").stall_at(300, Stall()),
}
"""Temporary failures, after which the request is sent again."""


INCOMPLETE = {
    "type": "response.incomplete",
    "response": {"incomplete_details": {"reason": "max_output_tokens"}},
}
CUT_SHORT = {"choices": [{"delta": {"content": "half"}, "finish_reason": "length"}]}
FINAL: dict[str, tuple[WireApi, Reply, str]] = {
    "400": (WireApi.CHAT, Reply.error(400, "no such thing"), "no such thing"),
    "401": (WireApi.RESPONSES, Reply.error(401, "who are you"), "who are you"),
    "429 for an hour": (
        WireApi.CHAT,
        Reply.error(429, "come back later", headers={"Retry-After": "3600"}),
        "come back later",
    ),
    "response.failed": (
        WireApi.RESPONSES,
        Reply.events(failed("invalid_prompt")),
        "the reason: invalid_prompt",
    ),
    "response.incomplete": (WireApi.RESPONSES, Reply.events(INCOMPLETE), "token"),
    "finish_reason length": (WireApi.CHAT, Reply.events(CUT_SHORT), "token"),
}
"""Permanent failures: reply, and the words that the user must read."""


@pytest.mark.parametrize("wire_api", WireApi)
@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_a_failure_that_passes_is_told_and_tried_again(
    program: Program, failure: Callable[[], Reply], wire_api: WireApi
) -> None:
    with FakeModel([failure(), Reply.text("fine")]) as model:
        program.configure(provider_config(model.base_url, wire_api, retries=1, provider=IDLE))
        result = program.run("exec", "go")
        assert len(model.requests) == 2
        assert model.requests[0].body == model.requests[1].body
    assert (result.returncode, result.stdout) == (0, "fine\n"), result.stderr
    assert result.stderr.count("retrying 1/1 in") == 1


@pytest.mark.parametrize("name", ["500", "cut", "stall", "response.failed"])
def test_a_failure_that_does_not_pass_ends_the_run(program: Program, name: str) -> None:
    with FakeModel([PASSING[name](), PASSING[name]()]) as model:
        program.configure(provider_config(model.base_url, retries=1, provider=IDLE))
        result = program.run("exec", "go")
        assert len(model.requests) == 2
    assert (result.returncode, result.stdout) == (1, "")
    assert "retrying 1/1 in" in result.stderr
    assert len(re.findall("^Error: ", result.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("wire_api", "reply", "words"), FINAL.values(), ids=FINAL)
def test_a_failure_that_would_come_again_is_not_tried_again(
    program: Program, wire_api: WireApi, reply: Reply, words: str
) -> None:
    with FakeModel([reply]) as model:
        program.configure(provider_config(model.base_url, wire_api, retries=3))
        result = program.run("exec", "go")
        assert len(model.requests) == 1
    assert (result.returncode, result.stdout) == (1, "")
    assert words in result.stderr.partition("Error: ")[2]
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("wire_api", WireApi)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_an_answer_may_come_in_pieces_of_any_size(
    program: Program, wire_api: WireApi, size: int
) -> None:
    call = Call("shell", {"command": ["printf", "%s", "grün — 🙂"]})
    script = [
        Reply.of(Text("Grüße 🙂"), call, piece_size=size),
        Reply.text("schön — 🙂", piece_size=size),
    ]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url, wire_api))
        result = program.run("exec", "go")
    assert (result.returncode, result.stdout) == (0, "schön — 🙂\n"), result.stderr
    assert "Grüße 🙂\n" in result.stderr
    assert "\ngrün — 🙂\n" in result.stderr


@pytest.mark.parametrize("wire_api", WireApi)
def test_bytes_that_are_no_utf_8_do_not_stop_an_answer(program: Program, wire_api: WireApi) -> None:
    (body,) = Reply.text("one MARK two").pieces(wire_api.value)
    assert isinstance(body, bytes)
    with FakeModel([Reply.raw(body.replace(b"MARK", b"\xff\xc3"))]) as model:
        program.configure(provider_config(model.base_url, wire_api))
        result = program.run("exec", "go")
    assert result.returncode == 0, result.stderr
    assert re.fullmatch("one \ufffd+ two\n", result.stdout)


@pytest.mark.parametrize("wire_api", WireApi)
def test_an_event_of_50_mb_is_taken_within_bounds(program: Program, wire_api: WireApi) -> None:
    (body,) = Reply.call("shell", {"command": ["echo", "hi"]}).pieces(wire_api.value)
    assert isinstance(body, bytes)
    # Of a kind that no version of the API has, with a usual shape: taken in, and passed over.
    huge = b'data: {"type":"response.padding","choices":[],"padding":"%b"}\n\n' % (
        b"x" * 50_000_000
    )
    stall = Stall()
    with FakeModel([Reply.raw(huge, body), Reply.text("fine", before_head=stall)]) as model:
        program.configure(provider_config(model.base_url, wire_api))
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        stall.release.set()
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "fine\n")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    assert int(peak[1]) <= PEAK_KIB
