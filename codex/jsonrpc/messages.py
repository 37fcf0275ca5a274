"""JSON-RPC 2.0 as MCP uses it, sans-IO: bytes -> lines -> messages, and messages -> lines.

A line that is not a message becomes an `InvalidMessage`, which a server answers and a client
reports; parsing never raises. A batch is split into its messages. Must not read, write, wait, or
know any method.
Source: the JSON-RPC 2.0 specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError
from codex.base.jsonio import dumps, loads

if TYPE_CHECKING:
    from codex.protocol.items import Json

RpcId = int | str

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

MAX_LINE_BYTES = 64 * 1024 * 1024
"""Longest line; a longer one is dropped while it arrives, so that it takes up no memory."""

SAMPLE_CHARS = 60


class RpcRequest(NamedTuple):
    """A call that expects a response."""

    id: RpcId
    method: str
    params: Json


class RpcNotification(NamedTuple):
    """A call that expects no response."""

    method: str
    params: Json


class RpcResponse(NamedTuple):
    """The response to a request that succeeded."""

    id: RpcId
    result: Json


class RpcFailure(NamedTuple):
    """The response to a request that failed."""

    id: RpcId | None
    """Id of the request; None if the peer could not read it."""
    code: int
    message: str
    data: Json = None


class InvalidMessage(NamedTuple):
    """A line, or an element of a batch, that is not a message."""

    id: RpcId | None
    """Id that it gives; None if it gives none that is valid."""
    code: int
    """Code of the error response to it."""
    message: str
    """What is wrong with it."""


RpcMessage = RpcRequest | RpcNotification | RpcResponse | RpcFailure


class RpcError(CodexError):
    """An error response to a request: one that the peer has sent, or one to send to it."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class LineBuffer:
    """Splits chunks of bytes into lines, in linear time; drops those over `max_line_bytes`."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._pieces: list[bytes] = []
        self._bytes = 0
        self.dropped_count = 0
        """Number of lines dropped as too long, including one that has not ended yet."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, stripped; blank and dropped ones are omitted."""
        *ended, rest = chunk.split(b"\n")
        lines = [line for piece in ended if (line := self._whole(piece).strip())]
        self._keep(rest)
        return lines

    def _whole(self, piece: bytes) -> bytes:
        self._keep(piece)
        is_too_long = self._bytes > self._max_line_bytes
        line = b"" if is_too_long else b"".join(self._pieces)
        self._pieces.clear()
        self._bytes = 0
        return line

    def _keep(self, piece: bytes) -> None:
        was_too_long = self._bytes > self._max_line_bytes
        self._bytes += len(piece)
        if self._bytes > self._max_line_bytes:
            self.dropped_count += not was_too_long
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)


def parse_messages(line: bytes | str) -> list[RpcMessage | InvalidMessage]:
    """Return the message of one line, or those of its batch; an InvalidMessage for a bad one."""
    try:
        value = loads(line)
    except ValueError as error:
        return [InvalidMessage(None, PARSE_ERROR, f"not JSON: {error}: {_sample(line)}")]
    if isinstance(value, list):
        if not value:
            return [InvalidMessage(None, INVALID_REQUEST, "an empty batch")]
        return [_message(item) for item in value]
    return [_message(value)]


def _sample(line: bytes | str) -> str:
    """Return the beginning of a line that is not JSON, quoted for an error message."""
    start = line[:SAMPLE_CHARS]
    text = start.decode("utf-8", "replace") if isinstance(start, bytes) else start
    return repr(text) + ("..." if len(line) > SAMPLE_CHARS else "")


def _message(value: Json) -> RpcMessage | InvalidMessage:
    if not isinstance(value, dict):
        return InvalidMessage(None, INVALID_REQUEST, "a message must be an object")
    given = value.get("id")
    is_id = isinstance(given, str | int) and not isinstance(given, bool)
    message_id: RpcId | None = given if is_id else None
    if "method" in value:
        return _call(value, message_id)
    if isinstance(error := value.get("error"), dict):
        code, text = error.get("code"), error.get("message")
        return RpcFailure(
            message_id,
            code if isinstance(code, int) else INTERNAL_ERROR,
            text if isinstance(text, str) else "an error without a message",
            error.get("data"),
        )
    if "result" in value and message_id is not None:
        return RpcResponse(message_id, value["result"])
    return InvalidMessage(message_id, INVALID_REQUEST, "neither a request nor a response")


def _call(value: dict[str, Json], message_id: RpcId | None) -> RpcMessage | InvalidMessage:
    method, params = value["method"], value.get("params")
    if not isinstance(method, str):
        return InvalidMessage(message_id, INVALID_REQUEST, "`method` must be a string")
    if params is not None and not isinstance(params, dict | list):
        return InvalidMessage(message_id, INVALID_REQUEST, "`params` must be an object or an array")
    if "id" not in value:
        return RpcNotification(method, params)
    if message_id is None:
        return InvalidMessage(None, INVALID_REQUEST, "`id` must be a string or an integer")
    return RpcRequest(message_id, method, params)


def encode_message(message: RpcMessage) -> bytes:
    """Return the message as one line without its newline, omitting `params` or `data` of None."""
    value: dict[str, Json] = {"jsonrpc": "2.0"}
    match message:
        case RpcRequest(message_id, method, params):
            value |= {"id": message_id, "method": method}
            if params is not None:
                value["params"] = params
        case RpcNotification(method, params):
            value["method"] = method
            if params is not None:
                value["params"] = params
        case RpcResponse(message_id, result):
            value |= {"id": message_id, "result": result}
        case RpcFailure(message_id, code, text, data):
            error = {"code": code, "message": text}
            if data is not None:
                error["data"] = data
            value |= {"id": message_id, "error": error}
    return dumps(value)
