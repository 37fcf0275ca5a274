"""Read the conversation in a session file, so that it can be continued.

Reads the files of this program and of other versions of Codex: the bare items of May 2025 and the
tagged lines of later versions. A line that cannot be read is skipped, and the user is told. Must
not write.
Source: docs/rollout-format.md; real files of Codex 0.169.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import CodexError, ProtocolError
from codex.base.jsonio import loads
from codex.model.loose import as_dict, as_int, as_list, as_str
from codex.protocol.events import EventMsg
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    Message,
    ResponseItem,
    TextPart,
    TokenUsage,
)
from codex.rollout.foreign_items import foreign_items, own_item
from codex.rollout.format import VERSION, event_of, usage_of
from codex.rollout.transcript import ABORTED

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGE_KINDS = ("message", "reasoning", "function_call", "function_call_output")
"""Kinds of items that lines of May 2025 hold without a tag around them."""


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """One old conversation for `Codex` to continue."""

    session_id: str
    path: str
    size: int
    """Size of the file in bytes when it was read."""
    items: tuple[ResponseItem, ...]
    """The transcript, oldest item first."""
    events: tuple[EventMsg, ...]
    """Events that the user saw, as far as the file holds them, for core/replay.py to show again."""
    usage: TokenUsage = TokenUsage()
    """Tokens that the whole session has used; zeros if the file does not tell."""
    cwd: str | None = None
    """Latest working directory in the file; None if it names none, as in May 2025."""
    model: str | None = None
    """Latest model in the file; None if it names none."""
    provider_id: str | None = None
    """Latest model provider in the file; None if it names none."""
    reasoning_effort: str | None = None
    """Reasoning effort of the latest task; None if the file names none for it."""
    instructions: str | None = None
    """Latest system text in the file; None if it holds none."""
    next_ordinal: int | None = None
    """Number of the next line to write; None if the file does not number its lines."""
    name: str | None = None
    """Name that the user gave the session; None if there is none."""
    is_ours: bool = True
    """Whether this program started the session."""
    warnings: tuple[str, ...] = ()
    """Texts for the user: what could not be read from the file."""


def load(path: str, *, name: str | None = None) -> Resumed:
    """Read one session file.

    Args: name: the name that the user gave the session, from names.py; None if there is none.
    Raises: CodexError, if the file cannot be read or holds no session's metadata.
    """
    reader = _SessionReader()
    try:
        with open(path, "rb") as file:
            for line in file:
                reader.take(line)
            size = file.tell()
    except OSError as error:
        raise CodexError(f"cannot read the session '{path}': {error.strerror}") from error
    if reader.session_id is None:
        raise CodexError(
            f"cannot resume '{path}': it holds no session",
            advice="Its first line, the session's metadata, is missing or broken.",
        )
    return Resumed(
        session_id=reader.session_id,
        path=os.path.abspath(path),
        size=size,
        items=tuple(closed(reader.items)),
        events=tuple(reader.events),
        usage=reader.usage,
        cwd=reader.cwd,
        model=reader.model,
        provider_id=reader.provider_id,
        reasoning_effort=reader.effort,
        instructions=reader.instructions,
        next_ordinal=reader.next_ordinal,
        name=name,
        is_ours=reader.is_ours,
        warnings=tuple(reader.warnings(path)),
    )


def closed(items: list[ResponseItem]) -> list[ResponseItem]:
    """Return the items with calls and outputs paired: add missing outputs, drop stray ones.

    Servers refuse anything else. A call without an output gets "aborted" before the next message
    of the user. After the last message it stays open, since a killed process left it there: the
    next task adds and records that output.
    """
    called = {item.call_id for item in items if isinstance(item, FunctionCall)}
    answered = {item.call_id for item in items if isinstance(item, FunctionCallOutput)}
    result: list[ResponseItem] = []
    lost: list[FunctionCallOutput] = []
    for item in items:
        if isinstance(item, FunctionCallOutput) and item.call_id not in called:
            continue
        if isinstance(item, Message) and item.role == "user":
            result += lost
            lost = []
        result.append(item)
        if isinstance(item, FunctionCall) and item.call_id not in answered:
            lost.append(FunctionCallOutput(item.call_id, ABORTED))
    return result


class _SessionReader:
    """Collects the conversation from the lines of one session file, in order."""

    def __init__(self) -> None:
        self.session_id: str | None = None
        self.is_ours = False
        self.format = 0
        self.cwd: str | None = None
        self.model: str | None = None
        self.provider_id: str | None = None
        self.effort: str | None = None
        self.instructions: str | None = None
        self.next_ordinal: int | None = None
        self._is_writer_ours = False
        """Whether this program wrote the current lines."""
        self._has_our_context = False
        self.usage = TokenUsage()
        self.items: list[ResponseItem] = []
        self.events: list[EventMsg] = []
        self.broken_count = 0
        self.unknown_kinds: dict[str, None] = {}

    def take(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            value = loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self.broken_count += 1
            return
        if isinstance(ordinal := value.get("ordinal"), int):
            self.next_ordinal = ordinal + 1
        kind, payload = value.get("type"), value.get("payload")
        if isinstance(kind, str) and isinstance(payload, dict):
            self._tagged(kind, payload)
        elif kind in MESSAGE_KINDS:
            self._item(value)
        elif kind is None and isinstance(value.get("id"), str):
            self._meta(value)

    def warnings(self, path: str) -> Iterable[str]:
        """Yield the warnings for the user."""
        if self.broken_count:
            lines = "line" if self.broken_count == 1 else "lines"
            yield f"skipped {self.broken_count} broken {lines} in the session file '{path}'"
        if self.unknown_kinds:
            kinds = ", ".join(self.unknown_kinds)
            yield f"skipped items of the session that this version does not know: {kinds}"
        if self.format > VERSION:
            yield "the session was written by a newer version; some of it may be missing"

    def _tagged(self, kind: str, payload: dict[str, Any]) -> None:
        match kind:
            case "session_meta":
                self._meta(payload)
            case "response_item":
                self._item(payload)
            case "event_msg":
                self._event(payload)
            case "turn_context":
                # Our tasks begin with a turn_context; other versions may write tasks in between.
                self._has_our_context = "rollout_format" in payload
                self.cwd = as_str(payload.get("cwd")) or self.cwd
                self.model = as_str(payload.get("model")) or self.model
                self.provider_id = as_str(payload.get("model_provider")) or self.provider_id
                self.effort = as_str(payload.get("effort")) or None
                self.instructions = as_str(payload.get("instructions")) or self.instructions
            case "compacted":
                self._compacted(payload)

    def _meta(self, meta: dict[str, Any]) -> None:
        # A fork by today's Codex begins with its own metadata, followed by the old session's.
        if self.session_id is None:
            self.session_id = as_str(meta.get("id")) or None
            self.format = as_int(meta.get("rollout_format"))
            self.is_ours = self.format > 0
            self._is_writer_ours = self.is_ours
            self.cwd = as_str(meta.get("cwd")) or None
            self.provider_id = as_str(meta.get("model_provider")) or None
            self.instructions = as_str(meta.get("instructions")) or None

    def _item(self, raw: dict[str, Any]) -> None:
        own = own_item(raw) if self._is_writer_ours else None
        items = foreign_items(raw) if own is None else (own,)
        if items is None:
            self.unknown_kinds[str(raw.get("type"))] = None
        else:
            self.items += items

    def _event(self, payload: dict[str, Any]) -> None:
        match payload.get("type"):
            case "thread_rolled_back":
                self._roll_back(as_int(payload.get("num_turns")))
            case "task_started":
                self._is_writer_ours, self._has_our_context = self._has_our_context, False
        try:
            event = event_of(payload)
        except ProtocolError:
            return  # an event of another version; the items hold the conversation
        self.usage = usage_of(event) or self.usage
        self.events.append(event)

    def _roll_back(self, turns: int) -> None:
        """Drop the last `turns` messages of the user, and everything after the first of these."""
        starts = [
            index
            for index, item in enumerate(self.items)
            if isinstance(item, Message) and item.role == "user"
        ]
        if 0 < turns <= len(starts):
            del self.items[starts[-turns] :]

    def _compacted(self, payload: dict[str, Any]) -> None:
        """Replace the conversation so far by the given one, else by user messages and a summary."""
        replacement = as_list(payload.get("replacement_history"))
        if replacement:
            self.items = []
            for raw in replacement:
                self._item(as_dict(raw))
            return
        said = [item for item in self.items if isinstance(item, Message) and item.role == "user"]
        summary = Message("user", (TextPart(as_str(payload.get("message"))),))
        self.items = [*said, summary]
