"""When the headless output is coloured, and how."""

from __future__ import annotations

import pytest

from codex.exec.style import SGR_BOLD, SGR_GREEN, Painter, wants_color


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_flag_then_the_environment_then_the_terminal_decide(
    choice: str, environ: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert wants_color(choice, environ=environ, is_terminal=is_terminal) is expected


def test_each_line_is_painted_on_its_own() -> None:
    painted = Painter(has_color=True).paint("a\n\nb\n", SGR_BOLD, SGR_GREEN)
    assert painted == "\x1b[1;32ma\x1b[0m\n\n\x1b[1;32mb\x1b[0m\n"


def test_without_colour_nothing_is_added() -> None:
    assert Painter(has_color=False).paint("a", SGR_BOLD) == "a"
