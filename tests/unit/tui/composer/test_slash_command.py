from __future__ import annotations

import pytest

from codex.tui.composer.slash_command import CommandNames, command_word
from tests.support.screen.composer import COMMANDS

NAMES = CommandNames(COMMANDS)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("/status", "status"),
        ("/model gpt", "model"),
        ("/init\nmore", "init"),
        ("/", ""),
        ("/ x", ""),
        ("/usr/bin", None),
        ("//", None),
        (" /status", None),
        ("status", None),
        ("", None),
    ],
)
def test_the_word_after_the_slash(text: str, word: str | None) -> None:
    assert command_word(text) == word


def test_a_command_and_its_argument() -> None:
    line = NAMES.parse("/Rename  my session ")
    assert line is not None
    assert line.command is not None
    assert (line.command.name, line.args) == ("rename", "my session")


def test_an_unknown_command_is_one_without_an_entry() -> None:
    line = NAMES.parse("/nope x")
    assert line is not None
    assert line.command is None
    assert NAMES.parse("hello") is None


def test_beginnings_come_before_what_is_inside() -> None:
    assert [named.name for named in NAMES.matching("re")] == ["rename", "resume"]
    assert [named.name for named in NAMES.matching("st")] == ["status", "history"]
    assert [named.name for named in NAMES.matching("ex")] == ["exit", "export"]
    assert NAMES.matching("zzz") == ()


def test_the_whole_menu_holds_each_command_once_in_order() -> None:
    names = [named.name for named in NAMES.matching("")]
    assert names == sorted(command.name for command in COMMANDS)


def test_the_nearest_name() -> None:
    assert NAMES.nearest("modle") == "model"
    assert NAMES.nearest("Histroy") == "history"
    assert NAMES.nearest("qqqqqq") is None
