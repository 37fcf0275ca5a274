from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codex.tui.composer.fuzzy import Query


def ranked(text: str, *paths: str) -> list[str]:
    query = Query(text)
    lowered = [path.lower() for path in paths]
    fitting = query.fitting(lowered, range(len(paths)))
    return [paths[at] for at in sorted(fitting, key=lambda at: query.rank(paths[at], lowered[at]))]


def test_the_better_fit_comes_first() -> None:
    paths = [
        "a/parser.py",
        "a/my_parser.py",
        "a/unparsed.py",
        "parse/z.py",
        "a/p_a_r_s_e.py",
        "p/a/r/s/e",
    ]
    assert ranked("parse", *reversed(paths)) == paths


def test_capitals_do_not_matter_but_begin_words() -> None:
    assert ranked("VIEW", "a/preview.py", "a/ListView.py") == ["a/ListView.py", "a/preview.py"]


def test_a_slash_matches_folders() -> None:
    assert ranked("tui/comp", "codex/tui/composer/composer.py", "codex/tui_comp.py") == [
        "codex/tui/composer/composer.py"
    ]


def test_without_letters_the_nearest_files_come_first() -> None:
    assert ranked("", "a/b/c", "README.md", "a/b") == ["README.md", "a/b", "a/b/c"]


@given(st.text(max_size=6), st.text(max_size=20))
def test_what_fits_holds_the_letters_in_order(letters: str, path: str) -> None:
    rest = iter(path.lower())
    fits = all(char in rest for char in Query(letters).text)
    assert bool(Query(letters).fitting([path.lower()], [0])) == fits
    if fits:
        assert Query(letters).rank(path, path.lower()) >= 0


@given(st.text(max_size=3), st.text(max_size=3))
def test_a_longer_query_narrows(start: str, more: str) -> None:
    assert Query(start + more).narrows(Query(start)) or not (start + more).lower().startswith(
        start.lower()
    )
