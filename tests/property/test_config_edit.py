"""Any config.toml keeps all its data and all its other lines when a server is added or removed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import tomli
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from codex.config.edit import remove_table, set_table

KEYS = st.text("abc-_. \"'#[]=\n", min_size=1, max_size=4)
SCALARS = st.text(max_size=8) | st.integers(-9, 9) | st.booleans() | st.floats(-1, 1)
VALUES = SCALARS | st.lists(SCALARS, max_size=3)
TABLES = st.dictionaries(KEYS, VALUES, max_size=3)
FILES = st.dictionaries(
    KEYS, VALUES | TABLES | st.lists(TABLES, min_size=1, max_size=2), max_size=4
)
SECTION = "mcp_servers"


@given(
    FILES,
    st.dictionaries(KEYS, TABLES, max_size=3),
    KEYS,
    TABLES,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_all_else_stays(
    rest: dict[str, Any],
    servers: dict[str, Any],
    name: str,
    values: dict[str, Any],
    newline: str,
    has_comments: bool,
) -> None:
    before = {**rest, SECTION: servers} if servers else rest
    text = tomlkit.dumps(before)
    if has_comments:
        text = "# the first line\n" + text + "\n# the last line\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(text, encoding="utf-8", newline=newline)
        before = tomli.loads(path.read_bytes().decode())
        old_servers = before.get(SECTION, {})
        assert set_table(str(path), SECTION, name, values) == (name in old_servers)
        after = path.read_bytes().decode()
        assert tomli.loads(after) == {**before, SECTION: {**old_servers, name: values}}
        assert after.startswith("# the first line") == has_comments
        assert ("# the last line" in after) == has_comments
        assert remove_table(str(path), SECTION, name)
        left = {key: table for key, table in old_servers.items() if key != name}
        found = tomli.loads(path.read_bytes().decode())
        assert found.pop(SECTION, {}) == left
        assert found == {key: value for key, value in before.items() if key != SECTION}
