"""The transcript: all messages, tool calls and outputs of a session, which each request sends.

Pure state without I/O. One thread owns it at a time: the task thread while a task runs, the session
thread between tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.protocol.items import FunctionCall, FunctionCallOutput, ResponseItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ABORTED = "aborted"
"""Output that the model gets for a tool call that was interrupted before it had one."""


class Pending(NamedTuple):
    """The content of the next request."""

    items: tuple[ResponseItem, ...]
    previous_response_id: str | None
    """Id of the server's response that `items` follow; None if they are the whole transcript."""


class Transcript:
    """The items of a session in order, and how many of them the server already has."""

    def __init__(
        self,
        items: Iterable[ResponseItem] = (),
        *,
        on_record: Callable[[ResponseItem], None] | None = None,
    ) -> None:
        """Args: items: items of an old conversation. on_record: called with each added item."""
        self._items: list[ResponseItem] = list(items)
        self._on_record = on_record
        self._known_count = 0
        self._response_id: str | None = None

    @property
    def items(self) -> tuple[ResponseItem, ...]:
        """All items so far, oldest first."""
        return tuple(self._items)

    def record(self, items: Iterable[ResponseItem]) -> None:
        """Add items, and pass each to `on_record`."""
        for item in items:
            self._items.append(item)
            if self._on_record is not None:
                self._on_record(item)

    def open_calls(self) -> tuple[FunctionCall, ...]:
        """Return the tool calls without an output, in order."""
        answered = {item.call_id for item in self._items if isinstance(item, FunctionCallOutput)}
        return tuple(
            item
            for item in self._items
            if isinstance(item, FunctionCall) and item.call_id not in answered
        )

    def close_open_calls(self) -> None:
        """Record the output "aborted" for every call without one: servers refuse such a call."""
        self.record(FunctionCallOutput(call.call_id, ABORTED) for call in self.open_calls())

    def pending(self, *, is_stored: bool) -> Pending:
        """Return all items or, if the server stores responses, only those that it lacks.

        Args: is_stored: whether the server stores responses.
        """
        if is_stored and self._response_id is not None:
            return Pending(tuple(self._items[self._known_count :]), self._response_id)
        return Pending(self.items, None)

    def acknowledge(self, response_id: str) -> None:
        """Note that the server has a complete response, and with it all items recorded so far.

        Args: response_id: id of the response; empty if the server gave none.
        """
        self._known_count = len(self._items)
        self._response_id = response_id or None

    @property
    def has_server_state(self) -> bool:
        """Whether the next request may refer to a response that the server keeps."""
        return self._response_id is not None

    def forget_server_state(self) -> None:
        """Make the next request send all items: the server lost the response or was replaced."""
        self._known_count = 0
        self._response_id = None
