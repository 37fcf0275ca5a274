"""Which items of the conversation a request carries, and in what form."""

from __future__ import annotations

import msgspec
import pytest

from codex.config.types import Config
from codex.core.prompt import build_prompt
from codex.core.session import Session
from codex.core.setup import make_setup
from codex.core.tools.apply_patch import APPLY_PATCH_TOOL
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    Message,
    Reasoning,
    SummaryText,
    TextPart,
)
from codex.rollout.writer import unrecorded
from tests.support.engine import fake_config
from tests.support.hosts import make_host


def make_session(config: Config) -> Session:
    setup = msgspec.structs.replace(make_setup(config, make_host(), None), instructions="whole")
    return Session(session_id="id", setup=setup, put=lambda _: None, rollout=unrecorded())


CONFIG = fake_config("http://h/v1", "/work")


def test_reasoning_goes_back_only_when_it_is_sealed() -> None:
    session = make_session(CONFIG)
    open_, sealed = Reasoning(summary=(SummaryText("s"),)), Reasoning(encrypted_content="e")
    hello = Message("user", (TextPart("hi"),))
    session.transcript.record([hello, open_, sealed])
    tools = (APPLY_PATCH_TOOL.spec,)
    prompt = build_prompt(session, session.setup, tools)
    assert prompt.items == (hello, sealed)
    assert (prompt.instructions, prompt.tools, prompt.session_id) == ("whole", tools, "id")
    assert not prompt.is_stored


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        ('{"a":', "{}"),
        ("[1]", "{}"),
        ("[" * 300 + "]" * 300, "{}"),
    ],
)
def test_arguments_that_are_no_object_go_back_as_an_empty_one(arguments: str, sent: str) -> None:
    session = make_session(CONFIG)
    session.transcript.record([FunctionCall("x", arguments, "c"), FunctionCallOutput("c", "o")])
    items = build_prompt(session, session.setup, ()).items
    assert items == (FunctionCall("x", sent, "c"), FunctionCallOutput("c", "o"))


def test_a_stored_conversation_sends_only_what_is_new() -> None:
    config = msgspec.structs.replace(
        CONFIG, provider=msgspec.structs.replace(CONFIG.provider, is_openai=True)
    )
    session = make_session(config)
    first, second = Message("user", (TextPart("1"),)), Message("user", (TextPart("2"),))
    session.transcript.record([first])
    session.transcript.acknowledge("resp_1")
    session.transcript.record([second])
    prompt = build_prompt(session, session.setup, ())
    assert prompt.is_stored
    assert (prompt.items, prompt.previous_response_id) == ((second,), "resp_1")
