"""The wire keeps every value, and turns any line into a value or a ProtocolError."""

from __future__ import annotations

import contextlib
import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from codex.base.errors import ProtocolError
from codex.protocol import wire
from codex.protocol.events import Event
from codex.protocol.ops import Submission
from tests.support.protocol_values import events, submissions

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    line = wire.encode_event(event)
    assert b"\n" not in line
    assert wire.decode_event(line) == event


@given(submissions)
def test_a_submission_survives_the_wire(submission: Submission) -> None:
    line = wire.encode_submission(submission)
    assert b"\n" not in line
    assert wire.decode_submission(line) == submission


@given(submissions, st.data())
def test_one_wrong_member_gives_a_value_or_an_error_with_the_id(
    submission: Submission, data: st.DataObject
) -> None:
    value = json.loads(wire.encode_submission(submission))
    name = data.draw(st.sampled_from(sorted(value["op"])))
    value["op"][name] = data.draw(json_values)
    try:
        found = wire.decode_submission(json.dumps(value).encode()).id
    except wire.SubmissionError as error:
        found = error.submission_id
    assert found == submission.id


@given(st.binary(max_size=40) | json_values.map(msgspec.json.encode))
def test_any_line_is_a_value_or_a_protocol_error(line: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        wire.decode_submission(line)
    with contextlib.suppress(ProtocolError):
        wire.decode_event(line)
