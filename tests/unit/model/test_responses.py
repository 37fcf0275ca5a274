"""The Responses wire: the contents of a request, and the meaning of events."""

from __future__ import annotations

from typing import Any

import pytest

from codex.model.event import (
    ArgumentsDelta,
    Completed,
    ItemDone,
    ReasoningDelta,
    ResponseEvent,
    TextDelta,
)
from codex.model.prompt import Prompt
from codex.model.responses import ResponsesDecoder, responses_body
from codex.model.retry import ModelError
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelRefusal,
    ModelText,
    Reasoning,
    SummaryText,
    TextPart,
    TokenUsage,
)
from codex.protocol.settings import (
    ModelProvider,
    ModelSettings,
    ReasoningEffort,
    ReasoningSummary,
)
from tests.support.model.clients import make_prompt, user

OPENAI = ModelProvider(name="OpenAI", base_url="https://api.openai.com/v1", is_openai=True)
OTHER = ModelProvider(name="other", base_url="http://localhost/v1")
HI = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
SHELL_TOOL = {
    "type": "function",
    "name": "shell",
    "description": "Run a command.",
    "strict": False,
    "parameters": {"type": "object", "properties": {"command": {"type": "array"}}},
}


def body(
    prompt: Prompt | None = None, provider: ModelProvider = OTHER, **settings: Any
) -> dict[str, Any]:
    model = ModelSettings(**{"model": "m", **settings})
    return responses_body(prompt or make_prompt(), model, provider)


def test_a_request_to_any_server_holds_only_what_every_server_takes() -> None:
    assert body(make_prompt(session_id="s", previous_response_id="r")) == {
        "model": "m",
        "instructions": "Be brief.",
        "input": [HI],
        "stream": True,
        "store": False,
        "tools": [SHELL_TOOL],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }


def test_openai_is_told_whether_to_store_and_under_which_key_to_cache() -> None:
    sent = body(make_prompt(session_id="s"), OPENAI)
    assert sent["store"] is False
    assert sent["prompt_cache_key"] == "s"
    assert not {"previous_response_id", "include"} & sent.keys()


def test_a_stored_conversation_goes_on_from_the_response_before() -> None:
    sent = body(make_prompt(is_stored=True, previous_response_id="resp_1"), OPENAI, model="o4-mini")
    assert (sent["store"], sent["previous_response_id"]) == (True, "resp_1")
    assert "include" not in sent


def test_reasoning_that_openai_does_not_store_is_asked_for_sealed() -> None:
    assert body(provider=OPENAI, model="o4-mini")["include"] == ["reasoning.encrypted_content"]
    assert "include" not in body(provider=OTHER, model="o4-mini")


def test_without_tools_nothing_is_said_of_tools() -> None:
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & body(make_prompt(tools=())).keys()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        *((name, True) for name in ("o1", "o3-mini", "o4-mini", "codex-mini-latest", "gpt-5.2")),
        *((name, True) for name in ("openai/gpt-oss-20b", "gpt-oss:20b", "openrouter/openai/o3")),
        *((name, False) for name in ("gpt-4.1", "gpt-5-chat-latest", "olmo", "qwen3", "llama/o")),
    ],
)
def test_reasoning_models_are_known_by_name(model: str, expected: bool) -> None:
    assert ModelSettings(model=model).accepts_reasoning is expected


def test_the_configuration_knows_better_than_the_name() -> None:
    assert ModelSettings(model="qwen3", has_reasoning=True).accepts_reasoning
    assert not ModelSettings(model="o3", has_reasoning=False).accepts_reasoning


@pytest.mark.parametrize(
    ("effort", "summary", "expected"),
    [
        (ReasoningEffort.HIGH, ReasoningSummary.AUTO, {"effort": "high", "summary": "auto"}),
        (ReasoningEffort.LOW, ReasoningSummary.NONE, {"effort": "low"}),
        (None, ReasoningSummary.DETAILED, {"summary": "detailed"}),
        (None, None, None),
        (ReasoningEffort.NONE, ReasoningSummary.AUTO, None),
    ],
)
def test_reasoning_options_are_sent_as_set(
    effort: ReasoningEffort | None,
    summary: ReasoningSummary | None,
    expected: dict[str, str] | None,
) -> None:
    sent = body(model="o3", reasoning_effort=effort, reasoning_summary=summary)
    assert sent.get("reasoning") == expected


def test_reasoning_options_are_not_sent_to_other_models() -> None:
    assert "reasoning" not in body(model="gpt-4.1", reasoning_effort=ReasoningEffort.HIGH)


def test_verbosity_and_output_limit_are_sent_when_set() -> None:
    sent = body(verbosity="low", max_output_tokens=100)
    assert (sent["text"], sent["max_output_tokens"]) == ({"verbosity": "low"}, 100)


def test_every_kind_of_item_has_its_published_form() -> None:
    items = (
        Message("developer", (TextPart("rule"),)),
        Message("user", (TextPart("see"), ImagePart("data:image/png;base64,AA=="))),
        Message("assistant", (ModelText("a"), ModelRefusal("b"))),
        FunctionCall("shell", "{}", "c1"),
        FunctionCallOutput("c1", "done"),
    )
    assert body(make_prompt(*items))["input"] == [
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "rule"}],
        },
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
            ],
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "ab", "annotations": []}],
        },
        {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "c1"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ]


def test_only_sealed_reasoning_goes_back_and_only_to_openai() -> None:
    sealed = Reasoning(id="rs_1", summary=(SummaryText("s"),), encrypted_content="xyz")
    nameless = Reasoning(encrypted_content="xyz")
    prompt = make_prompt(user("hi"), sealed, nameless, Reasoning(id="rs_2"))
    assert body(prompt)["input"] == [HI]
    assert body(prompt, OPENAI)["input"] == [
        HI,
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "s"}],
            "encrypted_content": "xyz",
        },
        {"type": "reasoning", "summary": [], "encrypted_content": "xyz"},
    ]


def feed(*events: dict[str, Any]) -> list[ResponseEvent]:
    decoder = ResponsesDecoder()
    return [result for event in events for result in decoder.feed(event)]


def done(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": item}


def completed(*output: dict[str, Any], **response: Any) -> dict[str, Any]:
    body = {"id": "resp_1", "output": list(output), **response}
    return {"type": "response.completed", "response": body}


def message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "m", "role": "assistant", "content": content}


def said(text: str) -> ItemDone:
    return ItemDone(Message("assistant", (ModelText(text),)))


CALL = {"type": "function_call", "id": "fc_1", "name": "shell", "arguments": "{}", "call_id": "c1"}
CALLED = ItemDone(FunctionCall("shell", "{}", "c1"))
WHOLE = Completed("resp_1", None)


def test_deltas_are_forwarded_by_what_they_are_pieces_of() -> None:
    assert feed(
        {"type": "response.output_text.delta", "delta": "a"},
        {"type": "response.refusal.delta", "delta": "b"},
        {"type": "response.reasoning_summary_text.delta", "delta": "c"},
        {"type": "response.reasoning_summary_part.added", "summary_index": 0},
        {"type": "response.reasoning_summary_part.added", "summary_index": 1},
        {"type": "response.reasoning_text.delta", "delta": "d"},
        {"type": "response.output_text.delta", "delta": ""},
    ) == [
        TextDelta("a"),
        TextDelta("b"),
        ReasoningDelta("c"),
        ReasoningDelta("\n\n"),
        ReasoningDelta("d"),
    ]


def test_pieces_of_arguments_carry_the_call_that_they_belong_to() -> None:
    piece = {"type": "response.function_call_arguments.delta", "delta": "{}"}
    assert feed(
        {"type": "response.output_item.added", "item": CALL},
        {**piece, "item_id": "fc_1"},
        {**piece, "item_id": "unknown"},
        {"type": "response.output_item.added", "item": {**CALL, "id": "fc_2", "call_id": None}},
        {**piece, "item_id": "fc_2"},
    ) == [ArgumentsDelta("c1", "shell", "{}"), ArgumentsDelta("fc_2", "shell", "{}")]


def test_items_are_given_as_they_are_done_and_not_again_at_the_end() -> None:
    events = feed(done(message("a")), done(CALL), completed(message("a"), CALL))
    assert events == [said("a"), CALLED, WHOLE]


def test_items_that_come_only_at_the_end_are_given_then() -> None:
    assert feed(completed(message("a"), CALL)) == [said("a"), CALLED, WHOLE]
    assert feed(completed({"type": "new"}, CALL)) == [CALLED, WHOLE]
    assert feed(done(message("a")), completed(message("a"), CALL)) == [said("a"), CALLED, WHOLE]


def test_text_that_comes_only_in_deltas_is_an_item_too() -> None:
    deltas = [{"type": "response.output_text.delta", "delta": text} for text in ("a", "b")]
    assert feed(*deltas, completed()) == [TextDelta("a"), TextDelta("b"), said("ab"), WHOLE]


def test_usage_is_read_from_the_completion() -> None:
    usage = {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 12,
    }
    assert feed(completed(usage=usage)) == [Completed("resp_1", TokenUsage(7, 3, 5, 2, 12))]


def test_usage_may_have_gaps() -> None:
    usage = {"input_tokens": 7, "input_tokens_details": None, "output_tokens": 5}
    assert feed(completed(usage=usage)) == [Completed("resp_1", TokenUsage(7, 0, 5, 0, 12))]


def test_unknown_events_items_and_shapes_are_passed_over() -> None:
    assert feed(
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.image.partial", "x": 1},
        {"no": "type"},
        {"type": 5},
        done({"type": "web_search_call", "id": "ws"}),
        done({"type": "function_call", "name": None}),
        {"type": "response.output_item.done"},
        {"type": "response.output_item.done", "item": "text"},
        {"type": "response.output_text.delta"},
        {"type": "response.completed", "response": None},
    ) == [Completed("", None)]


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (
            {
                "type": "response.failed",
                "response": {"error": {"code": "rate_limit_exceeded", "message": "slow down"}},
            },
            "rate_limit",
            "slow down",
        ),
        (
            {
                "type": "response.failed",
                "response": {"error": {"code": "context_length_exceeded", "message": "too long"}},
            },
            "context_length",
            "too long",
        ),
        ({"type": "response.failed", "response": {"error": None}}, "server", "gave no reason"),
        ({"type": "error", "code": "invalid_prompt", "message": "no"}, "invalid_prompt", "no"),
        ({"type": "error", "error": {"type": "server_error", "message": "x"}}, "server", "x"),
        ({"error": {"message": "out of memory", "code": 500}}, "server", "out of memory"),
        (
            {
                "type": "response.incomplete",
                "response": {"incomplete_details": {"reason": "max_output_tokens"}},
            },
            "incomplete",
            "limit of output tokens",
        ),
        (
            {
                "type": "response.incomplete",
                "response": {"incomplete_details": {"reason": "content_filter"}},
            },
            "content_filter",
            "content filter",
        ),
        ({"type": "response.incomplete", "response": {}}, "incomplete", "no reason given"),
        ({"error": {"message": "untyped", "code": 503}}, "overloaded", "untyped"),
        (completed(status="failed", error={"message": "late"}), "server", "late"),
        (
            completed(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete",
            "limit of output tokens",
        ),
    ],
)
def test_a_failure_in_the_stream_is_an_error_with_its_reason(
    event: dict[str, Any], kind: str, text: str
) -> None:
    with pytest.raises(ModelError, match=text) as caught:
        feed(done(message("a")), event)
    assert (caught.value.kind, caught.value.phase) == (kind, "stream")


@pytest.mark.parametrize("is_done", [True, False])
def test_a_stream_without_completion_is_cut_off(is_done: bool) -> None:
    decoder = ResponsesDecoder()
    decoder.feed(done(message("a")))
    with pytest.raises(ModelError, match="ended before it was complete") as caught:
        decoder.finish(is_done=is_done)
    assert caught.value.is_retryable
