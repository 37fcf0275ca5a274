"""The loose reading of shell text misses nothing that the strict one finds, and always ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codex.base.bash import split_script
from codex.core.safety.danger import MAX_WORDS, is_dangerous, possible_commands

SIGNS = "; && & || | ' \" \\ $( ) ` ( { } < > << <<- # = 2>&1"
WORDS = "EOF a= rm -f git push env bash -c find -exec eval x é if then"
PIECES = st.sampled_from([" ", "\t", "\n", *SIGNS.split(" "), *WORDS.split(" ")])
SCRIPTS = st.lists(PIECES, max_size=30).map("".join)


@given(SCRIPTS)
def test_what_is_plainly_a_command_is_among_the_possible_ones(script: str) -> None:
    possible = set(possible_commands(["bash", "-lc", script]))
    for command in split_script(script) or ():
        assert command[:MAX_WORDS] in possible or command[0] in ("{", "}", "!", "&", "time")


@given(SCRIPTS, SCRIPTS)
def test_deleting_by_force_is_found_whatever_stands_before_it_on_lines_of_its_own(
    before: str, after: str
) -> None:
    plain = split_script(before)
    if plain is not None and "\\" not in before[-1:]:
        assert is_dangerous(["bash", "-lc", f"{before}\nrm -f x\n{after}"])
