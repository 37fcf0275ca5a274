"""What every request carries besides the conversation, and which items of that are sent."""

from __future__ import annotations

import msgspec
import pytest

from codex.config.types import Config
from codex.core.notify import Notifier
from codex.core.prompt import base_instructions, build_prompt, combine_user_text
from codex.core.session import Session
from codex.core.tools.offered import APPLY_PATCH
from codex.model.client import ModelClient
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    Message,
    Reasoning,
    SummaryText,
    TextPart,
)
from codex.protocol.policy import READ_ONLY, AskForApproval, SandboxPolicy
from codex.rollout.writer import unrecorded
from tests.support.engine import fake_config
from tests.support.hosts import make_host


def make_session(config: Config) -> Session:
    host = make_host()
    return Session(
        session_id="id",
        config=config,
        host=host,
        client=ModelClient(config.provider, config.model, host),
        notifier=Notifier((), "/"),
        put=lambda _: None,
        instructions="whole",
        post=lambda _: None,
        rollout=unrecorded(),
    )


CONFIG = fake_config("http://h/v1", "/work")


@pytest.mark.parametrize("approval", AskForApproval)
def test_the_instructions_say_where_the_model_is_and_what_it_may(approval: AskForApproval) -> None:
    config = msgspec.structs.replace(CONFIG, approval_policy=approval, sandbox_policy=READ_ONLY)
    text = base_instructions(config, roots=(), user_text=None)
    assert "- Working directory: /work\n- Sandbox: read-only; network blocked\n" in text
    assert text.endswith("\n")
    assert "- Approval: " in text


def test_the_users_text_stands_last_and_the_base_prompt_can_be_replaced() -> None:
    policy = SandboxPolicy(can_write_cwd=True, can_use_network=True)
    config = msgspec.structs.replace(CONFIG, base_instructions="BASE", sandbox_policy=policy)
    text = base_instructions(config, roots=("/work",), user_text="be brief")
    assert text.startswith("BASE\n# Where you are\n")
    assert "workspace-write [/work] with network; network allowed" in text
    assert text.endswith("\nbe brief")


@pytest.mark.parametrize(
    ("instructions", "docs", "expected"),
    [
        (None, None, None),
        ("a", None, "a"),
        (None, "b", "b"),
        ("a", "b", "a\n\n--- project-doc ---\n\nb"),
    ],
)
def test_instructions_and_documents_are_one_text(
    instructions: str | None, docs: str | None, expected: str | None
) -> None:
    assert combine_user_text(instructions, docs) == expected


def test_reasoning_goes_back_only_when_it_is_sealed() -> None:
    session = make_session(CONFIG)
    open_, sealed = Reasoning(summary=(SummaryText("s"),)), Reasoning(encrypted_content="e")
    hello = Message("user", (TextPart("hi"),))
    session.transcript.record([hello, open_, sealed])
    prompt = build_prompt(session, (APPLY_PATCH,))
    assert prompt.items == (hello, sealed)
    assert (prompt.instructions, prompt.tools, prompt.session_id) == ("whole", (APPLY_PATCH,), "id")
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
    items = build_prompt(session, ()).items
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
    prompt = build_prompt(session, ())
    assert prompt.is_stored
    assert (prompt.items, prompt.previous_response_id) == ((second,), "resp_1")
