"""HTTP requests of one MCP session: address, headers, connections, and errors for refused ones.

Must not know what the messages mean. Tokens appear in headers only, never in an error's text.
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
    from codex.net.http import HttpResponse
    from codex.protocol.settings import McpServer

CONNECT_S = 15.0
GOODBYE_S = 0.5
"""Time limit for connecting to a server to end the session, and again for its response."""
LONGEST_SILENCE_S = 24 * 3600.0
"""Longest silence of a stream, which may stay idle, and of a response, since the caller that waits
for it has a time-out of its own."""
MAX_BODY_BYTES = 64 * 1024 * 1024
_MIN_SECRET_CHARS = 8
NO_OAUTH = "Logging in (OAuth) is not supported."


class SessionLostError(RequestError):
    """The server no longer knows the session."""


class Link:
    """Sends one session's HTTP requests. Every method may be called from any thread."""

    def __init__(self, settings: McpServer, environ: Mapping[str, str]) -> None:
        """Raises: CodexError, if the address or a header cannot be used."""
        self._environ = environ
        self.address = parse_url(settings.url or "", ("http", "https"), what="url")
        self._own_headers = own_headers(settings, environ, self.address.userinfo)
        self._token_variable = settings.bearer_token_env_var
        self.session_id: str | None = None
        """Id of the session; None if the server has given it none."""
        self.version: str | None = None
        """Version of the protocol; None until the handshake has agreed on it."""
        self._lock = threading.Lock()
        self._idle: dict[float, list[HttpClient]] = {}
        """Idle HTTP clients by their time-out for headers, in seconds."""
        self._is_closed = False

    def send(
        self, message: RpcMessage, cancel: Cancel, *, timeout_s: float, to: Address | None = None
    ) -> HttpResponse:
        """Send a message by POST; return the response once its headers arrive, whatever its status.

        Args: timeout_s: time limit for the headers. to: address to use instead of the session's.
        Raises: RequestError. Interrupted.
        """
        body = encode_message(message)
        headers = self._headers()
        return self._request("POST", to or self.address, headers, cancel, timeout_s, body)

    def listen(self, last_event_id: str | None, cancel: Cancel) -> HttpResponse:
        """Ask for a stream by GET, or for its rest after `last_event_id`; return the response.

        Its status may be a refusal, which `checked` raises.
        Raises: RequestError. Interrupted.
        """
        headers = {**self._headers(), "Accept": "text/event-stream"}
        del headers["Content-Type"]
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        response = self._request("GET", self.address, headers, cancel, LONGEST_SILENCE_S)
        response.set_timeout(LONGEST_SILENCE_S)
        return response

    def checked(self, response: HttpResponse) -> HttpResponse:
        """Return a response whose status is a success, and store the session id that it names.

        Raises: RequestError, for any other status, once the body is read. Interrupted.
        """
        if not 200 <= response.status < 300:
            raise self.refusal(response)
        if session_id := response.headers.get("mcp-session-id"):
            self.session_id = session_id
        return response

    def refusal(self, response: HttpResponse) -> RequestError:
        """Read and discard a response whose status is not a success; return the error for it.

        In a session, the status 404 becomes a SessionLostError. Raises: Interrupted.
        """
        words = ""
        try:
            words = _words_of(read_all(response))
        except RequestError as broken:
            words = broken.message
        finally:
            response.discard()
        if response.status == 404 and self.session_id is not None:
            return SessionLostError("the server has forgotten the session", kind="protocol")
        text = f'"{self.address}" answered {response.status} {response.reason}'.rstrip()
        advice = None
        if 300 <= response.status < 400:
            to = response.headers.get("location", "").partition("?")[0]
            text += f", a redirection to {to!r}"
            advice = "Redirections are not followed: set url to the final address."
        elif response.status in (401, 403):
            advice = self._advice()
        error = RequestError(
            f"{text}: {words}" if words else text, kind="protocol", phase="request", advice=advice
        )
        error.hide(self._secrets())
        return error

    def body(self, response: HttpResponse) -> bytes:
        """Return the complete body of a response, and release the response.

        Raises: RequestError, if the body ends early or exceeds MAX_BODY_BYTES. Interrupted.
        """
        try:
            body = read_all(response)
        except BaseException:
            response.discard()
            raise
        self.release(response)
        return body

    def release(self, response: HttpResponse) -> None:
        """Stop reading a response, without blocking; another message may reuse its connection."""
        response.release()
        with self._lock:
            if not self._is_closed:
                self._idle.setdefault(response.client.header_timeout_s, []).append(response.client)
                return
        response.client.close()

    def close(self) -> None:
        """Close the idle connections, and tell the server that the session is over."""
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
    ) -> HttpResponse:
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
            return (
                "Set bearer_token_env_var to the name of an environment variable that holds a "
                f"token. {NO_OAUTH}"
            )
        return f"The server does not accept the token in `{self._token_variable}`. {NO_OAUTH}"

    def _secrets(self) -> tuple[str, ...]:
        """Return what an error must not repeat: each configured header's value ("Bearer x"), and
        what follows its first space ("x"). Texts under _MIN_SECRET_CHARS are left out.
        """
        values = list(self._own_headers.values())
        words = [*values, *(value.partition(" ")[2] for value in values)]
        return tuple(word for word in words if len(word) >= _MIN_SECRET_CHARS)


def own_headers(
    settings: McpServer, environ: Mapping[str, str], userinfo: str | None
) -> dict[str, str]:
    """Return the headers that the user configured for a server, with the token among them.

    Raises: CodexError, if the token's variable is not set, or a header cannot be sent.
    """
    headers: dict[str, str] = {}
    if userinfo:
        headers["Authorization"] = basic_authorization(userinfo)
    if variable := settings.bearer_token_env_var:
        token = environ.get(variable, "").strip()
        if not token:
            raise CodexError(
                f"the environment variable `{variable}`, which holds its token, is not set"
            )
        headers["Authorization"] = f"Bearer {token}"
    headers |= settings.http_headers
    for name, variable in settings.env_http_headers.items():
        if value := environ.get(variable, "").strip():
            headers[name] = value
    for name, value in headers.items():
        if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
            raise CodexError(f"the header {name!r} has characters that are not allowed in a header")
    return headers


def read_all(response: HttpResponse) -> bytes:
    """Return the complete body of a response.

    Raises: RequestError, if the body ends early or exceeds MAX_BODY_BYTES. Interrupted.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := response.read():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise RequestError(
                f"the response has more than {MAX_BODY_BYTES:,} bytes", kind="protocol"
            )
        pieces.append(piece)
    return b"".join(pieces)


def _words_of(body: bytes) -> str:
    """Return a refusal's error message as sent, else its body's first 300 bytes as one line."""
    for message in parse_messages(body) if body.strip() else ():
        if isinstance(message, RpcFailure):
            return message.message
    return " ".join(body[:300].decode("utf-8", "replace").split())
