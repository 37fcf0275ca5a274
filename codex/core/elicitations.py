"""Elicitations: questions that MCP servers ask the user.

A question may come from any thread; it waits here until the session thread delivers the answer.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from codex.base.errors import CodexError
from codex.protocol.events import ElicitationRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.mcp.client import ServerQuestion
    from codex.protocol.events import EventMsg
    from codex.protocol.items import Json
    from codex.protocol.ops import ElicitationAnswer


def defaults_of(schema: Json) -> dict[str, Json]:
    """Return the default values in the JSON schema of a question, by member name."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return {
        name: property_["default"]
        for name, property_ in (properties if isinstance(properties, dict) else {}).items()
        if isinstance(property_, dict) and "default" in property_
    }


class Elicitations:
    """The open questions of MCP servers."""

    def __init__(self, emit: Callable[[EventMsg], None], *, can_ask: Callable[[], bool]) -> None:
        """Args: can_ask: whether the user may be asked; if not, a question is declined."""
        self._emit = emit
        self._can_ask = can_ask
        self._lock = threading.Lock()
        self._open: dict[str, ServerQuestion] = {}
        self._count = 0

    def ask(self, server: str, question: ServerQuestion) -> None:
        """Show an MCP server's question to the user, or decline it if the user may not be asked.

        Any thread may call this; it does not wait for the answer.
        """
        if not self._can_ask():
            question.answer({"action": "decline"})
            return
        with self._lock:
            self._count += 1
            question_id = f"elicitation-{self._count}"
            self._open[question_id] = question
        self._emit(
            ElicitationRequest(
                id=question_id, server=server, message=question.message, schema=question.schema
            )
        )

    def answer(self, op: ElicitationAnswer) -> None:
        """Send the user's answer to the MCP server that asked, with defaults for missing members.

        The content is not compared with the schema.

        Raises: CodexError, if the action is unknown or no question is waiting for the answer.
        """
        if op.action not in ("accept", "decline", "cancel"):
            raise CodexError(
                f"cannot answer with '{op.action}': expected accept, decline or cancel"
            )
        with self._lock:
            question = self._open.pop(op.id, None)
        if question is None:
            raise CodexError(f"no question '{op.id}' is waiting for an answer")
        result: dict[str, Json] = {"action": op.action}
        if op.action == "accept":
            result["content"] = defaults_of(question.schema) | (op.content or {})
        question.answer(result)
