from __future__ import annotations

import pytest

from codex.tui.drawing.links import is_file_link, with_links


def test_a_citation_becomes_a_link_to_its_first_line() -> None:
    text = with_links("see 【F:src/../a_b.py†L10-L20】.", opener="vscode", cwd="/r")
    assert text == r"see [src/../a\_b.py:10](<vscode://file/r/a_b.py:10>) ."


@pytest.mark.parametrize("citation", ["【F:/x y†L1】", "【F:/x y†L1-L?】", "【F:/x y†L1-L2】"])
def test_every_form_is_known(citation: str) -> None:
    assert with_links(citation, opener="cursor", cwd="/r") == "[/x y:1](<cursor://file/x%20y:1>) "


@pytest.mark.parametrize("opener", ["none", "", "emacs"])
def test_without_an_opener_citations_stay(opener: str) -> None:
    assert with_links("【F:a†L1】", opener=opener, cwd="/r") == "【F:a†L1】"


def test_other_brackets_stay() -> None:
    assert with_links("【a】【F:a†L】", opener="vscode", cwd="/r") == "【a】【F:a†L】"


def test_its_links_are_known_again() -> None:
    assert is_file_link("windsurf://file/a:1")
    assert not is_file_link("https://file/a:1")
