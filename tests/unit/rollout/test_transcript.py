"""The items that a conversation keeps, and those that the next request carries."""

from __future__ import annotations

from codex.protocol.items import FunctionCall, FunctionCallOutput, Message, TextPart
from codex.rollout.transcript import ABORTED, Transcript

USER = Message("user", (TextPart("hi"),))
CALL = FunctionCall("shell", "{}", "c1")
OUTPUT = FunctionCallOutput("c1", "done")


def test_without_server_state_everything_is_sent() -> None:
    transcript = Transcript()
    transcript.record([USER, CALL])
    transcript.acknowledge("r1")
    transcript.record([OUTPUT])
    pending = transcript.pending(is_stored=False)
    assert pending.items == (USER, CALL, OUTPUT)
    assert pending.previous_response_id is None


def test_with_server_state_only_what_is_new_is_sent() -> None:
    transcript = Transcript()
    transcript.record([USER, CALL])
    transcript.acknowledge("r1")
    transcript.record([OUTPUT])
    pending = transcript.pending(is_stored=True)
    assert pending.items == (OUTPUT,)
    assert pending.previous_response_id == "r1"


def test_a_forgotten_response_brings_the_whole_transcript_back() -> None:
    transcript = Transcript()
    transcript.record([USER])
    transcript.acknowledge("r1")
    transcript.forget_server_state()
    assert not transcript.has_server_state
    assert transcript.pending(is_stored=True) == ((USER,), None)


def test_a_response_without_an_id_leaves_no_server_state() -> None:
    transcript = Transcript()
    transcript.record([USER])
    transcript.acknowledge("")
    assert transcript.pending(is_stored=True) == ((USER,), None)


def test_open_calls_are_closed_with_aborted_once() -> None:
    transcript = Transcript()
    other = FunctionCall("shell", "{}", "c2")
    transcript.record([USER, CALL, other, OUTPUT])
    assert transcript.open_calls() == (other,)
    transcript.close_open_calls()
    transcript.close_open_calls()
    assert transcript.items == (USER, CALL, other, OUTPUT, FunctionCallOutput("c2", ABORTED))
