"""ModelClient against an OpenAI-compatible server from another project."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from codex.model.event import Completed, ItemDone, ResponseEvent, TextDelta
from codex.net.failure import RequestError
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    Message,
    ModelText,
    Reasoning,
    ResponseItem,
)
from codex.protocol.settings import ModelSettings, WireApi
from tests.support.model.clients import WIRES, ask, make_client, make_prompt, user
from tests.support.model.fake_model import Call, Reply, Text, Usage
from tests.support.model.fake_model import Reasoning as Thought
from tests.support.third_party.litellm import ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.model.client import ModelClient
    from tests.support.third_party.litellm import ThirdPartyServer


@contextmanager
def client_of(server: ThirdPartyServer, model: str, wire: WireApi) -> Iterator[ModelClient]:
    settings = ModelSettings(model=model)
    with closing(make_client(server.base_url, wire, settings=settings)) as client:
        yield client


def items(events: list[ResponseEvent]) -> list[ResponseItem]:
    return [event.item for event in events if isinstance(event, ItemDone)]


def test_an_answer_of_its_own_making_is_streamed(third_party_server: ThirdPartyServer) -> None:
    model = third_party_server.scripted_model
    with client_of(third_party_server, model, WireApi.CHAT) as client:
        events = ask(client)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 1
    assert "".join(pieces) == ANSWER
    (message,) = items(events)
    assert isinstance(message, Message)
    assert message.text == ANSWER
    assert isinstance(events[-1], Completed)
    assert events[-1].usage is not None
    assert events[-1].usage.output_tokens > 0


@pytest.mark.parametrize("wire", WIRES)
def test_a_conversation_with_a_tool_goes_through_it_on_both_wires(
    wire: WireApi, third_party_server: ThirdPartyServer
) -> None:
    upstream = third_party_server.upstream
    call = Call("shell", {"command": ["ls", "-l"]}, "call_abc")
    upstream.add(
        Reply.of(Thought("Hm."), Text("Looking at it."), call, usage=Usage(input=9, output=4)),
        Reply.text("Two files."),
    )
    with client_of(third_party_server, third_party_server.relay_model, wire) as client:
        first = ask(client)
    message, function_call = [item for item in items(first) if not isinstance(item, Reasoning)]
    assert message == Message("assistant", (ModelText("Looking at it."),))
    assert function_call == FunctionCall("shell", call.json, "call_abc")
    assert isinstance(first[-1], Completed)
    assert first[-1].usage is not None
    assert (first[-1].usage.input_tokens, first[-1].usage.output_tokens) == (9, 4)

    output = FunctionCallOutput("call_abc", "a.txt\nb.txt")
    prompt = make_prompt(user("hi"), message, function_call, output)
    with client_of(third_party_server, third_party_server.relay_model, wire) as client:
        (last,) = items(ask(client, prompt))
    assert isinstance(last, Message)
    assert last.text == "Two files."
    sent = upstream.requests[-1].body["messages"]
    assert [message["role"] for message in sent][:2] == ["system", "user"]
    assert sent[-1]["role"] == "tool"
    assert sent[-1]["tool_call_id"] == "call_abc"
    assert sent[-1]["content"] == "a.txt\nb.txt"


@pytest.mark.parametrize("wire", WIRES)
def test_a_refusal_comes_through_it_as_what_it_is(
    wire: WireApi, third_party_server: ThirdPartyServer
) -> None:
    refusal = Reply.error(400, "This model's maximum context length is 8192 tokens")
    third_party_server.upstream.add(refusal)
    model = third_party_server.relay_model
    with (
        client_of(third_party_server, model, wire) as client,
        pytest.raises(RequestError, match="maximum context length") as caught,
    ):
        ask(client)
    assert caught.value.kind == "context_length"
