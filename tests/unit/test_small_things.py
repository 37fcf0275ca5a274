"""Durations, JSON bytes, repositories, the home directory."""

from __future__ import annotations

import io
import os
import pwd
from pathlib import Path

import pytest

from codex.base import jsonio
from codex.base.elapsed import format_duration
from codex.base.git import repository_root
from codex.base.host import Host
from tests.support.hosts import make_host


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0ms"),
        (999, "999ms"),
        (1500, "1.50s"),
        (59_999, "59.99s"),
        (60_000, "1m00s"),
        (75_000, "1m15s"),
        (3_601_000, "60m01s"),
    ],
)
def test_durations_read_naturally(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


def test_a_lone_surrogate_does_not_stop_json_from_being_written() -> None:
    assert jsonio.loads(jsonio.dumps({"a": ["x\ud800y"]})) == {"a": ["x?y"]}


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_what_is_read_can_be_written_again(start: str, end: str) -> None:
    text = start * 128 + "1" + end * 128
    assert jsonio.dumps(jsonio.loads(text)).decode() == text
    deeper = start + text + end
    for data in (deeper, deeper.encode()):
        with pytest.raises(ValueError, match="nested too deeply"):
            jsonio.loads(data)
    with pytest.raises(ValueError, match="nested too deeply"):
        jsonio.loads_leniently(deeper)


@pytest.mark.parametrize("text", ["{", "1" * 30, '["\\ud83d"' + "[" * 5000])
def test_the_lenient_reader_has_its_limits(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsonio.loads_leniently(text)


def test_the_lenient_reader_takes_halves_of_characters() -> None:
    assert jsonio.loads_leniently('{"a": ["\\ud83d", 1, 1.5, null]}') == {"a": ["?", 1, 1.5, None]}


def test_many_brackets_are_not_depth() -> None:
    assert len(jsonio.loads("[" + ",".join(["{}"] * 1000) + "]")) == 1000


def test_a_repository_is_found_from_below_whatever_kind_its_git_is(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert repository_root(str(below)) == str(tmp_path)


def test_no_repository_is_found_where_there_is_none(tmp_path: Path) -> None:
    root = repository_root(str(tmp_path))
    assert root is None or not str(root).startswith(str(tmp_path))


def test_home_comes_from_the_environment() -> None:
    host = Host((), {"HOME": "/h"}, "/", io.StringIO(), io.StringIO(), io.StringIO(), lambda: 0.0)
    assert host.home() == "/h"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}])
def test_without_one_there_home_comes_from_the_user_database(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    monkeypatch.setenv("HOME", "")
    host = make_host(environ=environ)
    assert host.home() == pwd.getpwuid(os.getuid()).pw_dir


def test_a_user_who_is_in_no_database_has_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert make_host().home() is None
