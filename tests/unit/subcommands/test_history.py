"""`codex history`: what people see, and what is deleted."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from codex.base.errors import ExitStatus
from codex.base.host import Host
from codex.cli.main import run
from tests.support.config_home import ConfigHome
from tests.support.hosts import Terminal


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def path_of(home: ConfigHome) -> Path:
    return home.codex_home / "history.jsonl"


def fill(home: ConfigHome, *texts: str) -> None:
    entries = ({"session_id": "s", "ts": 60 * n, "text": text} for n, text in enumerate(texts))
    path_of(home).write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def texts(home: ConfigHome) -> list[str]:
    return [json.loads(line)["text"] for line in path_of(home).read_text().splitlines()]


def history(home: ConfigHome, *argv: str) -> tuple[int, str, str]:
    """Run one command; its status, output and messages."""
    for stream in (home.stdout, home.stderr):
        stream.seek(0)
        stream.truncate()
    status = run(home.host("history", *argv))
    return status, home.stdout.getvalue(), home.stderr.getvalue()


def test_the_list_is_for_people_and_the_newest_is_last(home: ConfigHome) -> None:
    fill(home, "one", "two\nlines", "\x1b[31mred\x1b[0m\x07")
    assert history(home, "list") == (
        ExitStatus.DONE,
        "1  1970-01-01 00:00  one\n"
        "2  1970-01-01 00:01  two\n"
        "                     lines\n"
        "3  1970-01-01 00:02  red\\x07\n",
        "",
    )


def test_only_the_newest_are_listed_and_that_is_said(home: ConfigHome) -> None:
    fill(home, "one", "two", "three")
    status, out, err = history(home, "list", "-n", "2")
    assert (status, out.count("\n")) == (ExitStatus.DONE, 2)
    assert "two" in out
    assert err == "The newest 2 of 3; -n shows more.\n"
    assert history(home, "-n", "2", "list")[1] == out


def test_a_line_that_cannot_be_read_is_told_of(home: ConfigHome) -> None:
    fill(home, "one", "two")
    with path_of(home).open("a") as file:
        file.write('not json\n{"session_id":"s","ts":99999999999999999999,"text":"x"}\n')
    status, out, err = history(home, "list")
    assert (status, out.count("\n")) == (ExitStatus.DONE, 2)
    assert err == "Skipped 2 lines that cannot be read.\n"


def test_json_is_a_line_an_entry_with_its_number(home: ConfigHome) -> None:
    fill(home, "one", "two\nlines")
    _, out, _ = history(home, "list", "--json", "-n1")
    assert out == '{"number":2,"session_id":"s","ts":60,"text":"two\\nlines"}\n'


def test_a_time_far_away_is_no_obstacle(home: ConfigHome) -> None:
    path_of(home).write_text('{"session_id":"s","ts":9007199254740991,"text":"late"}\n')
    _, out, err = history(home, "list")
    assert (out.split()[-1], err) == ("late", "")


def test_a_search_takes_several_words_as_one_text(home: ConfigHome) -> None:
    fill(home, "Fix the bug", "fix a bug", "FIX THE tests")
    status, out, err = history(home, "search", "fix", "the")
    assert (status, err) == (ExitStatus.DONE, "")
    assert [row.split()[0] for row in out.splitlines()] == ["1", "3"]
    status, out, err = history(home, "search", "-n", "1", "fix")
    assert [row.split()[0] for row in out.splitlines()] == ["3"]
    assert "there may be more" in err
    assert history(home, "search", "nowhere") == (
        ExitStatus.FAILED,
        "",
        'No message contains "nowhere".\n',
    )


def test_the_path_is_printed_whether_or_not_it_is_there(home: ConfigHome) -> None:
    assert history(home, "path") == (ExitStatus.DONE, f"{path_of(home)}\n", "")


@pytest.mark.parametrize(
    ("argv", "status"),
    [(["list"], 0), (["search", "x"], 1), (["delete", "1"], 1), (["delete", "--all"], 1)],
)
def test_nothing_there_is_said(home: ConfigHome, argv: list[str], status: int) -> None:
    expected = f'There is no message history yet: "{path_of(home)}" does not exist.\n'
    assert history(home, *argv) == (status, "", expected)
    path_of(home).touch()
    expected = f'The message history "{path_of(home)}" is empty.\n'
    assert history(home, *argv) == (status, "", expected)


def test_a_link_is_refused(home: ConfigHome) -> None:
    path_of(home).symlink_to(os.devnull)
    status, out, err = history(home, "list")
    assert (status, out) == (ExitStatus.FAILED, "")
    assert err == f'Error: cannot use "{path_of(home)}": it is a symbolic link\n'


def test_numbers_are_deleted_into_a_new_file(home: ConfigHome) -> None:
    fill(home, "one", "two", "three", "four")
    inode = path_of(home).stat().st_ino
    assert history(home, "delete", "--yes", "2", "4", "2") == (0, "Deleted 2 messages.\n", "")
    assert texts(home) == ["one", "three"]
    assert path_of(home).stat().st_ino != inode


def test_a_number_that_is_not_there_deletes_nothing(home: ConfigHome) -> None:
    fill(home, "one", "two")
    status, out, err = history(home, "delete", "1", "3")
    assert (status, out) == (ExitStatus.FAILED, "")
    assert err.startswith("Error: there is no message 3: the history has 2\n")
    assert texts(home) == ["one", "two"]


def test_what_matches_is_deleted_and_what_does_not_is_said(home: ConfigHome) -> None:
    fill(home, "my Secret", "two", "SECRETS")
    assert history(home, "delete", "--yes", "--matching", "secret") == (
        0,
        "Deleted 2 messages.\n",
        "",
    )
    assert texts(home) == ["two"]
    status, out, err = history(home, "delete", "--yes", "--matching", "secret")
    assert (status, out, err) == (1, "", 'No message contains "secret".\n')


def test_all_is_all_also_what_cannot_be_read(home: ConfigHome) -> None:
    path_of(home).write_text('{"session_id":"s","ts":1,"text":"x"}\njunk\nunfini')
    assert history(home, "delete", "--yes", "--all")[:2] == (0, "Deleted 2 messages.\n")
    assert path_of(home).read_bytes() == b""


@pytest.mark.parametrize(
    "argv",
    [
        ["delete"],
        ["delete", "--all", "1"],
        ["delete", "--all", "--matching", "x"],
        ["delete", "0"],
        ["delete", "-1"],
        ["delete", "x"],
        ["list", "-n", "0"],
        ["list", "-n", "many"],
        ["list", "x"],
        ["search"],
        ["lst"],
        [],
    ],
)
def test_a_wrong_line_is_a_usage_error(home: ConfigHome, argv: list[str]) -> None:
    fill(home, "one")
    status, out, err = history(home, *argv)
    assert (status, out) == (ExitStatus.USAGE, "")
    assert err.startswith("Error: ")
    assert texts(home) == ["one"]


@pytest.mark.parametrize(("answer", "left"), [("y\n", ["one"]), ("n\n", None), ("", None)])
def test_a_person_is_shown_and_asked(home: ConfigHome, answer: str, left: list[str] | None) -> None:
    everything = ["one", *(f"x{number}" for number in range(12))]
    fill(home, *everything)
    host: Host = home.host("history", "delete", "--matching", "x")._replace(stdin=Terminal(answer))
    status = run(host)
    err = home.stderr.getvalue()
    assert "x0\n" in err
    assert "... and 2 more\nDelete 12 messages permanently? [y/N] " in err
    assert texts(home) == (left or everything)
    assert status == (ExitStatus.FAILED if left is None else ExitStatus.DONE)


def test_without_anybody_to_ask_nothing_is_deleted(home: ConfigHome) -> None:
    fill(home, "one", "two")
    status, out, err = history(home, "delete", "--all")
    assert (status, out) == (ExitStatus.FAILED, "")
    assert "there is no terminal to ask on" in err
    assert "--yes" in err
    assert texts(home) == ["one", "two"]


def test_a_person_who_is_sure_is_not_asked(home: ConfigHome) -> None:
    fill(home, "one")
    host: Host = home.host("history", "delete", "--yes", "1")._replace(stdin=Terminal("n\n"))
    assert run(host) == ExitStatus.DONE
    assert home.stderr.getvalue() == ""
    assert texts(home) == []


def test_a_history_that_changed_while_the_person_thought_is_left_alone(home: ConfigHome) -> None:
    class Thinking(Terminal):
        def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
            fill(home, "other", "one", "two")
            return "y\n"

    fill(home, "one", "two")
    host: Host = home.host("history", "delete", "1")._replace(stdin=Thinking())
    assert run(host) == ExitStatus.FAILED
    assert "the history has changed in the meantime; nothing was deleted" in home.stderr.getvalue()
    assert texts(home) == ["other", "one", "two"]
