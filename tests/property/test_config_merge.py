"""Merging of settings, and the way from `-c` and TOML text to a checked table."""

from __future__ import annotations

from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from codex.base.errors import ConfigError
from codex.config.keys import CONFIG
from codex.config.merge import merge, overlay
from codex.config.overrides import parse_assignments
from codex.config.schema import Source, check, join_key

VALUES = st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2)
VALUE_KEYS = st.sampled_from(["a", "b", "sandbox_mode", "sandbox_permissions"])
# A checked key is always a table or never one, which is what makes merging associative.
TABLE_KEYS = st.sampled_from(["t", "u"])
TREES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(VALUE_KEYS, VALUES, max_size=3),
    lambda children: st.builds(
        lambda values, tables: {**values, **tables},
        st.dictionaries(VALUE_KEYS, VALUES, max_size=3),
        st.dictionaries(TABLE_KEYS, children, max_size=2),
    ),
    max_leaves=6,
)
LAYERS = TREES.filter(lambda tree: not {"sandbox_mode", "sandbox_permissions"} <= tree.keys())
SOURCE = Source(prefix="test: ", folder="/folder", home="/home")


def leaves(tree: dict[str, Any], prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return every value other than a table by its path; an empty table counts as a value."""
    found: dict[tuple[str, ...], Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            found.update(leaves(value, (*prefix, key)))
        else:
            found[*prefix, key] = value
    return found


@given(TREES, TREES, TREES)
def test_merging_is_associative(low: Any, middle: Any, high: Any) -> None:
    assert merge(merge(low, middle), high) == merge(low, merge(middle, high))


@given(LAYERS, LAYERS, LAYERS)
def test_overlaying_is_associative(low: Any, middle: Any, high: Any) -> None:
    assert overlay(overlay(low, middle), high) == overlay(low, overlay(middle, high))
    assert overlay(overlay(low, middle), high) == overlay(low, middle, high)


@given(TREES, TREES)
def test_the_upper_layer_wins_and_the_lower_one_shows_through(low: Any, high: Any) -> None:
    merged = leaves(merge(low, high))
    for path, value in leaves(high).items():
        if value != {}:
            assert merged[path] == value
    high_paths = leaves(high).keys()
    for path, value in merged.items():
        if path not in high_paths:
            assert leaves(low)[path] == value


@given(TREES, TREES)
def test_merging_leaves_its_arguments_alone(low: Any, high: Any) -> None:
    before = repr((low, high))
    merge(low, high)
    assert repr((low, high)) == before


@given(LAYERS, LAYERS)
def test_no_two_rivals_survive(low: Any, high: Any) -> None:
    assert not {"sandbox_mode", "sandbox_permissions"} <= overlay(low, high).keys()


def parse_value(text: str) -> Any:
    table = tomli.loads(f"value = {text}")
    if len(table) != 1:
        raise ValueError(text)
    return table["value"]


KEY_PARTS = st.lists(st.text(min_size=1).filter(lambda part: part.isprintable()), min_size=1)


@given(KEY_PARTS, st.integers())
def test_a_key_written_as_toml_is_read_back(parts: list[str], value: int) -> None:
    dotted = ""
    for part in parts:
        dotted = join_key(dotted, part)
    if "=" in dotted:  # The first one ends the key, quoted or not.
        return
    expected: Any = value
    for part in reversed(parts):
        expected = {part: expected}
    assert parse_assignments([f"{dotted}={value}"], parse_value) == expected


@given(st.text())
def test_any_assignment_is_read_or_refused(text: str) -> None:
    try:
        table = parse_assignments([text], parse_value)
    except ConfigError as error:
        refusal = str(error)
    else:
        assert len(table) == 1
        return
    assert refusal.startswith("-c ")


REAL_KEYS = st.sampled_from([*CONFIG.keys, *CONFIG.aliases, "unheard_of"])
ANYTHING = st.recursive(
    st.integers() | st.booleans() | st.floats() | st.text(max_size=5) | st.just("read-only"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(REAL_KEYS, children),
    max_leaves=6,
)


@given(st.dictionaries(REAL_KEYS, ANYTHING, max_size=3))
def test_any_table_is_checked_or_refused_by_name(table: dict[str, Any]) -> None:
    try:
        settings, warnings = check(table, CONFIG, SOURCE)
    except ConfigError as error:
        refusal = str(error)
    else:
        assert settings.keys() <= CONFIG.keys.keys()
        assert all(warning.startswith("test: ") for warning in warnings)
        return
    assert refusal.startswith("test: ")
    assert "expected" in refusal


def test_what_was_checked_stands_a_second_check() -> None:
    table = {
        "approval_policy": "untrusted",
        "model_instructions_file": "~/base.md",
        "sandbox_permissions": ["disk-write-folder=x"],
        "model_providers": {"p": {"base_url": "http://p/"}},
    }
    once, _ = check(table, CONFIG, SOURCE)
    twice, _ = check(once, CONFIG, SOURCE)
    assert once == twice
    assert once["model_instructions_file"] == "/home/base.md"


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "a.b", "ä"])
def test_names_that_are_no_bare_keys_are_quoted(name: str) -> None:
    text = f"{join_key('t', name)} = 1"
    assert tomli.loads(text) == {"t": {name: 1}}
