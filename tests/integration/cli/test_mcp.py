"""`codex mcp list|get|add|remove` as a person and a script use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import tomli

if TYPE_CHECKING:
    from typing import Any

    from tests.support.program import Program

CONFIG = """\
# my settings
model = "m"

[mcp_servers.git]
command = "uvx"
args = ["mcp-server-git", "a b"]
env = { TOKEN = "secret-1" }

[mcp_servers.docs]
url = "https://user:secret-2@docs.example/mcp?key=secret-3"
enabled = false
http_headers = { X-Key = "secret-4" }

[mcp_servers.need]
command = "need"
required = true

[history] # what is kept
persistence = "none"
"""


def servers(program: Program) -> dict[str, Any]:
    """Return the servers in config.toml."""
    found: dict[str, Any] = tomli.loads((program.home / "config.toml").read_text())["mcp_servers"]
    return found


def test_a_list_for_people_and_for_programs_shows_no_secret(program: Program) -> None:
    program.configure(CONFIG)
    shown = program.run("mcp", "list")
    assert shown.stdout.splitlines() == [
        "name  status    where",
        "docs  disabled  https://docs.example/mcp",
        "git   enabled   uvx mcp-server-git 'a b'",
        "need  required  need",
    ]
    listed = program.run("mcp", "list", "--json")
    found = {server["name"]: server for server in json.loads(listed.stdout)}
    assert found["git"]["args"] == ["mcp-server-git", "a b"]
    assert found["git"]["env"] == {"TOKEN": "*****"}
    one = program.run("mcp", "get", "docs")
    assert "enabled: false" in one.stdout
    for text in (shown.stdout, listed.stdout, one.stdout):
        assert "secret" not in text


def test_no_server_is_no_error(program: Program) -> None:
    shown = program.run("mcp", "list")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "codex mcp add" in shown.stderr
    assert json.loads(program.run("mcp", "list", "--json").stdout) == []


def test_a_server_is_added_replaced_and_removed_and_all_else_stays(program: Program) -> None:
    program.configure(CONFIG)
    added = program.run("mcp", "add", "new", "--env", "A=b=c", "--", "npx", "-y", "--url", "x")
    assert (added.returncode, added.stderr) == (0, "Added the MCP server 'new'.\n")
    assert servers(program)["new"] == {
        "command": "npx",
        "args": ["-y", "--url", "x"],
        "env": {"A": "b=c"},
    }
    again = program.run("mcp", "add", "new", "--url", "http://h/mcp", "--bearer-token-env-var", "T")
    assert again.stderr == "Replaced the MCP server 'new'.\n"
    assert servers(program)["new"] == {"url": "http://h/mcp", "bearer_token_env_var": "T"}
    assert program.run("mcp", "remove", "new").returncode == 0
    assert (program.home / "config.toml").read_text() == CONFIG


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (("add", "a b", "--", "x"), 2, '"a b" cannot be the name of a server'),
        (("add", "a"), 2, "got neither"),
        (("add", "a", "--url", "http://h", "--", "x"), 2, "got both"),
        (("add", "a", "--url", "ftp://h"), 2, "http:// or https://"),
        (("add", "a", "--env", "1", "--", "x"), 2, '--env "1": expected NAME=VALUE'),
        (("add", "a", "--env", "A=1", "--url", "http://h"), 2, "--env"),
        (("add", "a", "--bearer-token-env-var", "T", "--", "x"), 2, "--bearer-token-env-var"),
        (("remove", "none"), 1, "there is no MCP server 'none' in config.toml; there are: docs"),
        (("get", "none"), 1, "there is no MCP server 'none'"),
        (("frob",), 2, 'has no command "frob"'),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    program: Program, words: tuple[str, ...], status: int, text: str
) -> None:
    program.configure(CONFIG)
    done = program.run("mcp", *words)
    assert done.returncode == status
    assert text in done.stderr
    assert (program.home / "config.toml").read_text() == CONFIG


def test_a_server_of_a_profile_is_shown_and_cannot_be_removed(program: Program) -> None:
    profile = '\n[profiles.p.mcp_servers.mine]\ncommand = "x"\n'
    program.configure('profile = "p"\n' + CONFIG + profile)
    assert "mine" in program.run("mcp", "list").stdout
    done = program.run("mcp", "remove", "mine")
    assert done.returncode == 1
    assert "profile" in done.stderr


def test_a_broken_file_is_named_and_left_alone(program: Program) -> None:
    program.configure("[mcp_servers.a\n")
    for words in (("list",), ("add", "b", "--", "x"), ("remove", "a")):
        done = program.run("mcp", *words)
        assert done.returncode == 1
        assert "config.toml" in done.stderr
    assert (program.home / "config.toml").read_text() == "[mcp_servers.a\n"


@pytest.mark.parametrize("command", [(), ("list",), ("get",), ("add",), ("remove",)])
def test_every_command_has_help_with_an_example(program: Program, command: tuple[str]) -> None:
    done = program.run("mcp", *command, "--help")
    assert done.returncode == 0
    assert f"codex mcp {' '.join(command)}".rstrip() in done.stdout
