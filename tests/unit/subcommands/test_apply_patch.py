"""The contract of `codex apply-patch`: what it reads, prints and returns."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from codex.subcommands.apply_patch import USAGE, run
from tests.support.hosts import Terminal, make_host, written

PATCH = "*** Begin Patch\n*** Add File: f\n+x\n*** End Patch\n"


def stdin_of(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=None)


def test_the_patch_may_be_the_argument(tmp_path: Path) -> None:
    host = make_host(tmp_path)
    assert run(host, PATCH) == 0
    assert written(host.stdout) == "Success. Updated the following files:\nA f\n"
    assert written(host.stderr) == ""
    assert (tmp_path / "f").read_text() == "x\n"


def test_the_patch_may_come_on_standard_input_byte_for_byte(tmp_path: Path) -> None:
    host = make_host(tmp_path, stdin=stdin_of(PATCH.replace("+x", "+x\r").encode()))
    assert run(host, None) == 0
    assert (tmp_path / "f").read_bytes() == b"x\r\n"


@pytest.mark.parametrize("argument", ["", " \n"])
def test_an_empty_patch_is_a_usage_error(tmp_path: Path, argument: str) -> None:
    for host, given in (
        (make_host(tmp_path), argument),
        (make_host(tmp_path, stdin=stdin_of(argument.encode())), None),
        (make_host(tmp_path, stdin=Terminal()), None),
    ):
        assert run(host, given) == 2
        assert written(host.stdout) == ""
        assert written(host.stderr) == USAGE


@pytest.mark.parametrize("up", ["../f", "{parent}/f"])
def test_nothing_is_written_outside_the_working_directory(tmp_path: Path, up: str) -> None:
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    host = make_host(cwd)
    name = up.format(parent=tmp_path)
    assert run(host, PATCH.replace("File: f", f"File: {name}")) == 1
    assert written(host.stderr) == (
        "The patch writes to paths outside the writable folders, to protected paths, or to files "
        f"with several hard links: '{tmp_path / 'f'}'\n"
    )
    assert not (tmp_path / "f").exists()


def test_a_failure_is_explained_on_stderr_alone(tmp_path: Path) -> None:
    host = make_host(tmp_path)
    assert run(host, "*** Begin Patch\n*** Delete File: f\n*** End Patch") == 1
    assert written(host.stdout) == ""
    assert written(host.stderr) == "Failed to delete 'f': there is no such file\n"


def test_input_that_is_no_text_is_a_failure(tmp_path: Path) -> None:
    host = make_host(tmp_path, stdin=stdin_of(b"\xff"))
    assert run(host, None) == 1
    assert written(host.stderr) == "Invalid patch: line 1 of standard input is not UTF-8\n"
    host = make_host(tmp_path)
    assert run(host, "*** Begin Patch\n*** Add File: \udcff\n*** End Patch") == 1
    assert "not valid Unicode" in written(host.stderr)


class BrokenInput(io.BytesIO):
    """A stream that cannot be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_input_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    host = make_host(tmp_path, stdin=io.TextIOWrapper(BrokenInput()))
    assert run(host, None) == 1
    assert written(host.stderr) == "Failed to read standard input: Input/output error\n"
