"""Encode submissions and events as JSON lines, and decode them. No I/O.

The declarations in ops.py, events.py and replies.py define most of the format. This module has the
exceptions: the kind of a file change is the key around it, a sandbox policy is a list of
permissions (or today's table with a `mode`), an approval policy has two generations of names, and
some members, such as `reason`, are left out if they are None.
"""

from __future__ import annotations

from typing import Any

import msgspec

from codex.base import jsonio
from codex.base.errors import ProtocolError
from codex.protocol.events import Event, EventMsg
from codex.protocol.ops import ConfigureSession, Submission
from codex.protocol.policy import (
    APPROVAL_NAMES,
    PERMISSION_FIELDS,
    SANDBOX_MODES,
    SandboxPolicy,
    WorkspaceWrite,
    policy_of_mode,
)
from codex.protocol.settings import is_openai_url

_OMITTED_WHEN_NONE = (
    *("reason", "notify", "entry", "denial", "proposed_prefix", "rollout_path", "name"),
)


class SubmissionError(ProtocolError):
    """A line that could not be parsed as a submission."""

    def __init__(self, message: str, *, submission_id: str) -> None:
        super().__init__(message)
        self.submission_id = submission_id
        """Id in the line, if it can be read; otherwise empty."""


class _ModeOp(msgspec.Struct):
    sandbox_policy: WorkspaceWrite


class _ModeLine(msgspec.Struct):
    """The outer shape of a `configure_session`, so that errors give the path from the line."""

    op: _ModeOp


def decode_submission(line: bytes) -> Submission:
    """Decode one line from a client; unknown members are ignored.

    Raises: SubmissionError, which says what is wrong and where: a path from the whole line, `$`.
    """
    value: Any = None
    try:
        value = jsonio.loads(line)
        return msgspec.convert(_in_one_shape(value), Submission)
    except ValueError as exc:  # also msgspec.ValidationError
        found = value.get("id") if isinstance(value, dict) else None
        submission_id = found if isinstance(found, str) else ""
        raise SubmissionError(f"not a submission: {exc}", submission_id=submission_id) from exc


def encode_submission(submission: Submission) -> bytes:
    """Return a submission as one JSON line, without the line end."""
    op = _without_absent(msgspec.to_builtins(submission.op))
    if isinstance(submission.op, ConfigureSession):
        op["sandbox_policy"] = permissions(submission.op.sandbox_policy)
    return jsonio.dumps({"id": submission.id, "op": op})


def encode_event(event: Event) -> bytes:
    """Return an event as one JSON line, without the line end."""
    return jsonio.dumps({"id": event.id, "msg": message_to_json(event.msg)})


def message_to_json(msg: EventMsg) -> dict[str, Any]:
    """Return the JSON members of an event's message."""
    members = _without_absent(msgspec.to_builtins(msg))
    if "changes" in members:
        changes = members["changes"].items()
        members["changes"] = {path: _tag_outside(change) for path, change in changes}
    return members


def decode_event(line: bytes) -> Event:
    """Decode one line from an engine; a deleted file's content is empty, as the line lacks it.

    Raises: ProtocolError, also for a type of event that this version does not know.
    """
    try:
        value = jsonio.loads(line)
        return Event(id=value["id"], msg=message_from_json(value["msg"]))
    except (ValueError, TypeError, KeyError) as exc:
        raise ProtocolError(f"not an event: {exc}") from exc


def message_from_json(members: Any) -> EventMsg:
    """Return the message of an event, decoded from its JSON members.

    Raises: ProtocolError, also for a type of event that this version does not know.
    """
    try:
        if "changes" in members:
            changes = {path: _tag_inside(change) for path, change in members["changes"].items()}
            members = {**members, "changes": changes}
        msg: EventMsg = msgspec.convert(members, EventMsg)
    except (ValueError, TypeError, AttributeError) as exc:
        raise ProtocolError(f"not an event: {exc}") from exc
    return msg


def _in_one_shape(line: Any) -> Any:
    """Return a submission, with the one Op whose members have several shapes in that of ops.py."""
    op = line.get("op") if isinstance(line, dict) else None
    if not isinstance(op, dict) or op.get("type") != "configure_session":
        return line
    op = dict(op)
    if isinstance(provider := op.get("provider"), dict):
        # Clients send unused members as null; without them, the defaults of ModelProvider apply.
        provider = {name: value for name, value in provider.items() if value is not None}
        provider.setdefault("is_openai", is_openai_url(str(provider.get("base_url"))))
        op["provider"] = provider
    name = op.get("approval_policy")
    if isinstance(name, str) and name in APPROVAL_NAMES:
        op["approval_policy"] = APPROVAL_NAMES[name].value
    if "sandbox_policy" in op:
        op["sandbox_policy"] = _sandbox_policy(op["sandbox_policy"])
    return {**line, "op": op}


def _sandbox_policy(value: Any) -> SandboxPolicy:
    """Parse `{"permissions": [...]}`, which grants what it lists only, or today's `{"mode": ...}`.

    The mode may be under `type`, too.
    """
    if not isinstance(value, dict):
        raise ValueError("expected an object - at `$.op.sandbox_policy`")
    if "permissions" in value:
        return _from_permissions(value["permissions"])
    mode = value.get("mode", value.get("type"))
    if not isinstance(mode, str) or mode not in SANDBOX_MODES:
        names = ", ".join(SANDBOX_MODES)
        raise ValueError(f'expected "permissions" or a mode of {names} - at `$.op.sandbox_policy`')
    table = value if mode == "workspace-write" else {}
    line = msgspec.convert({"op": {"sandbox_policy": table}}, _ModeLine)
    return policy_of_mode(mode, line.op.sandbox_policy)


def _from_permissions(permissions: Any) -> SandboxPolicy:
    if not isinstance(permissions, list):
        raise ValueError("expected an array - at `$.op.sandbox_policy.permissions`")
    fields: dict[str, Any] = {"can_read_everything": False}
    roots: list[str] = []
    connect: list[int] = []
    bind: list[int] = []
    for index, permission in enumerate(permissions):
        match permission:
            case str() if permission in PERMISSION_FIELDS:
                fields[PERMISSION_FIELDS[permission]] = True
            case {"disk-write-folder": {"folder": str(folder)}}:
                roots.append(folder)
            case {"tcp-connect": {"port": int(port)}} if 0 < port < 2**16:
                connect.append(port)
            case {"tcp-bind": {"port": int(port)}} if 0 < port < 2**16:
                bind.append(port)
            case _:
                shown = jsonio.dumps(permission).decode()
                place = f"`$.op.sandbox_policy.permissions[{index}]`"
                raise ValueError(f"unknown permission {shown} - at {place}")
    return SandboxPolicy(
        writable_roots=tuple(roots),
        connect_ports=tuple(connect),
        bind_ports=tuple(bind),
        **fields,
    )


def permissions(policy: SandboxPolicy) -> dict[str, Any]:
    """Return a sandbox policy as the JSON object `{"permissions": [...]}`."""
    names: list[Any] = [name for name, field in PERMISSION_FIELDS.items() if getattr(policy, field)]
    folders = [{"disk-write-folder": {"folder": root}} for root in policy.writable_roots]
    ports = [{"tcp-connect": {"port": port}} for port in policy.connect_ports]
    ports += [{"tcp-bind": {"port": port}} for port in policy.bind_ports]
    return {"permissions": [*names, *folders, *ports]}


def _without_absent(members: dict[str, Any]) -> dict[str, Any]:
    for name in _OMITTED_WHEN_NONE:
        if members.get(name, "") is None:
            del members[name]
    return members


def _tag_outside(change: dict[str, Any]) -> Any:
    kind = change.pop("type")
    return kind if kind == "delete" else {kind: change}


def _tag_inside(change: Any) -> dict[str, Any]:
    if change == "delete":
        return {"type": "delete", "content": ""}
    ((kind, members),) = change.items()
    return {"type": kind, **members}
