"""Which word of a command line is the subcommand."""

from __future__ import annotations

import pytest

from codex.cli.words import find_nested

WORDS = ("resume", "fork")


@pytest.mark.parametrize(
    ("argv", "command", "arguments"),
    [
        ("resume ID", "resume", "ID"),
        ("-m x fork ID go", "fork", "-m x ID go"),
        ("--json-like resume ID", "resume", "--json-like ID"),
        ("--image a.png resume ID", "resume", "--image=a.png ID"),
        ("-i a.png b.png resume ID", "resume", "--image=a.png --image=b.png ID"),
        ("-i a.png -m x resume -i b.png -- ID -", "resume", "--image=a.png -m x -i b.png -- ID -"),
        ("--image=a.png resume ID", "resume", "--image=a.png ID"),
        ("explain resume", None, "explain resume"),
        ("- resume", None, "- resume"),
        ("-m resume", None, "-m resume"),
        ("-m resume resume", "resume", "-m resume"),
        ("-- resume", None, "-- resume"),
        ("--image=a.png explain resume", None, "--image=a.png explain resume"),
        ("", None, ""),
    ],
)
def test_a_subcommand_is_the_first_word_that_nothing_else_claims(
    argv: str, command: str | None, arguments: str
) -> None:
    found = find_nested(argv.split(), WORDS)
    assert (found.command, found.arguments) == (command, arguments.split())
