"""The methods of codex as an MCP server, and the tool calls in progress.

Unknown methods, malformed messages and failed calls get a response too.
Source: the MCP specification, 2024-11-05 to 2025-11-25.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import msgspec

from codex import __version__
from codex.base.cancel import Cancel
from codex.base.errors import CodexError
from codex.jsonrpc.messages import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    InvalidMessage,
    RpcError,
)
from codex.jsonrpc.peer import Peer
from codex.mcp.client import PROTOCOL_VERSIONS
from codex.mcp_server.run import Call, Caller, CallOutcome
from codex.mcp_server.tools import (
    CODEX,
    REPLY,
    CodexArguments,
    ReplyArguments,
    overrides_of,
    tool_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.jsonrpc.messages import RpcId, RpcMessage, RpcNotification, RpcRequest
    from codex.mcp_server.sessions import HostedSession, Sessions
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

INSTRUCTIONS = (
    "codex runs a coding agent in a folder until its task is done; codex-reply continues the same "
    "session. While the agent works, its events arrive as codex/event notifications."
)


class CodexServer:
    """The MCP server that codex is for one client."""

    def __init__(
        self,
        send: Callable[[RpcMessage], None],
        sessions: Sessions,
    ) -> None:
        self._peer = Peer(send, self)
        self._sessions = sessions
        self._lock = threading.Lock()
        self._calls: dict[RpcId, Cancel] = {}
        """Cancels of the tool calls in progress, by the ids of their requests."""
        self._call_count = 0
        self._threads: list[threading.Thread] = []
        self._is_initialized = False
        self._is_closed = False
        self._can_be_asked = False

    def receive(self, message: RpcMessage | InvalidMessage) -> None:
        """Process one message from the client."""
        if isinstance(message, InvalidMessage):
            self._peer.refuse(message.id, RpcError(message.code, message.message))
        else:
            self._peer.receive(message)

    def close(self) -> None:
        """Stop every tool call, end every session, and wait until all have ended."""
        with self._lock:
            self._is_closed = True
            calls, threads = list(self._calls.values()), list(self._threads)
        for cancel in calls:
            cancel.set()
        self._sessions.close()
        for thread in threads:
            thread.join()

    # The methods of the Peer's Handler.

    def on_request(self, request: RpcRequest) -> None:
        """Answer a request, or start the tool call whose thread will answer it.

        Raises: RpcError, if the request is refused.
        """
        match request.method:
            case "ping":
                self._peer.answer(request.id, {})
            case "initialize":
                self._peer.answer(request.id, self._initialize(request.params))
            case _ if not self._is_initialized:
                raise RpcError(INVALID_REQUEST, "not initialized: send `initialize` first")
            case "tools/list":
                self._peer.answer(request.id, {"tools": tool_list()})
            case "tools/call":
                self._start_call(request)
            case method:
                raise RpcError(METHOD_NOT_FOUND, f"there is no method '{method}'")

    def on_notification(self, notification: RpcNotification) -> None:
        """Cancel a tool call if the client asks for it."""
        params = notification.params
        if notification.method == "notifications/cancelled" and isinstance(params, dict):
            request_id = params.get("requestId")
            with self._lock:
                cancel = self._calls.get(request_id) if isinstance(request_id, str | int) else None
            if cancel is not None:
                cancel.set()

    def on_abandoned(self, request_id: RpcId, _method: str, reason: str) -> None:
        """Tell the client to cancel a request of ours whose response is no longer needed."""
        self._peer.notify("notifications/cancelled", {"requestId": request_id, "reason": reason})

    def _initialize(self, params: Json) -> dict[str, Json]:
        if self._is_initialized:
            raise RpcError(INVALID_REQUEST, "initialize called more than once")
        if not isinstance(params, dict) or not isinstance(params.get("protocolVersion"), str):
            raise RpcError(INVALID_PARAMS, "`protocolVersion` must be a string")
        capabilities = params.get("capabilities")
        self._can_be_asked = isinstance(capabilities, dict) and _takes_forms(
            capabilities.get("elicitation")
        )
        self._is_initialized = True
        wanted = params["protocolVersion"]
        return {
            "protocolVersion": wanted if wanted in PROTOCOL_VERSIONS else PROTOCOL_VERSIONS[0],
            "capabilities": {"tools": {}},
            "serverInfo": {
                "name": "codex-mcp-server",
                "title": "Codex",
                "version": __version__,
            },
            "instructions": INSTRUCTIONS,
        }

    def _start_call(self, request: RpcRequest) -> None:
        params = request.params
        if not isinstance(params, dict) or not isinstance(params.get("name"), str):
            raise RpcError(INVALID_PARAMS, "`name` must be a string")
        name, arguments = params["name"], params.get("arguments")
        if name not in (CODEX, REPLY):
            raise RpcError(INVALID_PARAMS, f"unknown tool '{name}'; there are {CODEX} and {REPLY}")
        meta = params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        caller = Caller(request.id, token, self._can_be_asked, Cancel())
        with self._lock:
            if request.id in self._calls:
                raise RpcError(INVALID_REQUEST, f"a call with the id {request.id!r} is under way")
            if self._is_closed:
                raise RpcError(INTERNAL_ERROR, "the server is ending")
            # The call can be cancelled from here on.
            self._calls[request.id] = caller.cancel
            self._call_count += 1
            thread = threading.Thread(
                target=self._run_call,
                args=(caller, name, arguments),
                name=f"mcp-call-{self._call_count}",
                daemon=True,
            )
            self._threads = [*(old for old in self._threads if old.is_alive()), thread]
            thread.start()

    # What follows runs in the thread of a tool call.

    def _run_call(self, caller: Caller, name: str, arguments: Json) -> None:
        try:
            result = self._result(caller, name, arguments)
        except Exception as error:
            logger.debug("call %s failed", caller.request_id, exc_info=True)
            result = _tool_result(_internal(error), None)
        finally:
            with self._lock:
                del self._calls[caller.request_id]
        if result is not None:
            self._peer.answer(caller.request_id, result)

    def _result(self, caller: Caller, name: str, arguments: Json) -> Json:
        """Run a tool call; return its result, or None if the client has cancelled the call."""
        try:
            session, prompt = self._prepare(name, arguments)
        except CodexError as error:
            failed = CallOutcome(str(error), is_error=True)
            return None if self._is_cancelled(caller) else _tool_result(failed, None)
        try:
            outcome = Call(self._peer, caller, session, prompt).run()
        finally:
            self._sessions.release(session)
        if outcome is None and not self._is_cancelled(caller):
            outcome = CallOutcome("the server ended before the task did", is_error=True)
        return None if outcome is None else _tool_result(outcome, session.session_id)

    def _is_cancelled(self, caller: Caller) -> bool:
        """Whether the client, not `close`, cancelled the call, which then gets no response."""
        return caller.cancel.is_set() and not self._is_closed

    def _prepare(self, name: str, arguments: Json) -> tuple[HostedSession, str]:
        """Claim the session for a tool call; return the session and the user's message.

        Raises: CodexError.
        """
        if arguments is None:
            raise CodexError(f"the arguments of '{name}' are missing; `prompt` is required")
        try:
            if name == CODEX:
                wanted = msgspec.convert(arguments, CodexArguments)
                return self._sessions.begin(wanted, overrides_of(wanted)), wanted.prompt
            reply = msgspec.convert(arguments, ReplyArguments)
        except msgspec.ValidationError as error:
            raise CodexError(f"cannot read the arguments of '{name}': {error}") from error
        if reply.session_id is None:
            raise CodexError(f"cannot read the arguments of '{REPLY}': `threadId` is missing")
        return self._sessions.find(reply.session_id), reply.prompt


def _takes_forms(elicitation: Json) -> bool:
    """Whether a client can show forms to its user, the only mode before MCP 2025-11-25."""
    return isinstance(elicitation, dict) and (not elicitation or "form" in elicitation)


def _internal(error: Exception) -> CallOutcome:
    return CallOutcome(f"internal error: {type(error).__name__}: {error}", is_error=True)


def _tool_result(outcome: CallOutcome, session_id: str | None) -> dict[str, Json]:
    """Return a CallToolResult that matches the tools' outputSchema, even for a failed call."""
    structured: dict[str, Json] = {"content": outcome.text}
    if session_id is not None:
        structured["threadId"] = session_id
    result: dict[str, Json] = {
        "content": [{"type": "text", "text": outcome.text}],
        "structuredContent": structured,
    }
    return result | ({"isError": True} if outcome.is_error else {})
