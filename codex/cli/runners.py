"""What each subcommand runs. Each imports what it needs itself, so that none pays for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.host import Host


def _exec(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import EXEC
    from codex.cli.options import exec_arguments
    from codex.cli.parser import parse

    overrides, options = exec_arguments(parse(EXEC, arguments), host.cwd)
    from codex.config.load import load_config
    from codex.exec.main import run as run_exec

    return run_exec(host, load_config(host, overrides), options)


def _proto(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import PROTO
    from codex.cli.options import session_overrides
    from codex.cli.parser import parse

    overrides = session_overrides(parse(PROTO, arguments))
    from codex.config.load import load_config
    from codex.proto import run as run_proto

    return run_proto(host, load_config(host, overrides))


def _history(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import HISTORY
    from codex.cli.options import history_call
    from codex.cli.parser import nested, parse

    command, arguments = nested(HISTORY, arguments)
    run_history = history_call(command.word, parse(command, arguments))
    from codex.config.load import load_config
    from codex.config.overrides import Overrides

    return run_history(host, load_config(host, Overrides()).codex_home)


def _mcp_server(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import MCP_SERVER
    from codex.cli.options import session_overrides
    from codex.cli.parser import parse

    overrides = session_overrides(parse(MCP_SERVER, arguments))
    from codex.mcp_server.main import run as run_server

    return run_server(host, overrides)


def _mcp(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import MCP
    from codex.cli.parser import nested, parse
    from codex.cli.words import find_command

    if find_command(arguments).command is None and not {"-h", "--help"} & set(arguments):
        return _mcp_server(host, arguments)
    command, rest = nested(MCP, arguments)
    parsed = parse(command, rest)
    from codex import mcp_command
    from codex.config.load import load_config
    from codex.config.overrides import Overrides

    config = load_config(host, Overrides())
    match command.word:
        case "list":
            return mcp_command.list_servers(host, config, as_json=parsed.json)
        case "get":
            return mcp_command.get_server(host, config, parsed.name, as_json=parsed.json)
        case "remove":
            return mcp_command.remove_server(host, config, parsed.name)
        case _:
            new = mcp_command.NewServer(
                parsed.name,
                tuple(parsed.rest),
                tuple(parsed.env),
                parsed.url,
                parsed.bearer_token_env_var,
            )
            return mcp_command.add_server(host, config, new)


def _apply_patch(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import APPLY_PATCH
    from codex.cli.parser import parse

    parsed = parse(APPLY_PATCH, arguments)
    from codex.apply_patch.command import run as run_apply_patch

    return run_apply_patch(host, parsed.argument)


def _demo(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import DEMO
    from codex.cli.parser import parse

    parsed = parse(DEMO, arguments)
    from codex.demo.main import run as run_demo

    return run_demo(host, parsed.color)


RUNNERS: dict[str, Callable[[Host, Sequence[str]], int]] = {
    "exec": _exec,
    "proto": _proto,
    "history": _history,
    "mcp": _mcp,
    "mcp-server": _mcp_server,
    "apply-patch": _apply_patch,
    "demo": _demo,
}
