"""Every event belongs to one family, so that files, replays and progress know what it means."""

from __future__ import annotations

from typing import get_args

import msgspec

from codex.protocol import events, replies
from codex.protocol.events import EventMsg, FileChange, PassingEvent, RecordedEvent


def test_every_event_is_of_one_family() -> None:
    declared = {
        value
        for value in (vars(events) | vars(replies)).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__struct_config__.tag is not None
    }
    assert declared - set(get_args(FileChange)) == set(get_args(EventMsg))
    assert not set(get_args(RecordedEvent)) & set(get_args(PassingEvent))
