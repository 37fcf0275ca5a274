"""Key bytes in, text out, through a real prompt_toolkit Application."""

from __future__ import annotations

import pytest
from prompt_toolkit.data_structures import Point
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType

from codex.protocol.ops import AddToHistory
from codex.tui.composer.draft import Draft
from tests.support.screen.composer import DOWN, ESC, LEFT, RIGHT, UP, ComposerDriver

HOME, END = "\x1b[H", "\x1b[F"


@pytest.mark.parametrize(
    ("name", "keys", "text"),
    [
        ("Ctrl+J", "a\nb", "a\nb"),
        ("Alt+Enter", "a\x1b\rb", "a\nb"),
        ("Shift+Enter, kitty", "a\x1b[13;2ub", "a\nb"),
        ("Shift+Enter, xterm", "a\x1b[27;2;13~b", "a\nb"),
        ("Ctrl+Enter, kitty", "a\x1b[13;5ub", "a\nb"),
        ("Ctrl+Enter, xterm", "a\x1b[27;5;13~b", "a\nb"),
        ("backslash and Enter", "a\\\rb", "a\nb"),
        ("Backspace", "ab\x7f", "a"),
        ("Ctrl+H", "ab\x08", "a"),
        ("Delete", "ab\x01\x1b[3~", "b"),
        ("Ctrl+D before text", "ab\x01\x04", "b"),
        ("Ctrl+A", "b\x01a", "ab"),
        ("Ctrl+E", "b\x01\x05c", "bc"),
        ("Home", f"b{HOME}a", "ab"),
        ("End", f"b{HOME}{END}c", "bc"),
        ("Ctrl+A stays in its line", "one\ntwo\x01x", "one\nxtwo"),
        ("Left", f"ac{LEFT}b", "abc"),
        ("Right", f"ac\x01{RIGHT}b", "abc"),
        ("Ctrl+B", "ac\x02b", "abc"),
        ("Ctrl+F", "ac\x01\x06b", "abc"),
        ("Alt+B", "one two\x1bbx", "one xtwo"),
        ("Alt+F", "one two\x01\x1bfx", "onex two"),
        ("Ctrl+Left", "one two\x1b[1;5Dx", "one xtwo"),
        ("Ctrl+Right", "one two\x01\x1b[1;5Cx", "onex two"),
        ("Ctrl+U", "one\ntwo\x15", "one\n"),
        ("Ctrl+U keeps what is behind the cursor", f"ab{LEFT}\x15", "b"),
        ("Ctrl+K", "one two\x01\x0b", ""),
        ("Ctrl+K stays in its line", f"one\ntwo{UP}\x01\x0bx", "x\ntwo"),
        ("Ctrl+W", "one two-three\x17", "one "),
        ("Alt+Backspace", "one two-three\x1b\x7f", "one two-"),
        ("Alt+D", "one two\x01\x1bd", " two"),
        ("Ctrl+Y", "one two\x17\x01\x19", "twoone "),
        ("Ctrl+T", "ab\x14", "ba"),
        ("Alt+U", "ab\x01\x1bu", "AB"),
        ("Alt+<", "one\ntwo\x1b<x", "xone\ntwo"),
        ("Alt+>", "one\ntwo\x1b<\x1b>x", "one\ntwox"),
        ("Up within the text", f"one\ntwo{UP}x", "onex\ntwo"),
        ("Down within the text", f"one\ntwo{UP}{DOWN}x", "one\ntwox"),
        ("Ctrl+P and Ctrl+N", "one\ntwo\x10\x0ex", "one\ntwox"),
        ("Ctrl+_", "one two\x1f", "one"),
        ("undo of a deletion", "one two\x15\x1f", "one two"),
        ("Alt+_", "one two\x1f\x1b_", "one two"),
        ("Tab", "a\tb", "ab"),
        ("Shift+Tab", "a\x1b[Zb", "ab"),
        ("Ctrl+Q, Ctrl+O, Ctrl+V", "a\x11\x0f\x16b", "ab"),
        ("Alt+digit", "a\x1b3b", "ab"),
        ("Alt+#", "a\x1b#b", "ab"),
        ("Esc", f"ab{ESC}", "ab"),
        ("wide characters and emoji", "日本\x7f👍🏽", "日👍🏽"),
        ("a half of a character", "a\udc80b", "ab"),
    ],
)
def test_the_key(name: str, keys: str, text: str) -> None:
    driver = ComposerDriver()
    assert driver.run(keys) == text, name
    assert not driver.drafts


def test_enter_sends_and_records() -> None:
    driver = ComposerDriver()
    assert driver.run("hello\nworld\r") == ""
    assert driver.drafts == [Draft("hello\nworld")]
    assert driver.ops == [AddToHistory("hello\nworld")]


def test_enter_sends_nothing_when_nothing_is_written() -> None:
    driver = ComposerDriver()
    assert driver.run("\r \r") == " "
    assert not driver.drafts


def test_enter_steers_and_tab_queues_while_a_task_runs() -> None:
    driver = ComposerDriver()
    driver.composer.is_busy = True
    driver.run("one\rtwo\t")
    assert driver.drafts == [Draft("one", mode="steer"), Draft("two", mode="queue")]


def test_what_was_sent_cannot_be_undone_into_the_editor() -> None:
    assert ComposerDriver().run("secret plan\r\x1f\x1f\x19") == ""


def test_two_backslashes_are_no_newline() -> None:
    driver = ComposerDriver()
    driver.run("C:\\\\\r")
    assert driver.drafts == [Draft("C:\\\\")]


def test_up_moves_by_rows_of_the_screen() -> None:
    driver = ComposerDriver(columns=12)
    driver.screen()
    assert driver.run(f"aaaa bbbb cccc{UP}x") == "aaaax bbbb cccc"


def test_a_bang_is_a_command_of_the_users() -> None:
    driver = ComposerDriver()
    driver.run("! ls -l\r")
    assert driver.drafts == [Draft("ls -l", is_shell=True)]
    assert driver.ops == [AddToHistory("! ls -l")]


def test_a_bang_alone_is_not_sent() -> None:
    driver = ComposerDriver()
    assert driver.run("!\r") == "!"
    assert not driver.drafts
    assert "Type a command" in driver.notices[0]


def test_ctrl_g_hands_the_text_to_the_editor_and_takes_it_back() -> None:
    driver = ComposerDriver()
    assert driver.run("draft\x07") == "draft"
    assert driver.edited == ["draft"]
    assert driver.run(lambda: driver.composer.finish_editor("better\r\ndraft")) == "better\ndraft"
    assert driver.run("\x1f") == "draft"


def test_typing_goes_on_while_a_task_runs_and_after() -> None:
    driver = ComposerDriver()

    def toggle() -> None:
        driver.composer.is_busy = not driver.composer.is_busy

    assert driver.run("one ", toggle, "two ", toggle, "three") == "one two three"


def test_ctrl_c_empties_the_editor_and_up_brings_the_text_back() -> None:
    driver = ComposerDriver()
    assert driver.run("long draft", driver.composer.clear) == ""
    assert driver.composer.is_empty
    assert driver.run(UP) == "long draft"


def test_another_text_put_in_leaves_the_draft_to_be_recalled() -> None:
    driver = ComposerDriver()
    assert driver.run("draft", lambda: driver.composer.set_text("earlier")) == "earlier"
    assert driver.run(UP) == "draft"
    assert driver.run(DOWN) == "earlier"


def test_typing_takes_the_place_of_what_is_selected() -> None:
    shift_left, shift_home = "\x1b[1;2D", "\x1b[1;2H"
    assert ComposerDriver().run(f"abc{shift_left}{shift_left}x") == "ax"
    assert ComposerDriver().run(f"abc{shift_home}\x1b[200~y\x1b[201~") == "y"
    assert ComposerDriver().run(f"abc{shift_left}\x7f") == "ab"
    assert ComposerDriver().run(f"abc{shift_left}{LEFT}x") == "axbc"
    assert ComposerDriver().run(f"a\nb{shift_left}{UP}x") == "xa\nb"


@pytest.mark.parametrize(
    ("column", "row", "text"),
    [
        (3, 0, "日|本 bb\ncc"),
        (0, 0, "|日本 bb\ncc"),
        (99, 0, "日本 bb|\ncc"),
        (3, 1, "日本 bb\nc|c"),
        (0, 9, "日本 bb\ncc|"),
    ],
)
def test_a_click_puts_the_cursor_there(column: int, row: int, text: str) -> None:
    driver = ComposerDriver()
    driver.run("日本 bb\ncc")
    click = MouseEvent(Point(column, row), MouseEventType.MOUSE_UP, MouseButton.LEFT, frozenset())
    driver.composer.focus_target.content.mouse_handler(click)
    assert driver.run("|") == text
