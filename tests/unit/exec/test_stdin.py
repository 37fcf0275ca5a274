"""Where the prompt comes from: contracts of the clients that start `codex exec`."""

from __future__ import annotations

import io
import os
import socket
from typing import TYPE_CHECKING

import pytest

from codex.base.errors import CodexError
from codex.exec import stdin
from codex.exec.stdin import read_prompt
from tests.support.hosts import Terminal, make_host, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

Pipe = tuple["TextIO", "TextIO"]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe's ends: the program's standard input, and the other program's."""
    reader, writer = os.pipe()
    with open(reader, encoding="utf-8") as inner, open(writer, "w", encoding="utf-8") as outer:
        yield inner, outer


def test_an_argument_is_the_prompt_when_nothing_is_piped() -> None:
    with open(os.devnull, encoding="utf-8") as nothing:
        host = make_host(stdin=nothing)
        assert read_prompt(host, "do it") == "do it"
    assert written(host.stderr) == ""


@pytest.mark.parametrize("argument", [None, "-"])
def test_without_an_argument_all_of_stdin_is_the_prompt(pipe: Pipe, argument: str | None) -> None:
    inner, outer = pipe
    outer.write("\ufeffwhat the pipe says\nü\n")
    outer.close()
    host = make_host(stdin=inner)
    assert read_prompt(host, argument) == "what the pipe says\nü\n"
    assert written(host.stderr) == "Reading prompt from stdin...\n"


def test_a_pipe_beside_an_argument_is_added(pipe: Pipe) -> None:
    inner, outer = pipe
    outer.write("log line\n")
    outer.close()
    host = make_host(stdin=inner)
    assert read_prompt(host, "explain") == "explain\n\n<stdin>\nlog line\n</stdin>"
    assert written(host.stderr) == "Reading additional input from stdin...\n"


def test_the_end_of_the_block_has_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no line end", encoding="utf-8")
    with open(tmp_path / "log", encoding="utf-8") as file:
        prompt = read_prompt(make_host(stdin=file), "explain")
    assert prompt == "explain\n\n<stdin>\nno line end\n</stdin>"


def test_an_open_silent_pipe_beside_an_argument_is_given_up(pipe: Pipe) -> None:
    host = make_host(stdin=pipe[0])
    assert read_prompt(host, "do it") == "do it"
    assert written(host.stderr) == ""


def test_an_open_silent_socket_beside_an_argument_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdin, "GRACE_S", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("r", encoding="utf-8") as stream:
        assert read_prompt(make_host(stdin=stream), "do it") == "do it"


def test_a_closed_pipe_beside_an_argument_does_not_wait(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdin, "GRACE_S", 3600)
    inner, outer = pipe
    outer.close()
    host = make_host(stdin=inner)
    assert read_prompt(host, "do it") == "do it"
    assert written(host.stderr) == ""


def test_blank_input_beside_an_argument_is_left_out(pipe: Pipe) -> None:
    inner, outer = pipe
    outer.write(" \n")
    outer.close()
    assert read_prompt(make_host(stdin=inner), "do it") == "do it"


def test_an_empty_stdin_is_no_prompt(pipe: Pipe) -> None:
    inner, outer = pipe
    outer.close()
    with pytest.raises(CodexError, match=r"No prompt provided via stdin\."):
        read_prompt(make_host(stdin=inner), None)


def test_a_terminal_is_not_waited_for() -> None:
    with pytest.raises(CodexError, match="no prompt given"):
        read_prompt(make_host(stdin=Terminal()), None)


def test_a_blank_argument_is_no_prompt() -> None:
    with open(os.devnull, encoding="utf-8") as nothing, pytest.raises(CodexError, match="empty"):
        read_prompt(make_host(stdin=nothing), " ")


def test_bytes_that_are_no_text_do_not_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "bin").write_bytes(b"a\xffb")
    with open(tmp_path / "bin", "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8") as file:
        assert read_prompt(make_host(stdin=file), None) == "a\ufffdb"
