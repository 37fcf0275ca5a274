"""The Chat Completions wire: the contents of a request, and the meaning of chunks."""

from __future__ import annotations

from typing import Any

import pytest

from codex.model.chat import ChatDecoder, chat_body
from codex.model.event import (
    ArgumentsDelta,
    Completed,
    ItemDone,
    ReasoningDelta,
    ResponseEvent,
    TextDelta,
)
from codex.model.retry import ModelError
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelRefusal,
    ModelText,
    Reasoning,
    ReasoningText,
    ResponseItem,
    TextPart,
    TokenUsage,
)
from codex.protocol.settings import ModelProvider, ModelSettings, ReasoningEffort
from tests.support.model.clients import make_prompt, user

OPENAI = ModelProvider(name="OpenAI", base_url="https://api.openai.com/v1", is_openai=True)
OTHER = ModelProvider(name="other", base_url="http://localhost/v1")
SYSTEM = {"role": "system", "content": "Be brief."}


def body(*items: ResponseItem, provider: ModelProvider = OTHER, **settings: Any) -> dict[str, Any]:
    prompt = make_prompt(*items, session_id="s", is_stored=True, previous_response_id="r")
    return chat_body(prompt, ModelSettings(**{"model": "m", **settings}), provider)


def messages(*items: ResponseItem) -> list[dict[str, Any]]:
    """Return the messages of a request, without the system's."""
    sent: list[dict[str, Any]] = body(*items)["messages"]
    assert sent[0] == SYSTEM
    return sent[1:]


def said(text: str) -> Message:
    return Message("assistant", (ModelText(text),))


def call(call_id: str) -> dict[str, Any]:
    function = {"name": "shell", "arguments": "{}"}
    return {"id": call_id, "type": "function", "function": function}


def output(call_id: str, text: str = "ok") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def test_a_request_holds_only_what_every_server_takes() -> None:
    assert body() == {
        "model": "m",
        "messages": [SYSTEM, {"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "shell",
                    "description": "Run a command.",
                    "parameters": {"type": "object", "properties": {"command": {"type": "array"}}},
                },
            }
        ],
    }


def test_openai_gets_the_same_request_on_this_wire() -> None:
    assert body(provider=OPENAI) == body()


def test_usage_need_not_be_asked_for_and_tools_need_not_be_there() -> None:
    prompt = make_prompt(tools=())
    sent = chat_body(prompt, ModelSettings(model="m"), OTHER, asks_usage=False)
    assert not {"stream_options", "tools"} & sent.keys()


def test_options_are_sent_when_set_and_applicable() -> None:
    options: dict[str, Any] = {"reasoning_effort": ReasoningEffort.LOW, "verbosity": "low"}
    assert body(model="o3", **options)["reasoning_effort"] == "low"
    assert body(model="o3", **options)["verbosity"] == "low"
    assert "reasoning_effort" not in body(model="llama", **options)
    assert "reasoning_effort" not in body(model="o3", reasoning_effort=ReasoningEffort.NONE)


def test_the_output_limit_has_the_name_that_the_server_knows() -> None:
    assert body(max_output_tokens=9)["max_tokens"] == 9
    assert body(max_output_tokens=9, provider=OPENAI)["max_completion_tokens"] == 9


def test_text_and_calls_of_one_turn_are_one_message_and_outputs_follow_it() -> None:
    assert messages(
        user("go"),
        said("Two things."),
        FunctionCall("shell", "{}", "a"),
        FunctionCall("shell", "{}", "b"),
        FunctionCallOutput("b", "second"),
        FunctionCallOutput("a", "first"),
        said("Done."),
    ) == [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "Two things.", "tool_calls": [call("a"), call("b")]},
        output("a", "first"),
        output("b", "second"),
        {"role": "assistant", "content": "Done."},
    ]


def test_text_behind_a_call_belongs_to_the_same_message() -> None:
    items = (FunctionCall("shell", "{}", "a"), said("x"), FunctionCallOutput("a", "ok"))
    assert messages(user("go"), *items)[1:] == [
        {"role": "assistant", "content": "x", "tool_calls": [call("a")]},
        output("a"),
    ]


def test_each_turn_has_its_own_calls_and_outputs() -> None:
    assert messages(
        user("go"),
        FunctionCall("shell", "{}", "a"),
        FunctionCallOutput("a", "ok"),
        FunctionCall("shell", "{}", "b"),
        FunctionCallOutput("b", "ok"),
    )[1:] == [
        {"role": "assistant", "content": None, "tool_calls": [call("a")]},
        output("a"),
        {"role": "assistant", "content": None, "tool_calls": [call("b")]},
        output("b"),
    ]


def test_what_the_user_says_meanwhile_comes_behind_the_outputs() -> None:
    items = (FunctionCall("shell", "{}", "a"), user("stop"), FunctionCallOutput("a", "ok"))
    assert messages(user("go"), *items)[2:] == [output("a"), {"role": "user", "content": "stop"}]


def test_of_two_outputs_of_one_call_the_first_counts_and_strays_are_left_out() -> None:
    outputs = [
        FunctionCallOutput(name, text) for name, text in (("a", "1"), ("a", "2"), ("z", "3"))
    ]
    assert messages(user("go"), FunctionCall("shell", "{}", "a"), *outputs)[2:] == [
        output("a", "1")
    ]


def test_neighbours_of_one_role_are_one_message() -> None:
    assert messages(user("a"), user("b"), said("c"), said("c"), said("d")) == [
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "c\n\nd"},
    ]


def test_images_make_the_content_a_list() -> None:
    image = Message("user", (TextPart("see"), ImagePart("data:image/png;base64,AA==")))
    assert messages(user("a"), image, user("b")) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a"},
                {"type": "text", "text": "see"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "text", "text": "b"},
            ],
        }
    ]


def test_other_roles_become_ones_that_templates_know() -> None:
    rule = Message("developer", (TextPart("rule"),))
    assert body(rule, user("a"))["messages"] == [
        {"role": "system", "content": "Be brief.\n\nrule"},
        {"role": "user", "content": "a"},
    ]


def test_a_refusal_is_text_whoever_said_it() -> None:
    refused = Message("user", (ModelRefusal("no"),))
    assert messages(user("a"), refused) == [{"role": "user", "content": "a\n\nno"}]


def test_reasoning_and_empty_messages_are_not_sent() -> None:
    reasoning = Reasoning(content=(ReasoningText("hm"),), encrypted_content="x")
    empty = Message("user", (TextPart(""),))
    assert messages(user("a"), reasoning, empty, Message("assistant", (ModelRefusal("no"),))) == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "no"},
    ]


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def feed(*chunks: dict[str, Any], is_done: bool = True) -> list[ResponseEvent]:
    """Return the events of a stream that ends with `[DONE]`, or without it."""
    decoder = ChatDecoder()
    events = [event for each in chunks for event in decoder.feed(each)]
    return events + decoder.finish(is_done=is_done)


def items(*chunks: dict[str, Any]) -> list[ResponseItem]:
    return [event.item for event in feed(*chunks) if isinstance(event, ItemDone)]


def test_an_answer_is_deltas_and_then_its_items() -> None:
    function = {"name": "shell", "arguments": "{}"}
    assert feed(
        chunk(role="assistant", content=""),
        chunk(reasoning_content="hm"),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": function}]),
        chunk("tool_calls"),
    ) == [
        ReasoningDelta("hm"),
        TextDelta("Hel"),
        TextDelta("lo"),
        ArgumentsDelta("a", "shell", "{}"),
        ItemDone(Reasoning(content=(ReasoningText("hm"),))),
        ItemDone(said("Hello")),
        ItemDone(FunctionCall("shell", "{}", "a")),
        Completed("", None),
    ]


@pytest.mark.parametrize(
    ("delta", "item"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"text": "b"}, 5]}, said("ab")),
        ({"reasoning": "a"}, Reasoning(content=(ReasoningText("a"),))),
        ({"reasoning": {"content": "a"}}, Reasoning(content=(ReasoningText("a"),))),
        ({"reasoning": "a", "reasoning_content": "a"}, Reasoning(content=(ReasoningText("a"),))),
        ({"refusal": "no"}, Message("assistant", (ModelRefusal("no"),))),
    ],
)
def test_content_and_reasoning_come_in_several_shapes(
    delta: dict[str, Any], item: ResponseItem
) -> None:
    assert items(chunk(**delta)) == [item]


def test_an_answer_that_was_not_streamed_is_one_message() -> None:
    message = {"role": "assistant", "content": "all of it"}
    assert feed({"choices": [{"message": message, "finish_reason": "stop"}]}) == [
        TextDelta("all of it"),
        ItemDone(Message("assistant", (ModelText("all of it"),))),
        Completed("", None),
    ]


def test_usage_may_come_with_the_last_chunk_or_behind_it() -> None:
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    expected = Completed("", TokenUsage(7, 3, 5, 2, 12))
    assert feed(chunk("stop"), {"choices": [], "usage": usage})[-1] == expected
    assert feed({**chunk("stop"), "usage": usage}, {"choices": [], "usage": None})[-1] == expected


def test_usage_may_have_gaps() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": None, "prompt_tokens_details": None}
    assert feed({**chunk("stop"), "usage": usage})[-1] == Completed("", TokenUsage(7, 0, 0, 0, 7))


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "function_call", "eos"])
def test_a_stream_that_gave_its_reason_may_end_without_done(reason: str) -> None:
    assert feed(chunk(content="a"), chunk(reason), is_done=False)[-1] == Completed("", None)


def test_a_stream_without_reason_and_done_is_cut_off() -> None:
    with pytest.raises(ModelError, match="ended before it was complete") as caught:
        feed(chunk(content="a"), is_done=False)
    assert caught.value.kind == "stream"
    assert caught.value.is_retryable


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("length", "incomplete"),
        ("model_length", "incomplete"),
        ("content_filter", "content_filter"),
        ("error", "server"),
    ],
)
def test_a_reason_that_is_a_failure_is_an_error(reason: str, kind: str) -> None:
    with pytest.raises(ModelError) as caught:
        feed(chunk(content="a"), chunk(reason))
    assert (caught.value.kind, caught.value.phase) == (kind, "stream")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": {"message": "boom", "type": "server_error"}}, "server"),
        ({"error": {"message": "boom", "code": 429}}, "rate_limit"),
        (
            {"error": {"message": "boom", "code": 400, "type": "invalid_request_error"}},
            "bad_request",
        ),
        ({"error": "boom"}, "server"),
        ({"object": "error", "message": "boom", "code": 40001}, "server"),
    ],
)
def test_an_error_in_the_stream_is_raised_with_the_servers_words(
    error: dict[str, Any], kind: str
) -> None:
    with pytest.raises(ModelError, match="boom") as caught:
        feed(chunk(content="a"), error)
    assert caught.value.kind == kind


def test_shapes_that_make_no_sense_are_passed_over() -> None:
    assert feed(
        {},
        {"choices": None},
        {"choices": [None, {"delta": None}, {"delta": {"tool_calls": [None, "x"]}}]},
        chunk(content=None, tool_calls=None, reasoning=5),
    ) == [Completed("", None)]


def test_call_ids_of_the_conversation_are_not_given_again() -> None:
    decoder = ChatDecoder(frozenset({"call_0"}))
    function = {"name": "shell", "arguments": "{}"}
    decoder.feed(
        chunk("tool_calls", tool_calls=[{"index": 0, "id": "call_0", "function": function}])
    )
    (done, _) = decoder.finish(is_done=True)
    assert isinstance(done, ItemDone)
    assert isinstance(done.item, FunctionCall)
    assert done.item.call_id != "call_0"
