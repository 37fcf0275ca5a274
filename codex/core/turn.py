"""Turn: send one prompt, read the streamed response, run the tool calls in it.

An incomplete response has no effect: items are recorded and tools run only when the response is
complete, so a retry never runs a tool twice. Deltas are for people only. One loop retries failed
requests and broken streams alike, so that their retries never multiply. The loop is here because
each retry becomes an event; model/retry.py has its limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from codex.base.errors import Interrupted
from codex.core.prompt import build_prompt
from codex.core.tools.offered import Toolset, offered_tools
from codex.model.event import ArgumentsDelta, Completed, ItemDone, ReasoningDelta, TextDelta
from codex.model.retry import ModelError, RetryTally
from codex.net.failure import RequestError
from codex.protocol.events import (
    AgentMessage,
    AgentMessageDelta,
    AgentReasoning,
    AgentReasoningDelta,
    StreamError,
    TokenCount,
)
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    Reasoning,
    ResponseItem,
    TextPart,
    TokenUsage,
)
from codex.rollout.transcript import ABORTED

if TYPE_CHECKING:
    from codex.core.context import TaskContext, ToolOutput
    from codex.model.prompt import Prompt


class TurnResult(msgspec.Struct, frozen=True):
    """Result of a turn, for its task."""

    has_calls: bool
    """Whether the model called tools; if so, another turn must send their outputs."""
    last_message: str | None
    """Last text of the model in this turn; None if there was no text."""


class _Response(msgspec.Struct, frozen=True):
    items: tuple[ResponseItem, ...]
    completed: Completed


def run_turn(context: TaskContext) -> TurnResult:
    """Send the transcript, record the response, run its tool calls and record their outputs.

    Raises: RequestError, such as ModelError, if the request failed for good. CodexError, if a
        required MCP server has failed. Interrupted, after every open call has an output.
    """
    session = context.session
    tools = offered_tools(context)
    response = _ask_model(context, tools)
    session.transcript.record(response.items)
    if context.setup.is_stored:
        session.transcript.acknowledge(response.completed.response_id)
    last_message = _show_items(context, response.items)
    _count_tokens(context, response.completed.usage)
    calls = [item for item in response.items if isinstance(item, FunctionCall)]
    _run_calls(context, calls, tools)
    return TurnResult(bool(calls), last_message)


def _ask_model(context: TaskContext, tools: Toolset) -> _Response:
    """Return the model's complete response to the transcript, after retries if necessary."""
    session = context.session
    tally = RetryTally(context.setup.config.provider)
    while True:
        context.cancel.check()
        try:
            return _stream_response(context, build_prompt(session, context.setup, tools.specs))
        except RequestError as error:
            if error.kind == "previous_response" and session.transcript.has_server_state:
                session.transcript.forget_server_state()
                continue
            delay_ms = tally.next_delay_ms(error)
            if delay_ms is None:
                raise
            context.emit(
                StreamError(
                    f"{error.message}; retrying {tally.count}/{tally.limit} "
                    f"in {delay_ms / 1000:.1f} s"
                )
            )
            if context.cancel.wait(delay_ms / 1000):
                raise Interrupted from error


def _stream_response(context: TaskContext, prompt: Prompt) -> _Response:
    hides_reasoning = context.setup.config.hide_agent_reasoning
    items: list[ResponseItem] = []
    with context.setup.client.stream(prompt, context.cancel) as stream:
        if context.session.mcp is not None:
            context.session.mcp.request_sent()
        for event in stream:
            match event:
                case TextDelta(text):
                    context.emit(AgentMessageDelta(text))
                case ReasoningDelta(text):
                    if not hides_reasoning:
                        context.emit(AgentReasoningDelta(text))
                case ArgumentsDelta():
                    pass
                case ItemDone(item):
                    items.append(item)
                case Completed():
                    return _Response(tuple(items), event)
                case _:
                    assert_never(event)
    raise ModelError("the response ended before it was complete", kind="stream")


def _show_items(context: TaskContext, items: tuple[ResponseItem, ...]) -> str | None:
    """Emit the messages and reasoning of a response as events; return the last message."""
    last_message = None
    config = context.setup.config
    for item in items:
        match item:
            case Message(role="assistant") if item.text:
                last_message = item.text
                context.emit(AgentMessage(item.text))
            case Reasoning() if not config.hide_agent_reasoning:
                parts = item.content if config.show_raw_agent_reasoning else ()
                for part in parts or item.summary or item.content:
                    context.emit(AgentReasoning(part.text))
            case _:
                pass
    return last_message


def _count_tokens(context: TaskContext, usage: TokenUsage | None) -> None:
    if usage is None:
        return
    session = context.session
    session.usage = session.usage.plus(usage)
    window = session.context_window(context.setup)
    left = None
    if window:
        left = max(0, min(100, round(100 * (1 - usage.total_tokens / window))))
    context.emit(
        TokenCount(
            last=usage, total=session.usage, context_window=window, context_left_percent=left
        )
    )


def _run_call(context: TaskContext, call: FunctionCall, tools: Toolset) -> ToolOutput:
    try:
        return tools.call(context, call)
    except Interrupted as interrupted:
        if interrupted.findings:
            text = "\n".join((ABORTED, *interrupted.findings))
            context.session.transcript.record([FunctionCallOutput(call.call_id, text)])
        raise


def _run_calls(context: TaskContext, calls: list[FunctionCall], tools: Toolset) -> None:
    """Run the tool calls in order; record their outputs, then the images that they returned."""
    transcript = context.session.transcript
    images: list[str] = []
    try:
        for call in calls:
            context.cancel.check()
            output = _run_call(context, call, tools)
            transcript.record([FunctionCallOutput(call.call_id, output.text)])
            images.extend(output.image_urls)
    finally:
        transcript.close_open_calls()
        if images:
            parts = tuple(ImagePart(url) for url in images)
            label = TextPart("The images that were asked for:")
            transcript.record([Message("user", (label, *parts))])
