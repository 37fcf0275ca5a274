"""The fake source of bytes behaves like the body of a response."""

from __future__ import annotations

import pytest

from tests.support.model.pieces import Pieces


def test_pieces_come_one_a_read_and_then_the_end() -> None:
    pieces = Pieces([b"a", b"", b"b"])
    assert [pieces.read(), pieces.read(), pieces.read(), pieces.read()] == [b"a", b"b", b"", b""]


def test_an_error_takes_the_place_of_the_end() -> None:
    pieces = Pieces([b"a"], ConnectionResetError("gone"))
    assert pieces.read() == b"a"
    with pytest.raises(ConnectionResetError, match="gone"):
        pieces.read()


def test_its_fate_and_its_timeouts_are_remembered() -> None:
    pieces = Pieces([])
    assert pieces.fate == "open"
    pieces.set_timeout(2.0)
    pieces.release()
    assert (pieces.fate, pieces.timeouts) == ("released", [2.0])
    pieces.discard()
    assert pieces.fate == "discarded"
