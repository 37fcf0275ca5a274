"""Tool calls from fragments, in the published form and in the forms that servers send."""

from __future__ import annotations

from typing import Any

from codex.model.calls import CallAssembler
from codex.model.event import ArgumentsDelta
from codex.protocol.items import FunctionCall


def fragment(arguments: Any = None, **members: Any) -> dict[str, Any]:
    name = members.pop("name", None)
    return {**members, "function": {"name": name, "arguments": arguments}}


def assemble(*fragments: dict[str, Any], taken: frozenset[str] = frozenset()) -> list[FunctionCall]:
    calls = CallAssembler(taken)
    for piece in fragments:
        calls.add(piece)
    return calls.items()


def test_pieces_under_one_index_are_one_call() -> None:
    assert assemble(
        fragment("", index=0, id="a", name="f"),
        fragment('{"x"', index=0),
        fragment(":1}", index=0),
    ) == [FunctionCall("f", '{"x":1}', "a")]


def test_each_piece_is_told_with_its_call() -> None:
    calls = CallAssembler(frozenset())
    assert calls.add(fragment("", index=0, id="a", name="f")) == []
    assert calls.add(fragment("{}", index=0)) == [ArgumentsDelta("a", "f", "{}")]


def test_calls_may_be_interleaved_and_keep_the_order_in_which_they_began() -> None:
    assert assemble(
        fragment("{", index=1, id="b", name="g"),
        fragment("{", index=0, id="a", name="f"),
        fragment("}", index=1),
        fragment("}", index=0),
    ) == [FunctionCall("g", "{}", "b"), FunctionCall("f", "{}", "a")]


def test_without_an_index_the_id_tells_the_call() -> None:
    assert assemble(
        fragment("{", id="a", name="f"),
        fragment("{", id="b", name="g"),
        fragment("}", id="a"),
        fragment("}", id="b"),
    ) == [FunctionCall("f", "{}", "a"), FunctionCall("g", "{}", "b")]


def test_with_neither_the_latest_call_goes_on() -> None:
    assert assemble(fragment("{", id="a", name="f"), fragment("}")) == [
        FunctionCall("f", "{}", "a")
    ]


def test_whole_calls_that_all_claim_index_0_are_told_apart_by_id() -> None:
    assert assemble(
        fragment('{"x":1}', index=0, id="a", name="f"),
        fragment('{"x":2}', index=0, id="b", name="f"),
    ) == [FunctionCall("f", '{"x":1}', "a"), FunctionCall("f", '{"x":2}', "b")]


def test_whole_calls_without_ids_that_all_claim_index_0_are_told_apart_by_being_whole() -> None:
    first, second = assemble(
        fragment('{"x":1}', index=0, id="", name="f"),
        fragment('{"x":2}', index=0, id="", name="f"),
    )
    assert (first.arguments, second.arguments) == ('{"x":1}', '{"x":2}')
    assert first.call_id != second.call_id


def test_a_head_that_is_repeated_with_every_piece_is_one_call() -> None:
    assert assemble(
        fragment('{"x"', index=0, id="a", name="f"),
        fragment(":1", index=0, id="a", name="f"),
        fragment("}", index=0, name="f"),
        fragment("", index=0, id="a", name="f"),
    ) == [FunctionCall("f", '{"x":1}', "a")]


def test_a_whole_call_that_is_told_again_at_the_end_is_one_call() -> None:
    assert assemble(
        fragment("", index=0, id="a", name="f"),
        fragment('{"x":1}', index=0),
        fragment('{"x":1}', index=0, id="a", name="f"),
    ) == [FunctionCall("f", '{"x":1}', "a")]


def test_arguments_may_come_as_an_object() -> None:
    assert assemble(fragment({"x": 1}, index=0, id="a", name="f")) == [
        FunctionCall("f", '{"x":1}', "a")
    ]


def test_a_call_without_an_id_gets_one() -> None:
    (call,) = assemble(fragment("{}", index=0, id=None, name="f"))
    assert call.call_id.startswith("call_")


def test_an_id_that_the_conversation_has_already_is_replaced() -> None:
    (call,) = assemble(fragment("{}", index=0, id="call_0", name="f"), taken=frozenset({"call_0"}))
    assert call.call_id not in ("", "call_0")


def test_a_call_without_a_name_is_left_out() -> None:
    assert assemble(fragment("{}", index=0, id="a")) == []
    assert assemble({}, {"index": "x", "function": None}) == []


def test_many_small_pieces_make_one_large_text() -> None:
    pieces = [fragment("ab", index=0) for _ in range(200_000)]
    (call,) = assemble(fragment("", index=0, id="a", name="f"), *pieces)
    assert len(call.arguments) == 400_000
