"""ModelClients under test, and prompts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex.base.cancel import Cancel
from codex.model.client import ModelClient
from codex.model.prompt import Prompt, ToolSpec
from codex.protocol.items import Message, TextPart
from codex.protocol.settings import ModelProvider, ModelSettings, WireApi
from tests.support.hosts import make_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.model.event import ResponseEvent
    from codex.protocol.items import ResponseItem

WIRES = tuple(WireApi)
SHELL = ToolSpec(
    name="shell",
    description="Run a command.",
    parameters={"type": "object", "properties": {"command": {"type": "array"}}},
)


def user(text: str) -> Message:
    """Return a message of the user."""
    return Message("user", (TextPart(text),))


def make_prompt(*items: ResponseItem, **members: Any) -> Prompt:
    """Return a prompt with one tool; without items, the user says hi."""
    return Prompt(
        **{
            "instructions": "Be brief.",
            "tools": (SHELL,),
            **members,
            "items": items or (user("hi"),),
        }
    )


def make_client(
    base_url: str,
    wire_api: WireApi = WireApi.RESPONSES,
    *,
    environ: Mapping[str, str] | None = None,
    settings: ModelSettings | None = None,
    **provider: Any,
) -> ModelClient:
    """Return a client of a keyless provider; `provider` holds fields of ModelProvider."""
    members = {"name": "test", "base_url": base_url, "wire_api": wire_api, **provider}
    return ModelClient(
        ModelProvider(**members), settings or ModelSettings(model="m"), make_host(environ=environ)
    )


def ask(client: ModelClient, prompt: Prompt | None = None) -> list[ResponseEvent]:
    """Send a prompt; return the events of the response."""
    cancel = Cancel()
    try:
        with client.stream(prompt or make_prompt(), cancel) as stream:
            return list(stream)
    finally:
        cancel.close()
