"""Up, Down and Ctrl+R in the composer, with an engine that answers when the test says so."""

from __future__ import annotations

import pytest

from codex.protocol.ops import AddToHistory, GetHistoryEntriesRequest, SearchHistoryRequest
from codex.protocol.replies import HistoryReloaded
from tests.support.history import configured, matches, page
from tests.support.screen.composer import DOWN, ESC, LEFT, UP, ComposerDriver

LOG = ["cargo test", "fix the\nparser", "/status", "find the bug"]


def with_log(driver: ComposerDriver) -> ComposerDriver:
    driver.composer.handle(configured(count=len(LOG)))
    return driver


def answer(driver: ComposerDriver) -> None:
    """The engine answers the last request."""
    op = driver.requests[-1]
    if isinstance(op, GetHistoryEntriesRequest):
        driver.composer.handle(page(op, LOG))
    else:
        driver.composer.handle(matches(op, LOG))


def test_up_and_down_walk_through_the_file_and_back_to_the_draft() -> None:
    driver = with_log(ComposerDriver())
    assert driver.run("dra", UP, lambda: answer(driver)) == "find the bug"
    assert driver.run(UP) == "/status"
    assert not driver.composer.has_menu
    assert driver.run(UP) == "fix the\nparser"
    assert driver.run(UP) == "cargo test"
    assert driver.run(UP) == "cargo test"
    assert driver.run(DOWN * 3) == "find the bug"
    assert driver.run(DOWN) == "dra"
    assert driver.run("ft") == "draft"


def test_a_late_answer_does_not_overwrite_typing() -> None:
    driver = with_log(ComposerDriver())
    assert driver.run(UP, "typed", lambda: answer(driver)) == "typed"


def test_a_late_answer_does_not_come_after_a_change_that_was_taken_back() -> None:
    driver = with_log(ComposerDriver())
    assert driver.run(UP, "x\x7f", lambda: answer(driver)) == ""


def test_in_an_entry_of_two_lines_the_cursor_can_be_moved() -> None:
    driver = with_log(ComposerDriver())
    driver.run(UP, lambda: answer(driver), UP * 2)
    assert driver.run(LEFT, UP, "x") == "fix txhe\nparser"


def test_a_recalled_command_can_be_run_and_edited() -> None:
    driver = with_log(ComposerDriver())
    driver.run(UP, lambda: answer(driver), UP)
    assert driver.run("\x7f") == "/statu"
    assert driver.composer.has_menu
    driver.run("\r")
    assert driver.drafts[0].text == "/status"


def test_the_prompt_of_the_command_line_is_recorded_and_recalled() -> None:
    driver = ComposerDriver()
    driver.composer.remember("first prompt")
    assert driver.ops == [AddToHistory("first prompt")]
    driver.composer.handle(configured(count=0))
    assert driver.run(UP) == "first prompt"


def test_what_was_sent_is_recalled_without_asking_the_engine() -> None:
    driver = ComposerDriver()
    assert driver.run("one\rtwo\r", UP, UP) == "one"
    assert not driver.requests


def test_a_reloaded_history_is_walked_anew() -> None:
    driver = with_log(ComposerDriver())
    driver.run(lambda: driver.composer.handle(HistoryReloaded(2, 2)), UP)
    assert driver.requests == [GetHistoryEntriesRequest(2, 0, 2)]


def test_ctrl_r_finds_while_typing_and_enter_accepts() -> None:
    driver = with_log(ComposerDriver())
    driver.run("draft\x12", "fi", lambda: answer(driver))
    assert driver.requests == [SearchHistoryRequest(1, "f"), SearchHistoryRequest(1, "fi")]
    driver.run(lambda: answer(driver))
    assert driver.composer.text == "draft"
    assert "find the bug" in driver.screen()[-1]
    assert driver.run("\r") == "find the bug"
    assert not driver.drafts
    assert driver.run(UP) == "draft"


def test_ctrl_r_again_goes_back_and_ctrl_s_forth() -> None:
    driver = with_log(ComposerDriver())
    driver.run("\x12", "fi", lambda: answer(driver), lambda: answer(driver), "\x12")
    assert driver.screen()[-2:] == ["› fix the", "  parser"]
    driver.run("\x13")
    assert driver.screen()[-1] == "› find the bug"
    assert driver.run("\x12\r") == "fix the\nparser"


def test_the_search_line_says_what_is_looked_for_and_how_much_was_found() -> None:
    driver = with_log(ComposerDriver(columns=30))
    driver.run("\x12", "fi", lambda: answer(driver), lambda: answer(driver))
    assert driver.screen()[-2] == "history: fi                1/2"


@pytest.mark.parametrize("key", [ESC, "\x07", "\x03"])
def test_esc_and_ctrl_g_give_the_draft_back(key: str) -> None:
    driver = with_log(ComposerDriver())
    assert driver.run("draft\x12", "fi", lambda: answer(driver), key, "!") == "draft!"
    assert not driver.composer.has_popup


def test_a_search_that_finds_nothing_leaves_the_draft() -> None:
    driver = with_log(ComposerDriver())
    driver.run("draft\x12zzz", lambda: answer(driver), lambda: answer(driver))
    assert driver.screen()[-2].endswith("no match")
    assert driver.run("\r") == "draft"


def test_pasting_into_the_search_takes_the_first_line() -> None:
    driver = with_log(ComposerDriver())
    driver.run("\x12\x1b[200~cargo\r\nrm\x1b[201~", lambda: answer(driver))
    assert driver.requests == [SearchHistoryRequest(1, "cargo")]
    assert driver.run("\r") == "cargo test"


def test_a_search_while_the_history_is_reloaded_asks_again() -> None:
    driver = with_log(ComposerDriver())
    driver.run("\x12bug", lambda: driver.composer.handle(HistoryReloaded(2, 1)))
    assert driver.requests[-1] == SearchHistoryRequest(2, "bug")
