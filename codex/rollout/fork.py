"""Copy a session to a file with a new id, completely or up to one of the user's messages."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError
from codex.base.jsonio import dumps, loads
from codex.model.loose import as_dict
from codex.protocol.items import Message
from codex.rollout.foreign_items import foreign_items
from codex.rollout.format import rollout_line, timestamp
from codex.rollout.resume import Resumed, load
from codex.rollout.session_id import new_session_id
from codex.rollout.writer import make_folders, rollout_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codex.config.types import Config
    from codex.protocol.items import Json


def fork(
    resumed: Resumed, config: Config, *, clock_s: float, keep_messages: int | None = None
) -> Resumed:
    """Copy a conversation to a new session file; return the copy, to be continued.

    If `config` makes the session ephemeral and all is kept, no file is written: the result has a
    new id, and its `path` and `size` are still those of the old file.

    Args: clock_s: the time in seconds since the epoch. keep_messages: number of the user's
        messages to keep, from the first, each with what followed it, counted as core/replay.py
        shows them; None keeps all.
    Raises: CodexError, if the session cannot be read or the copy cannot be written.
    """
    session_id = new_session_id(clock_s)
    if config.is_ephemeral and keep_messages is None:
        return msgspec.structs.replace(resumed, session_id=session_id, name=None)
    path = rollout_path(config.codex_home, session_id, clock_s)
    try:
        with open(resumed.path, "rb") as file:
            copied = list(_copied(file, resumed, keep_messages))
        meta = _meta(resumed, session_id, clock_s)
        ordinal = None if resumed.next_ordinal is None else 0
        _write_whole(path, [rollout_line(clock_s, "session_meta", meta, ordinal=ordinal), *copied])
    except OSError as error:
        raise CodexError(
            f"cannot copy the session '{resumed.path}' to '{path}': {error.strerror}"
        ) from error
    # Lines that could not be read are not in the copy, and the user must be told so.
    return msgspec.structs.replace(load(path), warnings=resumed.warnings)


def _write_whole(path: str, lines: list[bytes]) -> None:
    """Write a new file with all lines, or no file: half a copy would look like the whole."""
    unfinished = f"{path}.new"
    make_folders(os.path.dirname(path))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(unfinished, flags, 0o600)
    try:
        with open(descriptor, "wb") as new:
            new.writelines(lines)
        os.rename(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise


def _meta(resumed: Resumed, session_id: str, clock_s: float) -> dict[str, Json]:
    """Return the metadata of the old session, with the id and start of the copy."""
    meta: dict[str, Json] = {}
    with open(resumed.path, "rb") as file:
        for raw in file:
            value = _parsed(raw)
            if value.get("type") == "session_meta":
                meta = as_dict(value.get("payload"))
                break
    new = {"id": session_id, "timestamp": timestamp(clock_s), "forked_from_id": resumed.session_id}
    if "session_id" in meta:
        new["session_id"] = session_id
    return {"cwd": resumed.cwd, **meta, **new}


def _copied(lines: Iterable[bytes], resumed: Resumed, keep_messages: int | None) -> Iterator[bytes]:
    """Yield the lines to keep; lines that introduce a message of the user are kept only with it."""
    announcing: list[bytes] = []
    messages = 0
    for raw in lines:
        value = _parsed(raw)
        if not value or _is_meta(value):
            continue
        is_message = _shows_message(value, is_ours=resumed.is_ours)
        if is_message and messages == keep_messages:
            return
        messages += is_message
        announcing.append(dumps(value) + b"\n")
        if is_message or not _announces(value):
            yield from announcing
            announcing.clear()
    yield from announcing


def _parsed(raw: bytes) -> dict[str, Json]:
    """Parse a line; return {} if it cannot be read."""
    try:
        return as_dict(loads(raw))
    except ValueError:
        return {}


def _is_meta(value: dict[str, Json]) -> bool:
    return value.get("type") == "session_meta" or ("type" not in value and "id" in value)


def _shows_message(value: dict[str, Json], *, is_ours: bool) -> bool:
    """Return whether core/replay.py shows a line as a message of the user."""
    payload = as_dict(value.get("payload"))
    if is_ours:
        return value.get("type") == "event_msg" and payload.get("type") == "user_message"
    return _is_user_item(payload or value)


def _announces(value: dict[str, Json]) -> bool:
    """Return whether a line may belong to a message of the user that follows it."""
    payload = as_dict(value.get("payload"))
    if value.get("type") == "event_msg":
        return payload.get("type") == "task_started"
    return value.get("type") == "turn_context" or _is_user_item(payload)


def _is_user_item(raw: dict[str, Json]) -> bool:
    if raw.get("type") != "message":
        return False
    return any(
        isinstance(item, Message) and item.role == "user" for item in foreign_items(raw) or ()
    )
