"""`codex apply-patch` as a program: its streams and its exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.program import PATIENCE_S

if TYPE_CHECKING:
    from tests.support.program import Program

PATCH = "*** Begin Patch\n*** Update File: f\n@@\n-old\n+ñew\n*** End Patch\n"
LISTING = "Success. Updated the following files:\nM f\n"


@pytest.fixture(autouse=True)
def file(program: Program) -> None:
    (program.repo / "f").write_text("old\n", encoding="utf-8")


def content(program: Program) -> str:
    return (program.repo / "f").read_text(encoding="utf-8")


def test_0_when_it_is_applied(program: Program) -> None:
    result = program.run("apply-patch", PATCH)
    assert (result.returncode, result.stdout, result.stderr) == (0, LISTING, "")
    assert content(program) == "ñew\n"


def test_the_patch_may_come_on_standard_input(program: Program) -> None:
    result = program.run("apply-patch", text=PATCH)
    assert (result.returncode, result.stdout, result.stderr) == (0, LISTING, "")
    assert content(program) == "ñew\n"


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (PATCH.replace("-old", "-other"), "other"),
        (PATCH.replace("File: f", "File: missing"), "missing"),
        ("no patch", "*** Begin Patch"),
        (PATCH.replace("ñ", "\udcff"), "not valid Unicode"),
    ],
    ids=["does not fit", "no such file", "no patch", "not UTF-8"],
)
def test_1_when_it_cannot_be_applied(program: Program, patch: str, words: str) -> None:
    result = program.run("apply-patch", patch)
    assert (result.returncode, result.stdout) == (1, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert content(program) == "old\n"


def test_1_when_standard_input_cannot_be_read(program: Program) -> None:
    with open("/dev/null", "w", encoding="utf-8") as unreadable:
        process = program.start("apply-patch", stdin=unreadable)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (1, "")
    assert err == "Failed to read standard input: Bad file descriptor\n"


@pytest.mark.parametrize("arguments", [(), (PATCH, PATCH), ("",)])
def test_2_when_there_is_not_one_patch(program: Program, arguments: tuple[str, ...]) -> None:
    result = program.run("apply-patch", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "codex apply-patch" in result.stderr
    assert content(program) == "old\n"
