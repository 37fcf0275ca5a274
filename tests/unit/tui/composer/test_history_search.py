from __future__ import annotations

from codex.protocol.ops import Op, SearchHistoryRequest
from codex.tui.composer.history_search import HistorySearch
from tests.support.history import matches

LOG = [f"fix {number}" for number in range(120)]


def search(local: tuple[str, ...] = (), log_id: int | None = 1) -> tuple[HistorySearch, list[Op]]:
    sent: list[Op] = []
    return HistorySearch(sent.append, log_id=log_id, local=local), sent


def test_local_matches_are_there_at_once_newest_first_each_once() -> None:
    found, _ = search(("Fix a", "other", "fix b", "Fix a"), None)
    found.set_query("fix")
    assert found.shown == "Fix a"
    assert found.status == "1/2"
    found.older()
    assert found.shown == "fix b"
    found.older()
    assert found.shown == "fix b"
    found.newer()
    found.newer()
    assert found.shown == "Fix a"


def test_the_engine_gets_one_query_at_a_time_and_then_the_newest() -> None:
    found, sent = search()
    for query in ("f", "fi", "fix"):
        found.set_query(query)
    assert sent == [SearchHistoryRequest(1, "f")]
    assert found.status == "searching"
    found.handle(matches(sent[0], LOG))
    assert found.status == "searching"
    assert sent[1:] == [SearchHistoryRequest(1, "fix")]
    found.handle(matches(sent[1], LOG))
    assert found.shown == "fix 119"
    assert found.status == "1/50+"


def test_older_pages_are_asked_for_before_the_end() -> None:
    found, sent = search()
    found.set_query("fix")
    found.handle(matches(sent[0], LOG))
    seen = [found.shown]
    for _ in range(200):
        found.older()
        if len(sent) > 1:
            found.handle(matches(sent.pop(), LOG))
        seen.append(found.shown)
    assert list(dict.fromkeys(seen)) == LOG[::-1]
    assert found.status == "120/120"


def test_a_longer_query_keeps_what_still_fits_while_it_waits() -> None:
    found, sent = search()
    found.set_query("fix")
    found.handle(matches(sent[0], LOG))
    found.set_query("fix 7")
    assert found.shown == "fix 79"
    found.set_query("nothing of the kind")
    assert found.shown is None


def test_an_answer_about_another_log_is_ignored() -> None:
    found, sent = search()
    found.set_query("fix")
    answer = matches(sent[0], LOG)
    found.open_log(2)
    found.handle(answer)
    assert found.shown is None
    assert sent[-1] == SearchHistoryRequest(2, "fix")


def test_without_a_query_there_is_nothing_to_show() -> None:
    found, sent = search(("a",))
    found.set_query("a")
    found.set_query("")
    assert found.shown is None
    assert found.status == ""
    assert len(sent) == 1
