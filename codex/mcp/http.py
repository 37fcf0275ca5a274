"""A server behind an address: streamable HTTP, and the older HTTP with server-sent events.

What is sent goes through one queue in its order. A notification is delivered before what follows
it; a request gets a thread of its own, `mcp-NAME-call`, that reads its answer - one JSON document,
or a stream that may carry other messages first and is resumed when it breaks. A further thread
listens for what the server sends of its own accord, where it does.
Source: the MCP specification, "Transports" (2025-11-25, and 2024-11-05 for the older one).
"""

from __future__ import annotations

import contextlib
import logging
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from codex import __version__
from codex.cancel import Cancel
from codex.errors import CodexError, Interrupted
from codex.mcp.jsonrpc import INTERNAL_ERROR, Failure, Request, encode, parse
from codex.mcp.peer import PeerGoneError
from codex.net.address import basic_authorization, parse_url
from codex.net.failure import RequestError
from codex.net.http import HttpClient
from codex.net.sse import SseParser
from codex.net.tls import TrustSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex.mcp.jsonrpc import Id, Invalid, Message
    from codex.net.address import Address
    from codex.net.http import Answer
    from codex.protocol.settings import McpServer

logger = logging.getLogger(__name__)

CONNECT_S = 15.0
NOTIFY_S = 10.0
"""How long a server may take to accept a notification."""
CLOSE_S = 1.0
"""How long it may take to hear that the session is over."""
STREAM_S = 24 * 3600.0
"""The longest silence of a stream on which nothing need come."""
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_RESUMES = 5
RESUME_S = 0.2
"""The pause before a stream is resumed, unless the server names one."""
LONGEST_RESUME_S = 10.0
OLDER = (400, 404, 405)
"""How servers of the older transport answer a POST to the address of their stream."""


class _Reply(NamedTuple):
    """Where the older transport's answers come from: its one stream."""

    post_to: Address


class HttpTransport:
    """One session with a server."""

    name = "http"

    def __init__(
        self,
        server: str,
        settings: McpServer,
        environ: Mapping[str, str],
        *,
        answer_timeout_s: float,
    ) -> None:
        """`answer_timeout_s`: from a request sent to the first byte of its answer.

        Raises: CodexError, when the address or a header cannot be used.
        """
        self._server = server
        self._environ = environ
        self._answer_timeout_s = answer_timeout_s
        self._address = parse_url(settings.url or "", ("http", "https"), what="url")
        self._own_headers = _own_headers(settings, environ, self._address.userinfo)
        self._session_id: str | None = None
        self._version: str | None = None
        self._older: _Reply | None = None
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._idle: list[HttpClient] = []
        self._outgoing: SimpleQueue[Message | None] = SimpleQueue()
        self._receive: Callable[[Message | Invalid], None] = lambda _: None
        self._ended: Callable[[str], None] = lambda _: None
        self._threads: list[threading.Thread] = []

    def start(
        self, receive: Callable[[Message | Invalid], None], ended: Callable[[str], None]
    ) -> None:
        """Begin to send; nothing goes out before the first message."""
        self._receive, self._ended = receive, ended
        self._run(self._deliver, name=f"mcp-{self._server}")

    def send(self, message: Message) -> None:
        """Leave a message for the server.

        Raises: PeerGoneError, when the session is over.
        """
        if self._cancel.is_set():
            raise PeerGoneError(f"the MCP server '{self._server}' is not connected")
        self._outgoing.put(message)

    def agreed(self, protocol_version: str) -> None:
        """Name the version from now on, and listen to what the server sends by itself."""
        self._version = protocol_version
        if self._older is None:
            self._run(self._listen, name=f"mcp-{self._server}-listen")

    def begin_close(self) -> None:
        """Break off whatever is under way."""
        if not self._cancel.is_set():
            self._cancel.set()
            self._outgoing.put(None)

    def close(self) -> None:
        """End the session; the server hears of it if it answers at once."""
        is_first = not self._cancel.is_set()
        self.begin_close()
        with self._lock:
            threads, self._threads = self._threads, []
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(CLOSE_S)
        if is_first or threads:
            self._say_goodbye()
        with self._lock:
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()

    def _run(self, target: Callable[[], None], *, name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        with self._lock:
            self._threads = [old for old in self._threads if old.is_alive()]
            self._threads.append(thread)
        thread.start()

    # The thread that sends.

    def _deliver(self) -> None:
        while (message := self._outgoing.get()) is not None:
            if self._cancel.is_set():
                return
            if isinstance(message, Request):
                self._run(self._exchange_of(message), name=f"mcp-{self._server}-call")
            else:
                self._exchange(message)

    def _exchange_of(self, request: Request) -> Callable[[], None]:
        return lambda: self._exchange(request)

    def _exchange(self, message: Message) -> None:
        """Send one message and take what is answered to it."""
        try:
            self._post(message)
        except Interrupted:
            return
        except CodexError as error:
            if isinstance(message, Request):
                text = f"{error}"
                self._receive(Failure(message.id, INTERNAL_ERROR, text))
            else:
                logger.debug("%s: a message was not delivered: %s", self._server, error)

    def _post(self, message: Message) -> None:
        older = self._older
        address = older.post_to if older is not None else self._address
        timeout_s = self._answer_timeout_s if isinstance(message, Request) else NOTIFY_S
        client = self._client(timeout_s)
        answer = client.request(
            "POST", address, self._headers(), self._cancel, body=encode(message)
        )
        is_first = isinstance(message, Request) and message.method == "initialize"
        if older is None and is_first and answer.status in OLDER:
            answer.discard()
            self._connect_older(message)
            return
        self._check(answer)
        if session_id := answer.headers.get("mcp-session-id"):
            self._session_id = session_id
        wanted = message.id if isinstance(message, Request) and older is None else None
        self._take(answer, wanted)
        self._keep(client)

    def _take(self, answer: Answer, wanted: Id | None) -> None:
        """Take what an answer carries; resume it while `wanted` has not come."""
        answer.set_timeout(self._answer_timeout_s)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            body = _read_all(answer)
            answer.release()
            for message in parse(body) if body.strip() else ():
                self._receive(message)
            return
        stream = _Stream(wanted)
        for _ in range(MAX_RESUMES + 1):
            self._pump(answer, stream)
            if wanted is None or stream.is_answered or stream.last_event_id is None:
                break
            if self._cancel.wait(stream.pause_s()):
                raise Interrupted
            answer = self._resume(stream.last_event_id)
        if wanted is not None and not stream.is_answered:
            raise RequestError("the stream ended before the answer came", kind="stream")

    def _pump(self, answer: Answer, stream: _Stream) -> None:
        """Hand on every message of a stream, up to its end or break."""
        try:
            while piece := answer.read():
                for message in stream.feed(piece):
                    self._receive(message)
                    if stream.is_answered:
                        answer.discard()
                        return
        except RequestError as error:
            logger.debug("%s: a stream broke: %s", self._server, error)
        answer.discard()

    def _resume(self, last_event_id: str | None) -> Answer:
        headers = {**self._headers(), "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        client = self._client(self._answer_timeout_s)
        answer = client.request("GET", self._address, headers, self._cancel)
        self._check(answer)
        answer.set_timeout(STREAM_S)
        return answer

    # The thread that listens.

    def _listen(self) -> None:
        """What the server sends by itself, as long as it has a stream for that."""
        stream = _Stream(None)
        with contextlib.suppress(CodexError):
            for _ in range(MAX_RESUMES + 1):
                answer = self._resume(stream.last_event_id)
                self._pump(answer, stream)
                if self._cancel.wait(stream.pause_s()):
                    return

    # The older transport.

    def _connect_older(self, first: Message) -> None:
        """Open its stream, learn where to post, and send the first message again."""
        endpoints: SimpleQueue[str | CodexError] = SimpleQueue()
        self._run(lambda: self._read_older(endpoints), name=f"mcp-{self._server}-listen")
        try:
            endpoint = endpoints.get(timeout=self._answer_timeout_s)
        except Empty:
            raise RequestError("the server named no endpoint in time", kind="timeout") from None
        if isinstance(endpoint, CodexError):
            raise endpoint
        from urllib.parse import urljoin

        url = urljoin(self._address.origin + self._address.target, endpoint)
        address = parse_url(url, ("http", "https"), what="the server's endpoint")
        if address.origin != self._address.origin:
            raise RequestError(
                f'the server names an endpoint elsewhere, at "{address.origin}"', kind="protocol"
            )
        self.name = "sse"
        self._older = _Reply(address)
        self._post(first)

    def _read_older(self, endpoints: SimpleQueue[str | CodexError]) -> None:
        parser = SseParser()
        try:
            answer = self._resume(None)
            while piece := answer.read():
                for event in parser.feed_events(piece):
                    if event.name == "endpoint":
                        endpoints.put(event.data)
                        continue
                    for message in parse(event.data):
                        self._receive(message)
            answer.discard()
            reason = "the server closed its stream"
        except CodexError as error:
            reason = str(error)
        endpoints.put(RequestError(reason, kind="stream"))
        if self._older is not None:
            self._ended(reason)

    def _check(self, answer: Answer) -> None:
        """Raises: RequestError, when the server refuses."""
        if 200 <= answer.status < 300:
            return
        text = _words_of(_read_all(answer))
        answer.discard()
        if answer.status == 404 and self._session_id is not None:
            self._session_id = None
            reason = "the server has forgotten the session"
            self._ended(reason)
            raise RequestError(reason, kind="stream")
        advice = None
        if answer.status in (401, 403):
            advice = "Name a variable with a token in bearer_token_env_var of the server."
        told = f": {text}" if text else ""
        raise RequestError(
            f'"{self._address}" answered {answer.status} {answer.reason}{told}'.rstrip(),
            kind="protocol",
            phase="request",
            advice=advice,
        )

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": f"codex/{__version__}",
        }
        if self._session_id is not None:
            headers["Mcp-Session-Id"] = self._session_id
        if self._version is not None:
            headers["MCP-Protocol-Version"] = self._version
        return headers | self._own_headers

    def _client(self, header_timeout_s: float) -> HttpClient:
        """A client that nobody else uses now."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return HttpClient(
            self._environ,
            TrustSettings(),
            connect_timeout_s=CONNECT_S,
            header_timeout_s=header_timeout_s,
        )

    def _keep(self, client: HttpClient) -> None:
        with self._lock:
            if not self._cancel.is_set():
                self._idle.append(client)
                return
        client.close()

    def _say_goodbye(self) -> None:
        if self._session_id is None:
            return
        client = HttpClient(
            self._environ,
            TrustSettings(),
            connect_timeout_s=CLOSE_S,
            header_timeout_s=CLOSE_S,
        )
        with contextlib.suppress(CodexError):
            client.request("DELETE", self._address, self._headers(), Cancel()).discard()
        self._session_id = None
        client.close()


class _Stream:
    """One stream of messages, over as many connections as it takes."""

    def __init__(self, wanted: Id | None) -> None:
        self._wanted = wanted
        self._parser = SseParser()
        self.last_event_id: str | None = None
        self.is_answered = False

    def feed(self, piece: bytes) -> list[Message | Invalid]:
        """The messages that `piece` completes."""
        messages: list[Message | Invalid] = []
        for event in self._parser.feed_events(piece):
            messages += parse(event.data)
        self.last_event_id = self._parser.last_event_id
        for message in messages:
            if not hasattr(message, "method") and getattr(message, "id", None) == self._wanted:
                self.is_answered = self._wanted is not None
        return messages

    def pause_s(self) -> float:
        """The time to wait before it is resumed."""
        retry_ms, self._parser = self._parser.retry_ms, SseParser()
        pause_s = RESUME_S if retry_ms is None else retry_ms / 1000
        return min(pause_s, LONGEST_RESUME_S)


def _own_headers(
    settings: McpServer, environ: Mapping[str, str], userinfo: str | None
) -> dict[str, str]:
    """Key and headers of the user's.

    Raises: CodexError, when the key's variable is not set.
    """
    headers: dict[str, str] = {}
    if userinfo:
        headers["Authorization"] = basic_authorization(userinfo)
    if variable := settings.bearer_token_env_var:
        token = environ.get(variable, "").strip()
        if not token:
            raise CodexError(f"the environment variable `{variable}`, its token, is not set")
        headers["Authorization"] = f"Bearer {token}"
    headers |= settings.http_headers
    for name, variable in settings.env_http_headers.items():
        if value := environ.get(variable, "").strip():
            headers[name] = value
    for name, value in headers.items():
        if not (name.isascii() and value.isascii() and value.isprintable()):
            raise CodexError(f"the header {name!r} holds characters that no HTTP header may have")
    return headers


def _read_all(answer: Answer) -> bytes:
    """A whole body.

    Raises: RequestError, when it breaks off or is too large.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise RequestError(
                f"the answer has more than {MAX_BODY_BYTES:,} bytes", kind="protocol"
            )
        pieces.append(piece)
    return b"".join(pieces)


def _words_of(body: bytes) -> str:
    """What a refusal says, in one line."""
    for message in parse(body) if body.strip() else ():
        if isinstance(message, Failure):
            return message.message
    return " ".join(body[:300].decode("utf-8", "replace").split())
