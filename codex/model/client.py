"""ModelClient: sends prompts to one provider, and returns a stream of ResponseEvents for each.

One call of `stream` is one attempt; the caller decides whether to try again (retry.py). This module
serves both wire APIs: chat.py and responses.py make the request bodies and decode the events.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from codex.base.jsonio import dumps, loads, loads_leniently
from codex.model.retry import ModelError
from codex.net.failure import RequestError
from codex.protocol.items import FunctionCall
from codex.protocol.settings import ModelProvider, ModelSettings, WireApi

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from codex.base.cancel import Cancel
    from codex.base.host import Host
    from codex.model.event import ResponseEvent
    from codex.model.prompt import Prompt
    from codex.net.http import HttpClient
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

END_GRACE_S = 5.0
"""Longest wait for `[DONE]` or the token counts after the rest of the response has arrived."""
DONE = ("[DONE]", "DONE")
MAX_ERROR_BYTES = 256 * 1024
FIXTURE_VARIABLE = "CODEX_RS_SSE_FIXTURE"
"""Environment variable with the path of a file of events, read instead of a server's response.

With the wire API Chat Completions it has no effect: requests are sent.
"""


class Decoder(Protocol):
    """Decodes one streamed response, on either wire API."""

    may_end: bool
    """Whether the response is complete if the stream ends now."""

    def feed(self, event: dict[str, Json]) -> list[ResponseEvent]:
        """Return the ResponseEvents of one event of the stream.

        Raises: ModelError, if the server reports a failure, or ended the response early.
        """

    def finish(self, *, is_done: bool) -> list[ResponseEvent]:
        """Handle the end of the stream; return the last ResponseEvents.

        Args: is_done: whether `[DONE]` ended the stream.
        Raises: ModelError, if the response is not complete.
        """


class ByteSource(Protocol):
    """The source of a stream's bytes: an HTTP response or a file."""

    def read(self) -> bytes:
        """Wait for the next bytes and return them; b"" at the end."""

    def set_timeout(self, timeout_s: float) -> None:
        """Set the longest silence that `read` accepts from now on."""

    def release(self) -> None:
        """Stop reading a complete response, without blocking; its connection may be reused."""

    def discard(self) -> None:
        """Stop reading before the response is complete, and close its connection."""


class ModelClient:
    """Sends the requests of one session, one stream at a time."""

    def __init__(self, provider: ModelProvider, settings: ModelSettings, host: Host) -> None:
        self._provider = provider
        self._settings = settings
        self._host = host
        self._http: HttpClient | None = None
        self._asks_usage = True

    def stream(self, prompt: Prompt, cancel: Cancel) -> ModelStream:
        """Send one request; return the stream of its response once the headers have arrived.

        If the server refuses the option that asks for token counts, send it again without.
        Raises: Interrupted. RequestError, if it cannot be sent, gets no response or is refused.
        """
        fixture = self._host.environ.get(FIXTURE_VARIABLE)
        if fixture and self._provider.wire_api is WireApi.RESPONSES:
            return ModelStream(_Fixture(fixture), self._decoder(prompt))
        try:
            return self._attempt(prompt, cancel)
        except ModelError as error:
            is_refused = error.kind == "bad_request" and "stream_options" in error.message
            if not (is_refused and self._asks_usage):
                raise
        # Mistral and some gateways refuse the option that asks for token counts.
        self._asks_usage = False
        return self._attempt(prompt, cancel)

    def close(self) -> None:
        """Close the idle connection that the next request would reuse."""
        if self._http is not None:
            self._http.close()

    def _attempt(self, prompt: Prompt, cancel: Cancel) -> ModelStream:
        from codex.model.failure import advice_for, http_failure
        from codex.model.headers import request_headers
        from codex.net.address import endpoint

        provider, environ = self._provider, self._host.environ
        path, body = self._request(prompt)
        address = endpoint(provider.base_url, path, provider.query_params)
        headers = request_headers(provider, environ, userinfo=address.userinfo)
        if self._http is None:
            self._http = http_client(provider, environ)
        response = self._http.request("POST", address, headers.fields, cancel, body=dumps(body))
        response.set_timeout(provider.stream_idle_timeout_ms / 1000)
        if 200 <= response.status < 300:
            return ModelStream(response, self._decoder(prompt), headers.secrets)
        try:
            text = _read_all(response)
        finally:
            response.discard()
        error = http_failure(
            where=str(address),
            status=response.status,
            reason=response.reason,
            headers=response.headers,
            body=text,
            now=self._host.clock(),
        )
        error.advice = advice_for(error.kind, provider)
        error.hide(headers.secrets)
        raise error

    def _request(self, prompt: Prompt) -> tuple[str, dict[str, Json]]:
        """Return the path of the request below the base URL, and its body."""
        if self._provider.wire_api is WireApi.RESPONSES:
            from codex.model.responses import RESPONSES_PATH, responses_body

            return RESPONSES_PATH, responses_body(prompt, self._settings, self._provider)
        from codex.model.chat import CHAT_PATH, chat_body

        asks_usage = self._asks_usage
        return CHAT_PATH, chat_body(prompt, self._settings, self._provider, asks_usage=asks_usage)

    def _decoder(self, prompt: Prompt) -> Decoder:
        if self._provider.wire_api is WireApi.RESPONSES:
            from codex.model.responses import ResponsesDecoder

            return ResponsesDecoder()
        from codex.model.chat import ChatDecoder

        calls = (item.call_id for item in prompt.items if isinstance(item, FunctionCall))
        return ChatDecoder(frozenset(calls))


def http_client(provider: ModelProvider, environ: Mapping[str, str]) -> HttpClient:
    """Return an HTTP client for one provider, with its certificates and time-outs."""
    from codex.net.http import HttpClient
    from codex.net.tls import TrustSettings

    return HttpClient(
        environ,
        TrustSettings(provider.ca_certificate, provider.client_certificate, provider.client_key),
        connect_timeout_s=provider.connect_timeout_ms / 1000,
        header_timeout_s=provider.header_timeout_ms / 1000,
    )


class ModelStream:
    """The events of one response, as they arrive; Completed is the last. A context manager.

    The stream ends when the response is complete, even if the connection stays open. Leaving the
    context earlier closes the connection.
    """

    def __init__(self, source: ByteSource, decoder: Decoder, secrets: tuple[str, ...] = ()) -> None:
        self._source: ByteSource | None = source
        self._decoder = decoder
        self._secrets = secrets
        self._events = self._read()

    def __iter__(self) -> Iterator[ResponseEvent]:
        return self

    def __next__(self) -> ResponseEvent:
        """Wait for the next event, and return it.

        Raises: Interrupted. RequestError, if the connection fails. ModelError, if the server
            reports a failure, or the response ends before it is complete.
        """
        try:
            return next(self._events)
        except RequestError as error:
            error.hide(self._secrets)
            raise

    def close(self) -> None:
        """Stop reading; close the connection if the response is not complete."""
        self._events.close()
        self._end(is_whole=False)

    def __enter__(self) -> ModelStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, *, is_whole: bool) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.release() if is_whole else source.discard()

    def _read(self) -> Generator[ResponseEvent, None, None]:
        from codex.model.event import Completed

        for event in self._decoded():
            if isinstance(event, Completed):
                # Release the connection before the yield: the caller may never ask for more.
                self._end(is_whole=True)
                yield event
                return
            yield event

    def _decoded(self) -> Iterator[ResponseEvent]:
        from codex.net.sse import SseParser

        parser = SseParser()
        is_first = True
        while piece := self._next_piece():
            if is_first:
                self._check_is_stream(piece)
                is_first = False
            for data in parser.feed(piece):
                yield from self._decode(data)
        for data in parser.finish():
            yield from self._decode(data)
        yield from self._decoder.finish(is_done=False)

    def _decode(self, data: str) -> list[ResponseEvent]:
        if data.strip() in DONE:
            return self._decoder.finish(is_done=True)
        event = _parse(data)
        if not isinstance(event, dict):
            logger.debug("%d characters of stream data are not a JSON object", len(data))
            return []
        return self._decoder.feed(event)

    def _next_piece(self) -> bytes:
        """Return the next bytes; b"" at the end, or if nothing follows a complete response."""
        if self._source is None:
            return b""
        if not self._decoder.may_end:
            return self._source.read()
        self._source.set_timeout(END_GRACE_S)
        try:
            return self._source.read()
        except RequestError:
            return b""

    def _check_is_stream(self, piece: bytes) -> None:
        """Raise ModelError if the body is a JSON document or a web page instead of a stream."""
        from codex.model.failure import ServerError, event_failure, parse_body, tidy

        if self._source is None or not piece.lstrip().startswith((b"{", b"[", b"<")):
            return
        body = parse_body(piece + _read_all(self._source))
        if isinstance(body, dict) and body.get("error"):
            raise event_failure(body)
        text = ServerError(body).message or tidy(str(body))
        raise ModelError(f"the server did not answer with a stream: {text}", kind="protocol")


class _Fixture:
    """A file with one event per line, which replaces the server in offline tests."""

    def __init__(self, path: str) -> None:
        try:
            with open(path, "rb") as file:
                self._content = b"".join(line + b"\n\n" for line in file.read().splitlines())
        except OSError as error:
            raise ModelError(
                f'cannot read "{path}" (named by {FIXTURE_VARIABLE}): {error.strerror}',
                kind="config",
                phase="request",
            ) from error

    def read(self) -> bytes:
        content, self._content = self._content, b""
        return content

    def set_timeout(self, timeout_s: float) -> None:
        """Do nothing: a file is never silent."""

    def release(self) -> None:
        """Do nothing: the file is closed already."""

    def discard(self) -> None:
        """Do nothing: the file is closed already."""


def _read_all(source: ByteSource) -> bytes:
    """Return the rest of an error's body, up to MAX_ERROR_BYTES or so, or until a read fails."""
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < MAX_ERROR_BYTES:
        try:
            piece = source.read()
        except RequestError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def _parse(data: str) -> Json:
    """Return an event's data, parsed as JSON that may hold lone surrogates; None if it is none."""
    for read in (loads, loads_leniently):
        try:
            return read(data)
        except ValueError:
            continue
    return None
