"""The methods of the server: who may call them when, and the calls that are under way.

Everything is answered: an unknown method, a broken message and a failed call too.
Source: the MCP specification, 2024-11-05 to 2025-11-25; spec/mcp.md, part B.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import msgspec

from codex import __version__
from codex.errors import CodexError
from codex.mcp.client import PROTOCOL_VERSIONS
from codex.mcp.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    Invalid,
    RpcError,
)
from codex.mcp.peer import Peer
from codex.mcp_server.run import Call, Caller, Conversation, Outcome
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

    from codex.config.overrides import Overrides
    from codex.config.types import Config
    from codex.mcp.jsonrpc import Id, Message, Notification, Request
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

INSTRUCTIONS = (
    "codex runs a coding agent in a folder until its task is done; codex-reply goes on with the "
    "same session. What it does meanwhile comes as codex/event notifications."
)


class Server:
    """One client's server."""

    def __init__(
        self,
        send: Callable[[Message], None],
        load: Callable[[Overrides], Config],
        open_conversation: Callable[[Config], Conversation],
    ) -> None:
        self._peer = Peer(send, self)
        self._load = load
        self._open = open_conversation
        self._lock = threading.Lock()
        self._conversations: list[Conversation] = []
        self._calls: dict[Id, Call] = {}
        self._call_count = 0
        self._threads: list[threading.Thread] = []
        self._is_initialized = False
        self._is_closed = False
        self._can_be_asked = False

    def receive(self, message: Message | Invalid) -> None:
        """Take one message of the client."""
        if isinstance(message, Invalid):
            self._peer.refuse(message.id, RpcError(message.code, message.message))
        else:
            self._peer.receive(message)

    def close(self) -> None:
        """Stop every call and end every session."""
        with self._lock:
            self._is_closed = True
            calls, conversations = list(self._calls.values()), list(self._conversations)
            threads = list(self._threads)
        self._peer.close("the client is gone")
        for call in calls:
            call.cancel.set()
        for conversation in conversations:
            conversation.close()
        for thread in threads:
            thread.join()

    # The Handler of our Peer.

    def on_request(self, request: Request) -> None:
        """Answer a request, or start the call that will."""
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

    def on_notification(self, notification: Notification) -> None:
        """Heed what concerns a call."""
        params = notification.params
        if notification.method == "notifications/cancelled" and isinstance(params, dict):
            with self._lock:
                call = self._calls.get(params.get("requestId", ""))
            if call is not None:
                call.cancel.set()

    def _initialize(self, params: Json) -> dict[str, Json]:
        if self._is_initialized:
            raise RpcError(INVALID_REQUEST, "initialize called more than once")
        if not isinstance(params, dict) or not isinstance(params.get("protocolVersion"), str):
            raise RpcError(INVALID_PARAMS, "`protocolVersion` must be a string")
        capabilities = params.get("capabilities")
        self._can_be_asked = isinstance(capabilities, dict) and "elicitation" in capabilities
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

    def _start_call(self, request: Request) -> None:
        params = request.params
        if not isinstance(params, dict) or not isinstance(params.get("name"), str):
            raise RpcError(INVALID_PARAMS, "`name` must be a string")
        name, arguments = params["name"], params.get("arguments")
        if name not in (CODEX, REPLY):
            raise RpcError(INVALID_PARAMS, f"unknown tool '{name}'; there are {CODEX} and {REPLY}")
        meta = params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        caller = Caller(request.id, token, self._can_be_asked)
        with self._lock:
            if self._is_closed:
                return
            self._call_count += 1
            thread = threading.Thread(
                target=self._run_call,
                args=(caller, name, arguments),
                name=f"mcp-call-{self._call_count}",
                daemon=True,
            )
            self._threads = [old for old in self._threads if old.is_alive()]
            self._threads.append(thread)
        thread.start()

    # What follows runs in the thread of a call.

    def _run_call(self, caller: Caller, name: str, arguments: Json) -> None:
        try:
            conversation, prompt = self._prepare(name, arguments)
            try:
                self._work(caller, conversation, prompt)
            finally:
                conversation.release()
        except CodexError as error:
            self._answer(caller.request_id, Outcome(str(error), is_error=True), None)
        except Exception as error:
            logger.debug("call %s failed", caller.request_id, exc_info=True)
            text = f"internal error: {type(error).__name__}: {error}"
            self._peer.refuse(caller.request_id, RpcError(INTERNAL_ERROR, text))

    def _work(self, caller: Caller, conversation: Conversation, prompt: str) -> None:
        call = Call(self._peer, caller, conversation, prompt)
        with self._lock:
            self._calls[caller.request_id] = call
            if self._is_closed:
                call.cancel.set()
        try:
            outcome = call.run()
        finally:
            with self._lock:
                del self._calls[caller.request_id]
        if outcome is not None:
            self._answer(caller.request_id, outcome, conversation.session_id)

    def _prepare(self, name: str, arguments: Json) -> tuple[Conversation, str]:
        """The session a call is about, taken for it, and the user's message.

        Raises: CodexError.
        """
        if arguments is None:
            raise CodexError(f"the arguments of '{name}' are missing; `prompt` is required")
        try:
            if name == REPLY:
                reply = msgspec.convert(arguments, ReplyArguments)
                return self._find(reply.session_id), reply.prompt
            wanted = msgspec.convert(arguments, CodexArguments)
        except msgspec.ValidationError as error:
            raise CodexError(f"cannot read the arguments of '{name}': {error}") from error
        config = self._load(overrides_of(wanted))
        if wanted.base_instructions is not None:
            config = msgspec.structs.replace(config, base_instructions=wanted.base_instructions)
        if wanted.include_plan_tool is not None:
            config = msgspec.structs.replace(config, has_plan_tool=wanted.include_plan_tool)
        conversation = self._open(config)
        conversation.occupy()
        with self._lock:
            self._conversations.append(conversation)
            is_closed = self._is_closed
        if is_closed:
            conversation.close()
        return conversation, wanted.prompt

    def _find(self, session_id: str | None) -> Conversation:
        if session_id is None:
            raise CodexError(f"cannot read the arguments of '{REPLY}': `threadId` is missing")
        with self._lock:
            found = [each for each in self._conversations if each.session_id == session_id]
        if not found:
            raise CodexError(f"there is no session '{session_id}' in this server")
        if not found[0].occupy():
            raise CodexError(f"the session '{session_id}' is still at work on another call")
        return found[0]

    def _answer(self, request_id: Id, outcome: Outcome, session_id: str | None) -> None:
        result: dict[str, Json] = {"content": [{"type": "text", "text": outcome.text}]}
        if session_id is not None:
            result["structuredContent"] = {"threadId": session_id, "content": outcome.text}
        if outcome.is_error:
            result["isError"] = True
        self._peer.answer(request_id, result)
