"""HTTP requests of one MCP session: address, headers, connections, and what a refusal means.

Must not know what the messages mean. Tokens are in headers only, never in a text.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from typing import TYPE_CHECKING

from codex import __version__
from codex.base.cancel import Cancel
from codex.base.errors import CodexError
from codex.jsonrpc.messages import RpcFailure, encode_message, parse_messages
from codex.net.address import basic_authorization, parse_url
from codex.net.failure import RequestError
from codex.net.http import HttpClient
from codex.net.tls import TrustSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.jsonrpc.messages import RpcMessage
    from codex.net.address import Address
    from codex.net.http import HttpAnswer
    from codex.protocol.settings import McpServer

CONNECT_S = 15.0
GOODBYE_S = 0.5
"""How long a server may take to hear that the session is over."""
LONGEST_SILENCE_S = 24 * 3600.0
"""The longest silence of a stream on which nothing need come, and of an answer: whoever asked for
it has a time-out of his own."""
MAX_BODY_BYTES = 64 * 1024 * 1024
_MIN_SECRET_CHARS = 8
NO_OAUTH = "Logging in (OAuth) is not supported."


class SessionLostError(RequestError):
    """The server does not know the session any more."""


class Link:
    """One session's way to its server. Usable from any thread."""

    def __init__(self, settings: McpServer, environ: Mapping[str, str]) -> None:
        """Raises: CodexError, when the address or a header cannot be used."""
        self._environ = environ
        self.address = parse_url(settings.url or "", ("http", "https"), what="url")
        self._own_headers = own_headers(settings, environ, self.address.userinfo)
        self._token_variable = settings.bearer_token_env_var
        self.session_id: str | None = None
        self.version: str | None = None
        """Of the protocol, once agreed upon."""
        self._lock = threading.Lock()
        self._idle: dict[float, list[HttpClient]] = {}
        """By their time-out."""
        self._is_closed = False

    def send(
        self, message: RpcMessage, cancel: Cancel, *, timeout_s: float, to: Address | None = None
    ) -> HttpAnswer:
        """Post a message; the head of the answer, whatever its status.

        Args: timeout_s: to that head. to: an address other than the session's.
        Raises: RequestError. Interrupted.
        """
        body = encode_message(message)
        headers = self._headers()
        return self._request("POST", to or self.address, headers, cancel, timeout_s, body)

    def listen(self, last_event_id: str | None, cancel: Cancel) -> HttpAnswer:
        """Open a stream, or one again; its head.

        Raises: RequestError. Interrupted.
        """
        headers = {**self._headers(), "Accept": "text/event-stream"}
        del headers["Content-Type"]
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        answer = self._request("GET", self.address, headers, cancel, LONGEST_SILENCE_S)
        answer.set_timeout(LONGEST_SILENCE_S)
        return answer

    def checked(self, answer: HttpAnswer) -> HttpAnswer:
        """The same answer, of a server that did what was asked.

        Raises: RequestError.
        """
        if not 200 <= answer.status < 300:
            raise self.refusal(answer)
        if session_id := answer.headers.get("mcp-session-id"):
            self.session_id = session_id
        return answer

    def refusal(self, answer: HttpAnswer) -> RequestError:
        """What an answer that is no success means."""
        words = ""
        try:
            words = _words_of(read_all(answer))
        except RequestError as broken:
            words = broken.message
        finally:
            answer.discard()
        if answer.status == 404 and self.session_id is not None:
            return SessionLostError("the server has forgotten the session", kind="protocol")
        text = f'"{self.address}" answered {answer.status} {answer.reason}'.rstrip()
        advice = None
        if 300 <= answer.status < 400:
            to = answer.headers.get("location", "").partition("?")[0]
            text += f", a redirection to {to!r}"
            advice = "Redirections are not followed: set url to the final address."
        elif answer.status in (401, 403):
            advice = self._advice()
        error = RequestError(
            f"{text}: {words}" if words else text, kind="protocol", phase="request", advice=advice
        )
        error.hide(self._secrets())
        return error

    def body(self, answer: HttpAnswer) -> bytes:
        """All of an answer.

        Raises: RequestError, when it breaks off or is too large. Interrupted.
        """
        try:
            body = read_all(answer)
        except BaseException:
            answer.discard()
            raise
        self.release(answer)
        return body

    def release(self, answer: HttpAnswer) -> None:
        """All that is wanted has been read: its connection may serve another message."""
        answer.release()
        with self._lock:
            if not self._is_closed:
                self._idle.setdefault(answer.client.header_timeout_s, []).append(answer.client)
                return
        answer.client.close()

    def close(self) -> None:
        """End the session: the server may forget it."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, {}
        for client in itertools.chain(*idle.values()):
            client.close()
        if self.session_id is None:
            return
        client = self._new_client(GOODBYE_S, GOODBYE_S)
        with contextlib.suppress(CodexError):
            client.request("DELETE", self.address, self._headers(), Cancel()).discard()
        self.session_id = None
        client.close()

    def _request(
        self,
        method: str,
        address: Address,
        headers: dict[str, str],
        cancel: Cancel,
        timeout_s: float,
        body: bytes | None = None,
    ) -> HttpAnswer:
        with self._lock:
            idle = self._idle.get(timeout_s)
            client = idle.pop() if idle else None
        client = client or self._new_client(CONNECT_S, timeout_s)
        return client.request(method, address, headers, cancel, body=body)

    def _new_client(self, connect_s: float, header_s: float) -> HttpClient:
        return HttpClient(
            self._environ, TrustSettings(), connect_timeout_s=connect_s, header_timeout_s=header_s
        )

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": f"codex/{__version__}",
        }
        if self.session_id is not None:
            headers["Mcp-Session-Id"] = self.session_id
        if self.version is not None:
            headers["MCP-Protocol-Version"] = self.version
        return headers | self._own_headers

    def _advice(self) -> str:
        if self._token_variable is None:
            return f"Name a variable with a token in bearer_token_env_var. {NO_OAUTH}"
        return f"The server does not take the token in `{self._token_variable}`. {NO_OAUTH}"

    def _secrets(self) -> tuple[str, ...]:
        """What a server may repeat, but a text must not: "Bearer x" and "x"."""
        values = list(self._own_headers.values())
        words = [*values, *(value.partition(" ")[2] for value in values)]
        return tuple(word for word in words if len(word) >= _MIN_SECRET_CHARS)


def own_headers(
    settings: McpServer, environ: Mapping[str, str], userinfo: str | None
) -> dict[str, str]:
    """The user's token and headers.

    Raises: CodexError, when the token's variable is not set.
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
        if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
            raise CodexError(f"the header {name!r} holds characters that no HTTP header may have")
    return headers


def read_all(answer: HttpAnswer) -> bytes:
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
    for message in parse_messages(body) if body.strip() else ():
        if isinstance(message, RpcFailure):
            return message.message
    return " ".join(body[:300].decode("utf-8", "replace").split())
