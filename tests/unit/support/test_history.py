from __future__ import annotations

from codex.protocol.ops import GetHistoryEntriesRequest, SearchHistoryRequest
from tests.support.history import matches, page

LOG = ["a", "Fix b", "c", "fix d"]


def test_a_page_holds_the_entries_that_were_asked_for() -> None:
    answer = page(GetHistoryEntriesRequest(7, 1, 2), [*LOG[:2], None])
    assert (answer.log_id, answer.offset) == (7, 1)
    assert [entry and entry.text for entry in answer.entries] == ["Fix b", None]


def test_matches_are_the_newest_below_the_bound() -> None:
    answer = matches(SearchHistoryRequest(7, "fix", count=1), LOG)
    assert [match.offset for match in answer.matches] == [3]
    assert not answer.is_complete
    answer = matches(SearchHistoryRequest(7, "fix", before=3), LOG)
    assert [match.entry.text for match in answer.matches] == ["Fix b"]
    assert answer.is_complete
