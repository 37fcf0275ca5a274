from __future__ import annotations

from codex.protocol.ops import GetHistoryEntriesRequest, Op, ReloadHistory
from codex.protocol.replies import GetHistoryEntriesResponse, HistoryReloaded
from codex.tui.composer.recall import AHEAD, PAGE, Recall
from tests.support.history import configured, entry, page


def with_log(count: int, log_id: int = 1) -> tuple[Recall, list[Op]]:
    sent: list[Op] = []
    recall = Recall(sent.append)
    recall.handle(configured(log_id=log_id, count=count), "")
    return recall, sent


def with_local(*texts: str) -> Recall:
    recall = Recall(lambda _: None)
    for text in texts:
        recall.submitted(text, text)
    return recall


def test_up_walks_back_and_down_walks_forth_to_the_draft() -> None:
    recall = with_local("one", "two")
    assert recall.older("half a thou") == "two"
    assert recall.older("two") == "one"
    assert recall.older("one") is None
    assert recall.newer("one") == "two"
    assert recall.newer("two") == "half a thou"
    assert recall.newer("half a thou") is None


def test_without_entries_there_is_nothing_to_show() -> None:
    recall = Recall(lambda _: None)
    assert recall.older("x") is None
    assert recall.newer("x") is None


def test_an_entry_of_the_file_is_asked_for_and_shown_when_it_comes() -> None:
    recall, sent = with_log(3)
    assert recall.older("") is None
    assert sent == [GetHistoryEntriesRequest(1, 0, 3)]
    assert recall.handle(page(sent[0], ["a", "b", "c"]), "") == "c"
    assert recall.older("c") == "b"
    assert len(sent) == 1


def test_steps_made_while_waiting_are_made_up_for() -> None:
    recall, sent = with_log(3)
    recall.older("")
    recall.older("")
    assert recall.handle(page(sent[0], ["a", "b", "c"]), "") == "b"


def test_up_and_down_while_waiting_leave_the_draft() -> None:
    recall, sent = with_log(3)
    recall.older("draft")
    recall.newer("draft")
    assert recall.handle(page(sent[0], ["a", "b", "c"]), "draft") is None
    assert recall.older("draft") == "c"


def test_a_late_answer_does_not_overwrite_what_was_typed_meanwhile() -> None:
    recall, sent = with_log(1)
    recall.older("")
    assert recall.handle(page(sent[0], ["old"]), "typed") is None
    assert recall.older("typed") == "old"
    assert recall.newer("old") == "typed"


def test_a_late_answer_is_not_placed_when_the_user_has_gone_on() -> None:
    recall, sent = with_log(1)
    recall.older("")
    recall.stop_waiting()
    assert recall.handle(page(sent[0], ["old"]), "") is None


def test_editing_an_entry_ends_the_walk_and_keeps_the_draft_as_an_entry() -> None:
    recall = with_local("old")
    recall.older("draft")
    assert recall.older("old, edited") == "draft"
    assert recall.newer("draft") == "old, edited"


def test_sending_an_entry_keeps_the_draft_as_an_entry() -> None:
    recall = with_local("old")
    recall.older("draft")
    recall.submitted("old", "old")
    assert recall.older("") == "old"
    assert recall.older("old") == "draft"


def test_a_text_that_gives_way_to_another_is_kept() -> None:
    recall = Recall(lambda _: None)
    recall.displaced("mine")
    recall.displaced("  ")
    assert recall.local == ("mine",)


def test_an_entry_that_gives_way_is_not_kept_twice_but_the_draft_is() -> None:
    recall = with_local("one", "two")
    recall.older("draft")
    recall.older("two")
    recall.displaced("one")
    assert recall.local == ("one", "two", "draft")


def test_duplicates_in_a_row_are_shown_once() -> None:
    assert with_local("a", "b", "b").local == ("a", "b")
    recall, sent = with_log(4)
    recall.submitted("same", "same")
    assert recall.older("") == "same"
    recall.older("same")
    assert recall.handle(page(sent[0], ["x", "same", "x", "same"]), "same") == "x"
    assert recall.older("x") == "same"


def test_what_was_sent_before_the_session_is_configured_is_kept() -> None:
    recall = with_local("early")
    recall.handle(configured(count=5), "")
    assert recall.older("") == "early"


def test_unreadable_entries_are_passed_over() -> None:
    recall, sent = with_log(3)
    recall.older("")
    assert recall.handle(page(sent[0], ["a", None, None]), "") == "a"


def test_the_next_page_is_asked_for_before_it_is_needed() -> None:
    log = [f"entry {number}" for number in range(200)]
    recall, sent = with_log(200)
    recall.older("")
    shown = recall.handle(page(sent[0], log), "")
    steps = 0
    while len(sent) == 1:
        assert shown is not None
        shown = recall.older(shown)
        steps += 1
    assert PAGE - AHEAD - 2 <= steps < PAGE
    assert sent[1] == GetHistoryEntriesRequest(1, 100, PAGE)


def test_the_whole_log_can_be_walked() -> None:
    log = [f"entry {number}" for number in range(123)]
    recall, sent = with_log(123)
    seen: list[str] = []
    text = ""
    for _ in range(400):
        placed = recall.older(text)
        while placed is None and sent:
            placed = recall.handle(page(sent.pop(0), log), text)
        if placed is None:
            break
        text = placed
        seen.append(text)
    assert seen == log[::-1]


def test_an_answer_about_another_log_or_page_is_ignored() -> None:
    recall, sent = with_log(2)
    recall.older("")
    other = GetHistoryEntriesResponse(9, 0, (entry("x"), entry("y")))
    assert recall.handle(other, "") is None
    unasked = GetHistoryEntriesResponse(1, 1, (entry("x"),))
    assert recall.handle(unasked, "") is None
    assert recall.handle(page(sent[0], ["a", "b"]), "") == "b"


def test_a_log_that_is_another_by_now_is_asked_for_anew() -> None:
    recall, sent = with_log(2)
    recall.older("")
    assert recall.handle(GetHistoryEntriesResponse(1, 0, ()), "") is None
    assert sent.pop() == ReloadHistory()
    recall.handle(HistoryReloaded(2, 1), "")
    assert recall.handle(page(sent[-1], ["new"]), "") == "new"


def test_a_log_that_gives_nothing_twice_is_done_without() -> None:
    recall, sent = with_log(2)
    recall.older("")
    recall.handle(GetHistoryEntriesResponse(1, 0, ()), "")
    recall.handle(HistoryReloaded(1, 2), "")
    recall.handle(GetHistoryEntriesResponse(1, 0, ()), "")
    assert recall.older("") is None
    assert [type(op) for op in sent].count(ReloadHistory) == 1


def test_reloading_brings_the_entries_of_other_sessions_and_ours_once() -> None:
    recall, _ = with_log(0)
    recall.submitted("ours", "ours")
    recall.handle(HistoryReloaded(1, 2), "")
    assert recall.older("") == "ours"
    recall.older("ours")
    answer = GetHistoryEntriesResponse(1, 0, (entry("theirs"), entry("ours", session_id="here")))
    assert recall.handle(answer, "ours") == "theirs"


def test_reloading_during_a_walk_goes_on_from_the_same_entry() -> None:
    recall, sent = with_log(2)
    recall.older("")
    recall.handle(page(sent.pop(), ["a", "b"]), "")
    recall.handle(HistoryReloaded(1, 3), "b")
    assert recall.older("b") is None
    assert recall.handle(page(sent.pop(), ["a", "b", "c"]), "b") == "a"
    assert recall.newer("a") == "b"


def test_a_log_that_was_rotated_during_a_walk_keeps_the_draft() -> None:
    recall, sent = with_log(2)
    recall.older("draft")
    recall.handle(page(sent.pop(), ["a", "b"]), "draft")
    recall.handle(HistoryReloaded(2, 1), "b")
    assert recall.newer("b") == "draft"


def test_the_shown_entry_is_known_as_such_until_it_is_edited() -> None:
    recall = with_local("/status")
    recall.older("")
    assert recall.is_browsing("/status")
    assert not recall.is_browsing("/statu")
