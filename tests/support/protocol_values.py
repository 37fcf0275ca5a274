"""Hypothesis strategies for every value of codex/protocol, read from the declarations."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

import msgspec
from hypothesis import strategies as st

from codex.protocol.events import Delete, Event, EventMsg
from codex.protocol.ops import Op, Submission

TEXT = st.text(max_size=20)


def values_of(declared: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a declared type: structs member by member, down to text and numbers."""
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin in (types.UnionType, typing.Union):
        return st.one_of([values_of(member) for member in arguments])
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is typing.Annotated:
        limits = arguments[1]
        return st.integers(limits.ge, limits.le)
    if origin is dict:
        return st.dictionaries(TEXT, values_of(arguments[1]), max_size=3)
    if declared is Delete:
        return st.just(Delete(""))  # its contents are not sent
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        members = typing.get_type_hints(declared, include_extras=True)
        return st.builds(declared, **{name: values_of(type_) for name, type_ in members.items()})
    return _plain(declared)


def _plain(declared: Any) -> st.SearchStrategy[Any]:
    if isinstance(declared, type) and issubclass(declared, enum.Enum):
        return st.sampled_from(declared)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT,
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        types.NoneType: st.none(),
        typing.Any: st.none() | TEXT | st.lists(TEXT, max_size=2),
    }
    return simple[declared]


events = st.builds(Event, id=TEXT, msg=values_of(EventMsg))
submissions = st.builds(Submission, id=TEXT, op=values_of(Op))
