"""Build the next request: the system text, and the transcript's items that are sent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.base.jsonio import loads
from codex.model.prompt import Prompt, ToolSpec
from codex.protocol.items import FunctionCall, Reasoning, ResponseItem

if TYPE_CHECKING:
    from codex.core.session import Session
    from codex.core.setup import Setup


def build_prompt(session: Session, setup: Setup, tools: tuple[ToolSpec, ...]) -> Prompt:
    """Return the next request of a session: system text, tools and the items still to be sent."""
    pending = session.transcript.pending(is_stored=setup.is_stored)
    return Prompt(
        instructions=setup.instructions,
        items=tuple(_sendable(item) for item in pending.items if _is_sent(item)),
        tools=tools,
        previous_response_id=pending.previous_response_id,
        is_stored=setup.is_stored,
        session_id=session.session_id,
    )


def _is_sent(item: ResponseItem) -> bool:
    # Only encrypted reasoning is sent back: the server that encrypted it continues from it.
    return not isinstance(item, Reasoning) or item.encrypted_content is not None


def _sendable(item: ResponseItem) -> ResponseItem:
    """Return the item to send; malformed arguments become `{}`, since local servers refuse them."""
    if not isinstance(item, FunctionCall):
        return item
    try:
        is_object = isinstance(loads(item.arguments), dict)
    except ValueError:
        is_object = False
    return item if is_object else msgspec.structs.replace(item, arguments="{}")
