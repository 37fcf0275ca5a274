"""One tool call of the MCP client: submits a message to an engine, and follows its task to the end.

Each call has a thread of its own, `mcp-call-N`, which passes the engine's events and questions to
the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

import msgspec

from codex.base.bash import join
from codex.base.errors import CodexError, Interrupted
from codex.base.jsonio import loads
from codex.mcp_server.sessions import Stop
from codex.protocol.events import (
    AgentMessage,
    ApplyPatchApprovalRequest,
    ApprovalRequest,
    CallBegin,
    CallEnd,
    ElicitationRequest,
    Error,
    Event,
    ExecApprovalRequest,
    ExecCommandBegin,
    McpApprovalRequest,
    McpToolCallBegin,
    PassingEvent,
    PatchApplyBegin,
    SessionConfigured,
    TaskComplete,
    TaskEnd,
    TaskReport,
    TaskStarted,
    TurnAborted,
    Update,
)
from codex.protocol.ops import Interrupt, UserInput, UserText
from codex.protocol.policy import ReviewDecision
from codex.protocol.questions import answer_to
from codex.protocol.wire import encode_event

if TYPE_CHECKING:
    from codex.base.cancel import Cancel
    from codex.jsonrpc.messages import RpcId
    from codex.jsonrpc.peer import Peer
    from codex.mcp_server.sessions import HostedSession
    from codex.protocol.events import EventMsg
    from codex.protocol.items import Json

CANNOT_ASK = (
    "the user could not be asked: the MCP client that runs this session does not support "
    "elicitation. Continue without it, or tell the user what is missing"
)
_NoStep = PassingEvent | CallEnd | TaskEnd | ApprovalRequest | TaskReport
DECISIONS = ("approved", "approved_for_session", "denied", "abort")


class Caller(NamedTuple):
    """The client's side of a call."""

    request_id: RpcId
    progress_token: RpcId | None
    """Token for progress notifications; None if the client wants none."""
    can_be_asked: bool
    """Whether the client can put questions to its user."""
    cancel: Cancel
    """Cancel that is set when the client cancels the call, or the server ends."""


class CallOutcome(NamedTuple):
    """The result of a tool call."""

    text: str
    """The agent's last message, or the error."""
    is_error: bool = False


class Call:
    """One tool call, from the user's message to the end of the task."""

    def __init__(self, peer: Peer, caller: Caller, session: HostedSession, prompt: str) -> None:
        self._peer = peer
        self._caller = caller
        self._session = session
        self._prompt = prompt
        self._task_id: str | None = None
        self._last_message = ""
        self._step_count = 0

    def run(self) -> CallOutcome | None:
        """Run the task to its end; return the outcome, or None if the call was cancelled."""
        inbox = self._session.inbox
        cancel = self._caller.cancel
        forget = cancel.on_set(lambda: inbox.put(Stop(self._caller.request_id)))
        try:
            if self._session.session_id is not None:
                self._submit_prompt()
            while True:
                item = inbox.get()
                if isinstance(item, Stop):
                    if item.request_id != self._caller.request_id:
                        continue  # It is for an earlier call, which had just ended.
                    if self._task_id is None:
                        return None
                    self._session.engine.submit(Interrupt())
                    continue
                self._tell(item)
                if (outcome := self._take(item)) is not None:
                    return None if cancel.is_set() else outcome
        finally:
            forget()

    def _submit_prompt(self) -> None:
        self._task_id = self._session.engine.submit(UserInput((UserText(self._prompt),)))

    def _take(self, event: Event) -> CallOutcome | None:
        """Handle one event; return the outcome once the call is over."""
        match event.msg:
            case SessionConfigured(session_id=session_id, rollout_path=path):
                self._session.session_id = session_id
                self._session.is_recorded = path is not None
                if self._task_id is None:
                    self._submit_prompt()
            case AgentMessage(message) if event.id == self._task_id:
                self._last_message = message
            case TaskComplete() if event.id == self._task_id:
                return CallOutcome(self._last_message)
            case Error(message) if event.id == self._task_id or self._task_id is None:
                return CallOutcome(message, is_error=True)
            case TurnAborted(reason) if event.id == self._task_id:
                return CallOutcome(f"the task was stopped: {reason}", is_error=True)
            case ElicitationRequest() as question:
                self._pass_on(question)
            case msg if isinstance(msg, ApprovalRequest):
                self._ask(msg)
            case _:
                pass
        return None

    def _tell(self, event: Event) -> None:
        """Pass an event to the client, with a progress notification if it is a step."""
        meta: dict[str, Json] = {"requestId": self._caller.request_id}
        if self._session.session_id is not None:
            meta["threadId"] = self._session.session_id
        params: dict[str, Json] = {"_meta": meta, **loads(encode_event(event))}
        self._peer.notify("codex/event", params)
        if self._caller.progress_token is not None and (step := _step(event.msg)) is not None:
            self._step_count += 1
            self._peer.notify(
                "notifications/progress",
                {
                    "progressToken": self._caller.progress_token,
                    "progress": self._step_count,
                    "message": step,
                },
            )

    def _ask(self, question: ApprovalRequest) -> None:
        decision, feedback = self._decision(question)
        self._session.engine.submit(answer_to(question, decision, feedback))

    def _decision(self, question: ApprovalRequest) -> tuple[ReviewDecision, str | None]:
        """Ask the client's user; return the decision and the feedback. DENIED if asking fails."""
        if not self._caller.can_be_asked:
            return ReviewDecision.DENIED, CANNOT_ASK
        try:
            answer = self._peer.request(
                "elicitation/create",
                {
                    "message": _question_text(question),
                    "requestedSchema": _DECISION_SCHEMA,
                    "codex_elicitation": _kind(question),
                    "codex_mcp_tool_call_id": self._caller.request_id,
                    "codex_call_id": question.call_id,
                    "threadId": self._session.session_id,
                },
                cancel=self._caller.cancel,
            )
        except Interrupted:
            return ReviewDecision.ABORT, None
        except CodexError as error:
            return ReviewDecision.DENIED, f"the user could not be asked: {error}"
        return read_decision(answer)

    def _pass_on(self, question: ElicitationRequest) -> None:
        """Let the client's user answer a question of an MCP server that the session uses."""
        result: Json = {"action": "decline"}
        if self._caller.can_be_asked:
            try:
                result = self._peer.request(
                    "elicitation/create",
                    {"message": question.message, "requestedSchema": question.schema},
                    cancel=self._caller.cancel,
                )
            except CodexError:
                result = {"action": "cancel"}
        action = result.get("action") if isinstance(result, dict) else None
        content = result.get("content") if isinstance(result, dict) else None
        known = action if action in ("accept", "decline", "cancel") else "cancel"
        values = content if isinstance(content, dict) else None
        self._session.engine.submit(answer_to(question, action=known, content=values))


_DECISION_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "decision": {
            "type": "string",
            "title": "Decision",
            "enum": list(DECISIONS),
            "enumNames": ["Yes", "Yes, for this session", "No, continue", "No, stop"],
            "default": "approved",
        },
        "feedback": {
            "type": "string",
            "title": "Feedback",
            "description": "What the agent should know",
        },
    },
    "required": ["decision"],
}


def read_decision(answer: Json) -> tuple[ReviewDecision, str | None]:
    """Return the decision and the feedback (None if blank) in a response to `elicitation/create`.

    A dismissed form (`cancel`) means ABORT; an unclear decision means DENIED.
    Clients of Codex send a bare `decision` beside or instead of the form's content.
    """
    if not isinstance(answer, dict):
        return ReviewDecision.DENIED, None
    content = answer.get("content")
    values = content if isinstance(content, dict) else {}
    feedback = values.get("feedback")
    told = feedback if isinstance(feedback, str) and feedback.strip() else None
    action = answer.get("action")
    if action == "cancel":
        return ReviewDecision.ABORT, told
    decision = values.get("decision", answer.get("decision"))
    if action not in (None, "accept") or decision not in DECISIONS:
        return ReviewDecision.DENIED, told
    return ReviewDecision(decision), told


def _kind(question: ApprovalRequest) -> str:
    match question:
        case ExecApprovalRequest():
            return "exec-approval"
        case ApplyPatchApprovalRequest():
            return "patch-approval"
        case McpApprovalRequest():
            return "mcp-approval"
        case _:
            assert_never(question)


def _question_text(question: ApprovalRequest) -> str:
    """Return the complete text of an approval request, never truncated."""
    match question:
        case ExecApprovalRequest():
            lines = [f"Allow Codex to run this in '{question.cwd}'?", join(question.command)]
            lines += [question.denial] if question.denial else []
        case ApplyPatchApprovalRequest():
            lines = ["Allow Codex to change these files?"]
            for path, change in question.changes.items():
                title = f"{type(change).__name__.lower()} {path}"
                if isinstance(change, Update):
                    title += f" -> {change.move_path}" if change.move_path else ""
                    text = change.unified_diff
                else:
                    text = change.content
                lines += [title, text.rstrip("\n")]
        case McpApprovalRequest():
            arguments = msgspec.json.encode(question.arguments).decode()
            lines = [f"Allow Codex to call {question.server}.{question.tool}?", arguments]
        case _:
            assert_never(question)
    if question.reason:
        lines.append(question.reason)
    return "\n".join(lines)


def _step(msg: EventMsg) -> str | None:
    """Return the progress message for an event; None for most events."""
    if isinstance(msg, CallBegin):
        return _call_step(msg)
    if isinstance(msg, TaskStarted):
        return "started"
    if isinstance(msg, AgentMessage):
        return msg.message
    if isinstance(msg, _NoStep):
        return None
    assert_never(msg)


def _call_step(msg: CallBegin) -> str:
    match msg:
        case ExecCommandBegin():
            return f"running {join(msg.command)}"
        case PatchApplyBegin():
            return f"changing {', '.join(msg.changes)}"
        case McpToolCallBegin():
            return f"calling {msg.server}.{msg.tool}"
        case _:
            assert_never(msg)
