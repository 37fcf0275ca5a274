"""The terminal's bytes as keys, the clipboard, notifications, and one line to type into."""

from __future__ import annotations

import pytest
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from codex.config.types import TuiSettings
from codex.tui.dialogs.line_edit import LineEdit
from codex.tui.terminal.notifications import APPROVAL_REQUESTED, BELL, TURN_COMPLETE, Desktop
from codex.tui.terminal.terminal import KeyParser, clipboard, legacy_key


def keys_of(*pieces: str) -> tuple[list[str], list[bool]]:
    """The keys and the reports of focus that pieces of input make."""
    presses: list[KeyPress] = []
    focus: list[bool] = []
    parser = KeyParser(presses.append, focus.append)
    for piece in pieces:
        parser.feed(piece)
    parser.flush()
    return [str(getattr(press.key, "value", press.key)) for press in presses], focus


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("aé", ["a", "é"]),
        ("\x1b", ["escape"]),
        ("\x1b[A", ["up"]),
        ("\x1b[A\x1b[A", ["up", "up"]),
        ("\x1b[A\x1b[A\x1b[A", ["<scroll-up>"] * 3),
        ("\x1bOB\x1bOB\x1bOB\x1bOB", ["<scroll-down>"] * 4),
        ("\x1b[13;2u", ["escape", "c-m"]),
        ("\x1b[27;5;13~", ["escape", "c-m"]),
        ("\x1b[27u", ["escape"]),
        ("\x1b[99;5u", ["c-c"]),
        ("\x1b[121;3u", ["escape", "y"]),
        ("\x1b[27;5R", ["<cursor-position-response>"]),
        ("\x1b[<64;1;2M\x1b[<64;1Ma\x1b[<0;1;1m", ["a"]),
        ("\x1b[57414u\x1b[1;99Xa", ["a"]),
        ("\x1b]11;rgb:0/0/0\x07b", ["b"]),
        ("\x1b[200~\x1b[A\x1b[A\x1b[Ay\x1b[201~", ["<bracketed-paste>"]),
    ],
)
def test_bytes_become_keys_however_they_are_cut(text: str, keys: list[str]) -> None:
    assert keys_of(text)[0] == keys
    if "scroll" not in keys[0]:
        assert keys_of(*text)[0] == keys


@pytest.mark.parametrize("breaks", ["\r", "\n", "\r\n"])
def test_lines_at_once_are_a_paste(breaks: str) -> None:
    text = breaks.join(["one", "two", ""])
    presses: list[KeyPress] = []
    KeyParser(presses.append, lambda _: None).feed(text)
    assert [(press.key, press.data) for press in presses] == [(Keys.BracketedPaste, text)]


def test_a_line_at_once_is_typed_and_its_end_is_enter() -> None:
    assert keys_of("one\r")[0] == ["o", "n", "e", "c-m"]
    assert keys_of("\x1b[M !!a")[0] == ["a"]


def test_only_what_came_alone_was_pressed_by_itself() -> None:
    parser = KeyParser(lambda _: None, lambda _: None)
    seen = []
    for data in ("y", "yes", "y\r", "\x1b[A", "é", "\x1bOP"):
        parser.feed(data)
        seen.append(parser.is_burst)
    assert seen == [False, True, False, False, False, False]


def test_reports_of_focus_are_no_keys() -> None:
    assert keys_of("a\x1b[Ob\x1b[I") == (["a", "b"], [False, True])


@pytest.mark.parametrize("parameters", ["", "0", "1114112", "55296;5", "99;x", ";;", "233;5"])
def test_a_report_of_no_key_is_nothing_harmful(parameters: str) -> None:
    assert legacy_key(parameters) in ("", "c")


def test_a_text_that_is_too_long_for_the_clipboard_is_refused() -> None:
    assert clipboard("hi") == "\x1b]52;c;aGk=\x07"
    assert clipboard("x" * 80_000) is None


@pytest.mark.parametrize(
    ("settings", "environ", "expected"),
    [
        (TuiSettings(), {}, BELL),
        (TuiSettings(notifications=False), {}, ""),
        (TuiSettings(notifications=("approval-requested",)), {}, ""),
        (TuiSettings(notifications=("agent-turn-complete",)), {}, BELL),
        (TuiSettings(), {"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;done x\x07"),
        (TuiSettings(), {"TERM_PROGRAM": "iTerm.app", "TMUX": "x"}, BELL),
        (TuiSettings(notification_method="osc9"), {}, "\x1b]9;done x\x07"),
        (TuiSettings(notification_method="bel"), {"KITTY_WINDOW_ID": "1"}, BELL),
    ],
)
def test_a_notification_is_what_the_settings_and_the_terminal_allow(
    settings: TuiSettings, environ: dict[str, str], expected: str
) -> None:
    desktop = Desktop(settings, environ)
    assert desktop.sequence(TURN_COMPLETE, "done\nx") == ""
    desktop.has_focus = False
    assert desktop.sequence(TURN_COMPLETE, "done\nx") == expected


def test_always_is_also_while_somebody_looks() -> None:
    desktop = Desktop(TuiSettings(notification_condition="always"), {})
    assert desktop.sequence(APPROVAL_REQUESTED, "x") == BELL


def test_a_line_is_edited_by_the_usual_keys() -> None:
    edit = LineEdit("one two")
    for name, text in (
        ("c-w", "one "),
        ("x", "one x"),
        ("home", "one x"),
        ("delete", "ne x"),
        ("right", "ne x"),
        ("c-k", "n"),
        ("c-h", ""),
    ):
        assert edit.key(name, name)
        assert edit.text == text
    assert edit.key("<bracketed-paste>", "a\nb\x1b[2J")
    assert edit.text == "a b"
    assert edit.key("c-a", "")
    assert edit.key("c-u", "")
    assert not edit.key("f5", "")
