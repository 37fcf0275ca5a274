"""The older HTTP transport of MCP 2024-11-05: one stream carries everything that the server sends.

The stream's first event names the address for messages to the server, which are sent by POST. The
owner runs `read` in a thread.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from codex.base.errors import CodexError
from codex.jsonrpc.messages import parse_messages
from codex.net.address import parse_url
from codex.net.failure import RequestError
from codex.net.sse import SseParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.cancel import Cancel
    from codex.jsonrpc.messages import InvalidMessage, RpcMessage
    from codex.mcp.link import Link
    from codex.net.address import Address


class OlderStream:
    """The stream of a server's messages, and the address for messages to the server."""

    def __init__(
        self,
        link: Link,
        receive: Callable[[RpcMessage | InvalidMessage], None],
        ended: Callable[[str], None],
    ) -> None:
        self._link = link
        self._receive = receive
        self._ended = ended
        self._outcomes: SimpleQueue[CodexError | None] = SimpleQueue()
        self.endpoint: Address | None = None
        """Address for messages to the server; None until the server has named it."""

    def is_found(self, cancel: Cancel) -> bool:
        """Wait until the server names its endpoint; return False if the stream ends before that.

        Raises: CodexError, if the endpoint is on another server. Interrupted.
        """
        forget = cancel.on_set(lambda: self._outcomes.put(None))
        try:
            error = self._outcomes.get()
        finally:
            forget()
        cancel.check()
        if error is not None and self.endpoint is None and not isinstance(error, RequestError):
            raise error
        return self.endpoint is not None

    def read(self, cancel: Cancel) -> None:
        """Pass on the server's messages until the stream ends, then report the end."""
        try:
            self._pump(cancel)
            reason = "the server closed its stream"
        except CodexError as error:
            reason = str(error)
            self._outcomes.put(error)
        self._outcomes.put(RequestError(reason, kind="stream"))
        if self.endpoint is not None:
            self._ended(reason)

    def _pump(self, cancel: Cancel) -> None:
        parser = SseParser()
        response = self._link.checked(self._link.listen(None, cancel))
        try:
            while piece := response.read():
                for event in parser.feed_events(piece):
                    if event.name == "endpoint":
                        self.endpoint = self._address(event.data)
                        self._outcomes.put(None)
                    elif event.data.strip():
                        for message in parse_messages(event.data):
                            self._receive(message)
        finally:
            response.discard()

    def _address(self, endpoint: str) -> Address:
        """Return the address that `endpoint`, a relative or absolute URL, names.

        Raises: CodexError, if it is on another server, which must not get the user's token.
        """
        own = self._link.address
        url = urljoin(own.origin + own.target, endpoint)
        address = parse_url(url, ("http", "https"), what="the server's endpoint")
        if address.origin != own.origin:
            raise CodexError(f'the server names an endpoint on another server, "{address.origin}"')
        return address
