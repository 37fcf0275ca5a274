"""A stream of JSON-RPC messages in server-sent events, over successive connections. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.jsonrpc.messages import RpcFailure, RpcResponse, parse_messages
from codex.net.sse import SseParser

if TYPE_CHECKING:
    from codex.jsonrpc.messages import InvalidMessage, RpcId, RpcMessage

PAUSE_S = 0.2
"""Pause before a stream is reconnected, unless the server names another."""
LONGEST_PAUSE_S = 30.0


class MessageStream:
    """Decodes the bytes of one stream's successive connections into messages."""

    def __init__(self, wanted: RpcId | None) -> None:
        """Args: wanted: id of the request whose response ends the stream; None if there is none."""
        self._wanted = wanted
        self._parser = SseParser()
        self._pause_s = PAUSE_S
        self.last_event_id: str | None = None
        """Id of the event after which the stream can be resumed; None if it cannot."""
        self.is_answered = False
        """Whether the response to `wanted` has arrived."""

    def feed(self, piece: bytes) -> list[RpcMessage | InvalidMessage]:
        """Return the messages that `piece` completes.

        Raises: RequestError, if a message is too large.
        """
        events = self._parser.feed_events(piece)
        if self._parser.last_event_id is not None:
            self.last_event_id = self._parser.last_event_id
        if self._parser.retry_ms is not None:
            self._pause_s = min(self._parser.retry_ms / 1000, LONGEST_PAUSE_S)
        messages: list[RpcMessage | InvalidMessage] = []
        for event in events:
            # An event without data carries only its id, and the pause before reconnecting.
            if event.name == "message" and event.data.strip():
                messages += parse_messages(event.data)
        for message in messages:
            if isinstance(message, RpcResponse | RpcFailure) and message.id == self._wanted:
                self.is_answered = self._wanted is not None
        return messages

    def pause_s(self) -> float:
        """Prepare for the next connection; return the seconds to wait before it."""
        self._parser = SseParser()
        return self._pause_s
