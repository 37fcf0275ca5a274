"""Tables of config.toml changed without touching anything else."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
import tomli

from codex.base.errors import ConfigError
from codex.config.edit import remove_table, set_table

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "mcp_servers"
NEW: dict[str, Any] = {"command": "c", "args": ["1"], "env": {"A": "b c"}}
NEW_TEXT = '[mcp_servers.new]\ncommand = "c"\nargs = ["1"]\nenv = { A = "b c" }\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def set_new(path: Path, text: str) -> str:
    """Return the file after adding a server `new` to `text`."""
    path.write_bytes(text.encode())
    set_table(str(path), SECTION, "new", NEW)
    return path.read_bytes().decode()


def test_a_table_comes_after_its_siblings_with_a_blank_line_on_either_side(path: Path) -> None:
    before = '[mcp_servers.a]\ncommand = "x" # c\n\n[history]\npersistence = "none"\n'
    after = f'[mcp_servers.a]\ncommand = "x" # c\n\n{NEW_TEXT}\n[history]\npersistence = "none"\n'
    assert set_new(path, before) == after


def test_a_comment_above_the_next_table_stays_there(path: Path) -> None:
    before = '[mcp_servers.a]\ncommand = "x"\n\n# what is kept\n[history]\n'
    after = f'[mcp_servers.a]\ncommand = "x"\n\n{NEW_TEXT}\n# what is kept\n[history]\n'
    assert set_new(path, before) == after


@pytest.mark.parametrize("text", ["", "# only words\n", 'model = "x"'])
def test_a_first_table_comes_at_the_end(path: Path, text: str) -> None:
    start = f"{text.rstrip()}\n\n" if text else ""
    assert set_new(path, text) == start + NEW_TEXT


def test_a_table_that_is_there_is_replaced_in_its_place_with_what_is_below_it(path: Path) -> None:
    before = (
        '[a]\nb = 1\n\n[mcp_servers.new]\ncommand = "old"\n\n[c]\nd = 1\n\n'
        '[mcp_servers.new.tools.x]\napproval_mode = "prompt"\n'
    )
    assert set_new(path, before) == f"[a]\nb = 1\n\n{NEW_TEXT}\n[c]\nd = 1\n"


def test_line_ends_stay_those_of_the_file(path: Path) -> None:
    text = set_new(path, 'model = "x"\r\n\r\n[mcp_servers.a]\r\ncommand = "y"\r\n')
    assert text.count("\n") == text.count("\r\n") == 9


@pytest.mark.parametrize(
    "text",
    [
        'mcp_servers = {a = {command = "x"}} # words\nmodel = "x"\n',
        'mcp_servers.a.command = "x"\nmodel = "x"\n',
        'model = """\n[mcp_servers.new]\n"""\n[mcp_servers."new"]\ncommand = "o"\n',
    ],
)
def test_however_servers_are_written_one_is_added_and_removed(path: Path, text: str) -> None:
    before = tomli.loads(text)
    after = tomli.loads(set_new(path, text))
    assert after == {**before, SECTION: {**before[SECTION], "new": NEW}}
    assert remove_table(str(path), SECTION, "new")
    left = {name: table for name, table in before[SECTION].items() if name != "new"}
    found = tomli.loads(path.read_text())
    assert found.pop(SECTION, {}) == left
    assert found["model"] == before["model"]


@pytest.mark.parametrize("name", ["plain", "a b", "a.b", 'quo"te', "ü", "\x7f"])
def test_any_name_and_value_can_be_written(path: Path, name: str) -> None:
    values = {"command": f"\\{name}\n\t", "env": {name: name}, "enabled": True, "n": 1.5}
    assert not set_table(str(path), SECTION, name, values)
    assert tomli.loads(path.read_text()) == {SECTION: {name: values}}
    assert set_table(str(path), SECTION, name, NEW)
    assert tomli.loads(path.read_text()) == {SECTION: {name: NEW}}


def test_removing_leaves_no_gap(path: Path) -> None:
    path.write_text('[a]\nb = 1\n\n[mcp_servers.x]\ncommand = "x"\n\n[c]\nd = 1\n')
    assert remove_table(str(path), SECTION, "x")
    assert path.read_text() == "[a]\nb = 1\n\n[c]\nd = 1\n"
    assert not remove_table(str(path), SECTION, "x")


def test_a_link_stays_a_link_and_the_mode_stays_the_mode(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    real.write_text("")
    real.chmod(0o640)
    path.symlink_to(real)
    set_table(str(path), SECTION, "new", NEW)
    assert path.is_symlink()
    assert real.read_text() == NEW_TEXT
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "config.toml"
    set_table(str(path), SECTION, "new", NEW)
    assert path.stat().st_mode & 0o777 == 0o600


def test_broken_toml_is_left_as_it_is(path: Path) -> None:
    path.write_text("a = \n")
    with pytest.raises(ConfigError, match="Correct the file first"):
        set_table(str(path), SECTION, "new", NEW)
    assert path.read_text() == "a = \n"


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        set_table(str(path), SECTION, "new", NEW)


def test_no_change_of_several_at_once_is_lost(path: Path) -> None:
    threads = [
        threading.Thread(target=set_table, args=(str(path), SECTION, f"s{number}", NEW))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tomli.loads(path.read_text())[SECTION]) == 8
    assert os.listdir(path.parent) == ["config.toml"]
