"""Output items from what servers really send."""

from __future__ import annotations

from typing import Any

import pytest

from codex.model.decode import arguments_text, decode_item
from codex.protocol.items import (
    FunctionCall,
    Message,
    ModelRefusal,
    ModelText,
    Reasoning,
    ReasoningText,
    SummaryText,
)


def test_a_message_keeps_texts_and_refusals_and_loses_only_unknown_parts() -> None:
    parts = [
        {"type": "output_text", "text": "a", "annotations": [], "logprobs": None},
        {"type": "hologram", "data": "?"},
        {"type": "output_text", "text": None},
        "bare",
        {"type": "refusal", "refusal": "no"},
    ]
    item = decode_item({"type": "message", "role": "assistant", "content": parts, "status": "x"})
    assert item == Message("assistant", (ModelText("a"), ModelRefusal("no")))


def test_a_message_may_be_a_plain_string_and_lack_its_role() -> None:
    assert decode_item({"type": "message", "content": "a"}) == Message(
        "assistant", (ModelText("a"),)
    )


@pytest.mark.parametrize("content", [None, [], [{"type": "hologram"}], 5])
def test_a_message_with_nothing_in_it_is_none(content: Any) -> None:
    assert decode_item({"type": "message", "role": "assistant", "content": content}) is None


def test_reasoning_keeps_summary_content_and_seal() -> None:
    raw = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "s"}, {"type": "new"}],
        "content": [{"type": "reasoning_text", "text": "c"}],
        "encrypted_content": "e",
    }
    assert decode_item(raw) == Reasoning("rs_1", (SummaryText("s"),), (ReasoningText("c"),), "e")


def test_reasoning_may_have_nulls_everywhere() -> None:
    raw = {
        "type": "reasoning",
        "id": None,
        "summary": None,
        "content": None,
        "encrypted_content": None,
    }
    assert decode_item(raw) == Reasoning()


def test_a_call_keeps_its_arguments_as_the_model_wrote_them() -> None:
    raw = {"type": "function_call", "name": "f", "arguments": '{"a":', "call_id": "c", "id": "i"}
    assert decode_item(raw) == FunctionCall("f", '{"a":', "c")


def test_a_call_without_a_call_id_takes_its_item_id_or_a_new_one() -> None:
    raw = {"type": "function_call", "name": "f", "arguments": "{}"}
    assert decode_item({**raw, "id": "fc_1"}) == FunctionCall("f", "{}", "fc_1")
    first, second = decode_item(raw), decode_item(raw)
    assert isinstance(first, FunctionCall)
    assert isinstance(second, FunctionCall)
    assert first.call_id.startswith("call_")
    assert first.call_id != second.call_id


@pytest.mark.parametrize(
    ("value", "text"),
    [('{"a":1}', '{"a":1}'), ({"a": 1}, '{"a":1}'), (None, ""), ([1], "[1]"), ("", "")],
)
def test_arguments_may_be_an_object(value: Any, text: str) -> None:
    assert arguments_text(value) == text


@pytest.mark.parametrize(
    "raw", [None, [], "x", {}, {"type": "local_shell_call"}, {"type": "function_call"}]
)
def test_what_makes_no_sense_is_none(raw: Any) -> None:
    assert decode_item(raw) is None
