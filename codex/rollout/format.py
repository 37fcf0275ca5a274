"""The lines of a rollout, as docs/rollout-format.md documents them. Pure.

The layout is that of today's Codex, `{"timestamp", "type", "payload"}`, so that its tools can read
our files. resume.py reads the lines of other programs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from codex import __version__
from codex.base.jsonio import dumps
from codex.protocol.events import (
    EventMsg,
    ExecCommandEnd,
    RecordedEvent,
    TaskComplete,
    TaskStarted,
    TokenCount,
    TurnAborted,
)
from codex.protocol.items import TokenUsage
from codex.protocol.policy import AskForApproval, SandboxPolicy
from codex.protocol.wire import message_from_json, message_to_json, permissions

if TYPE_CHECKING:
    from codex.base.git import GitState
    from codex.config.types import Config

VERSION = 1
"""Version of the format that we write; docs/rollout-format.md says what readers may rely on."""

RECORDED = frozenset(get_args(RecordedEvent))
"""The types of the events that a session file records."""


def rollout_line(clock_s: float, kind: str, payload: Any, *, ordinal: int | None = None) -> bytes:
    """Return one line of a session file, with its newline.

    Args: clock_s: the time in seconds since the epoch. kind: the member `type`, such as
        `response_item`. ordinal: number of the line; None in a file that does not number its lines.
    """
    numbered = {} if ordinal is None else {"ordinal": ordinal}
    value = {"timestamp": timestamp(clock_s), **numbered, "type": kind, "payload": payload}
    return dumps(value) + b"\n"


def timestamp(clock_s: float) -> str:
    """Return seconds since the epoch as a time in UTC, cut to ms: `2026-11-23T01:37:49.042Z`."""
    milliseconds = int(clock_s * 1000)
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{day}.{milliseconds % 1000:03}Z"


def session_meta(
    session_id: str,
    *,
    started_s: float,
    config: Config,
    source: str,
    originator: str,
    instructions: str,
    git: GitState | None,
) -> dict[str, Any]:
    """Return the payload of the first line of a session file.

    Args: source: the front end: `cli`, `exec`, `proto` or `mcp`. originator: name of the program
        that started this one. instructions: the whole system text. git: None outside a repository.
    """
    meta: dict[str, Any] = {
        "id": session_id,
        "timestamp": timestamp(started_s),
        "cwd": config.cwd,
        "originator": originator,
        "cli_version": __version__,
        "source": source,
        "model_provider": config.provider_id,
        "rollout_format": VERSION,
        "instructions": instructions,
    }
    if git is not None:
        meta["git"] = {name: value for name, value in git._asdict().items() if value is not None}
    return meta


def turn_context(task_id: str, config: Config, instructions: str | None) -> dict[str, Any]:
    """Return the payload of the line with the settings of a task.

    Args: instructions: the system text; None if it equals the latest one in the file.
    """
    model = config.model
    policy = config.approval_policy
    context: dict[str, Any] = {
        "turn_id": task_id,
        "rollout_format": VERSION,
        "cwd": config.cwd,
        "approval_policy": "untrusted" if policy is AskForApproval.UNTRUSTED else policy.value,
        "sandbox_policy": _sandbox(config.sandbox_policy),
        "model": model.model,
        "model_provider": config.provider_id,
        "effort": None if model.reasoning_effort is None else model.reasoning_effort.value,
        "summary": "auto" if model.reasoning_summary is None else model.reasoning_summary.value,
    }
    if instructions is not None:
        context["instructions"] = instructions
    return context


def _sandbox(policy: SandboxPolicy) -> dict[str, Any]:
    """Return the policy as the equal mode of today's Codex, else as permissions of May 2025."""
    if policy.is_unrestricted:
        return {"type": "danger-full-access"}
    if policy == SandboxPolicy():
        return {"type": "read-only"}
    if policy.can_read_everything and policy.can_write_cwd and not policy.can_write_everything:
        return {
            "type": "workspace-write",
            "writable_roots": list(policy.writable_roots),
            "network_access": policy.can_use_network,
            "exclude_tmpdir_env_var": not policy.can_write_tmpdir,
            "exclude_slash_tmp": not policy.can_write_slash_tmp,
        }
    return {"type": "custom", **permissions(policy)}


def event_payload(msg: EventMsg, task_id: str) -> dict[str, Any]:
    """Return the payload of the line that records an event."""
    match msg:
        case TokenCount():
            return _token_count(msg)
        case ExecCommandEnd(stdout=stdout, stderr=stderr):
            if msg.aggregated_output and (stdout or stderr):
                # `aggregated_output` holds the same text in order of arrival.
                msg = msgspec.structs.replace(msg, stdout="", stderr="")
        case _:
            pass
    members = message_to_json(msg)
    if isinstance(msg, TaskStarted | TaskComplete | TurnAborted):
        members["turn_id"] = task_id
    return members


def event_of(payload: dict[str, Any]) -> EventMsg:
    """Return the event that a payload records.

    Raises: ProtocolError, if it is not one of our events.
    """
    if payload.get("type") == "token_count":
        return message_from_json(_flat_token_count(payload))
    return message_from_json(payload)


def _token_count(msg: TokenCount) -> dict[str, Any]:
    """Return token counts in the shape that usage reports of today's Codex read."""
    return {
        "type": "token_count",
        "info": {
            "total_token_usage": msgspec.to_builtins(msg.total),
            "last_token_usage": msgspec.to_builtins(msg.last),
            "model_context_window": msg.context_window,
            "context_left_percent": msg.context_left_percent,
        },
    }


def _flat_token_count(payload: dict[str, Any]) -> dict[str, Any]:
    info = payload.get("info")
    if not isinstance(info, dict):
        return payload
    return {
        "type": "token_count",
        "last": info.get("last_token_usage"),
        "total": info.get("total_token_usage"),
        "context_window": info.get("model_context_window"),
        "context_left_percent": info.get("context_left_percent"),
    }


def usage_of(msg: EventMsg) -> TokenUsage | None:
    """Return the token count of the whole session from a TokenCount; None for another event."""
    return msg.total if isinstance(msg, TokenCount) else None
