"""`codex mcp list|get|add|remove`: show and change the MCP servers in config.toml.

Must not start a server.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from codex.base.bash import join
from codex.base.errors import CodexError, ExitStatus, UsageError
from codex.base.jsonio import dumps
from codex.base.printable import printable
from codex.config.edit import remove_table, set_table
from codex.net.address import parse_url

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.settings import McpServer

_SECTION = "mcp_servers"
_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_HIDDEN = "*****"
"""Replacement for a value that may be secret."""


class NewServer(NamedTuple):
    """The arguments of `codex mcp add`."""

    name: str
    argv: tuple[str, ...]
    """Program and arguments; empty if the server has a URL."""
    env: tuple[str, ...]
    """Environment variables of the program, as `NAME=VALUE`."""
    url: str | None
    bearer_token_env_var: str | None


def list_servers(host: Host, config: Config, *, as_json: bool) -> int:
    """Print a line for each configured MCP server, or a JSON array; return the exit status."""
    servers = sorted(config.mcp_servers.items())
    if as_json:
        host.stdout.write(_json([_members(name, server) for name, server in servers]))
        return ExitStatus.DONE
    if not servers:
        host.stderr.write(
            "No MCP server is configured. To add one: codex mcp add NAME -- COMMAND\n"
        )
        return ExitStatus.DONE
    rows = [("name", "status", "where"), *((n, _status(s), _where(s)) for n, s in servers)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, status, where in rows:
        line = f"{name.ljust(widths[0])}  {status.ljust(widths[1])}  {where}"
        host.stdout.write(printable(line).rstrip() + "\n")
    return ExitStatus.DONE


def get_server(host: Host, config: Config, name: str, *, as_json: bool) -> int:
    """Print the settings of the MCP server `name`; return the exit status.

    Hidden are the values of `env` and `http_headers`, and user, password and query of the URL; a
    secret in `args` is shown.

    Raises: CodexError, if there is no server of that name.
    """
    server = config.mcp_servers.get(name)
    if server is None:
        raise _no_such(name, config)
    members = _members(name, server)
    if as_json:
        host.stdout.write(_json(members))
        return ExitStatus.DONE
    for key, value in members.items():
        shown = value if isinstance(value, str) else dumps(value).decode()
        host.stdout.write(printable(f"{key}: {shown}") + "\n")
    return ExitStatus.DONE


def add_server(host: Host, config: Config, new: NewServer) -> int:
    """Add an MCP server to config.toml or replace the one of its name; return the exit status.

    Raises: CodexError, if an argument is wrong or config.toml cannot be changed.
    """
    if not _NAME.fullmatch(new.name):
        raise UsageError(
            f'"{new.name}" cannot be the name of a server: expected letters, digits, "-" and "_"'
        )
    if bool(new.argv) == bool(new.url):
        raise UsageError(
            "expected either a command or --url, got " + ("both" if new.url else "neither"),
            advice="codex mcp add NAME -- COMMAND..., or codex mcp add NAME --url URL",
        )
    values = _http_values(new) if new.url else _stdio_values(new)
    path = os.path.join(config.codex_home, "config.toml")
    existed = set_table(path, _SECTION, new.name, values)
    host.stderr.write(f"{'Replaced' if existed else 'Added'} the MCP server '{new.name}'.\n")
    return ExitStatus.DONE


def _stdio_values(new: NewServer) -> dict[str, Any]:
    if new.bearer_token_env_var:
        raise UsageError("--bearer-token-env-var needs --url", advice="For a program: --env")
    values: dict[str, Any] = {"command": new.argv[0]}
    if len(new.argv) > 1:
        values["args"] = list(new.argv[1:])
    if new.env:
        values["env"] = dict(_assignment(text) for text in new.env)
    return values


def _http_values(new: NewServer) -> dict[str, Any]:
    if new.env:
        raise UsageError("--env cannot be used together with --url")
    try:
        parse_url(new.url or "", ("http", "https"), what="--url")
    except CodexError as error:
        raise UsageError(error.message, advice=error.advice) from error
    values = {"url": new.url}
    if new.bearer_token_env_var:
        values["bearer_token_env_var"] = new.bearer_token_env_var
    return values


def remove_server(host: Host, config: Config, name: str) -> int:
    """Remove the MCP server `name` from config.toml; return the exit status.

    Raises: CodexError, if config.toml has no server of that name or cannot be changed.
    """
    if not remove_table(os.path.join(config.codex_home, "config.toml"), _SECTION, name):
        if name in config.mcp_servers:
            raise CodexError(
                f"the MCP server '{name}' is not in [{_SECTION}] of config.toml itself",
                advice="It comes from a profile or another file: remove it there.",
            )
        raise _no_such(name, config)
    host.stderr.write(f"Removed the MCP server '{name}'.\n")
    return ExitStatus.DONE


def _no_such(name: str, config: Config) -> CodexError:
    known = ", ".join(sorted(config.mcp_servers)) or "none"
    return CodexError(f"there is no MCP server '{name}' in config.toml; there are: {known}")


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not _VARIABLE.fullmatch(name):
        raise UsageError(f'--env "{text}": expected NAME=VALUE')
    return name, value


def _status(server: McpServer) -> str:
    if not server.enabled:
        return "disabled"
    return "required" if server.required else "enabled"


def _where(server: McpServer) -> str:
    if server.command is not None:
        return join((server.command, *server.args))
    return _shown_url(server.url or "")


def _shown_url(url: str) -> str:
    """Return `url` without user, password and query, which may be secret; all hidden if invalid."""
    try:
        return str(parse_url(url, ("http", "https"), what="url"))
    except CodexError:
        return _HIDDEN


def _members(name: str, server: McpServer) -> dict[str, Any]:
    """Return a server's name and its settings by key, without empty ones.

    The values of `env` and `http_headers`, and the secrets of the URL, are hidden.
    """
    members = {"name": name, **msgspec.to_builtins(server)}
    for table in ("env", "http_headers"):
        members[table] = dict.fromkeys(members[table], _HIDDEN)
    if server.url is not None:
        members["url"] = _shown_url(server.url)
    return {key: value for key, value in members.items() if value not in (None, {}, [])}


def _json(value: Any) -> str:
    return dumps(value).decode() + "\n"
