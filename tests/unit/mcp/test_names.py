"""Names of MCP tools in a form that a model's API accepts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex.mcp.names import ToolKey, fair_share, qualified_names

KEYS = st.builds(ToolKey, st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))


@given(st.lists(KEYS, max_size=8))
def test_every_tool_has_a_name_of_its_own_that_every_api_takes(keys: list[ToolKey]) -> None:
    names = qualified_names(keys)
    assert set(names.values()) == set(keys)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)


@given(st.lists(KEYS, max_size=8), st.randoms())
def test_names_do_not_depend_on_the_order(keys: list[ToolKey], random: object) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(qualified_names(keys).items()) == list(qualified_names(shuffled).items())


def test_a_name_that_fits_is_plain() -> None:
    assert list(qualified_names([ToolKey("files", "read_file")])) == ["mcp__files__read_file"]


def test_names_that_would_collide_are_told_apart() -> None:
    keys = [ToolKey("a", "b__c"), ToolKey("a__b", "c"), ToolKey("a", "x.y"), ToolKey("a", "x_y")]
    names = qualified_names(keys)
    assert len(names) == 4
    assert "mcp__a__x_y" in names


def test_a_name_that_is_taken_is_not_given_again() -> None:
    (name,) = qualified_names([ToolKey("a", "b")], taken=["mcp__a__b"])
    assert name != "mcp__a__b"
    assert name.startswith("mcp__a__b_")


def test_a_hash_that_is_taken_too_is_not_given_again() -> None:
    (first,) = qualified_names([ToolKey("a", "b")], taken=["mcp__a__b"])
    (second,) = qualified_names([ToolKey("a", "b")], taken=["mcp__a__b", first])
    assert second not in ("mcp__a__b", first)


@pytest.mark.parametrize(
    ("counts", "limit", "share"),
    [((), 10, 10), ((3, 4), 10, 10), ((3, 40), 10, 7), ((50, 40), 10, 5), ((1, 1, 1), 2, 0)],
)
def test_who_offers_little_leaves_the_rest_to_the_others(
    counts: tuple[int, ...], limit: int, share: int
) -> None:
    assert fair_share(counts, limit) == share


@given(st.lists(st.integers(0, 300), max_size=20), st.integers(0, 200))
def test_shares_never_exceed_the_limit(counts: list[int], limit: int) -> None:
    share = fair_share(counts, limit)
    assert sum(min(count, share) for count in counts) <= limit
