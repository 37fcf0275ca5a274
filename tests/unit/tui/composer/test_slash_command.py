from __future__ import annotations

import pytest

from codex.tui.composer.slash_command import (
    COMMANDS,
    command_word,
    matching_commands,
    nearest_command,
    parse_command,
)


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
    line = parse_command("/Rename  my session ")
    assert line is not None
    assert line.command is not None
    assert (line.command.name, line.args) == ("rename", "my session")


def test_an_unknown_command_is_one_without_an_entry() -> None:
    line = parse_command("/nope x")
    assert line is not None
    assert line.command is None
    assert parse_command("hello") is None


def test_beginnings_come_before_what_is_inside() -> None:
    assert [named.name for named in matching_commands("re")] == ["rename", "resume"]
    assert [named.name for named in matching_commands("st")] == ["status", "history"]
    assert [named.name for named in matching_commands("ex")] == ["exit", "export"]
    assert matching_commands("zzz") == ()


def test_the_whole_menu_holds_each_command_once_in_order() -> None:
    names = [named.name for named in matching_commands("")]
    assert names == sorted(command.name for command in COMMANDS)


def test_the_nearest_name() -> None:
    assert nearest_command("modle") == "model"
    assert nearest_command("Histroy") == "history"
    assert nearest_command("qqqqqq") is None
