"""The functions that run the subcommands. Each imports only what its own subcommand needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.base.host import Host
    from codex.cli.commands import Command
    from codex.config.overrides import Overrides
    from codex.config.types import Config
    from codex.rollout.resume import Resumed


def run_tui(host: Host, arguments: Sequence[str]) -> int:
    """Run the full screen, `codex` without a subcommand; return the exit status."""
    from codex.cli.commands import TUI
    from codex.cli.options import tui_arguments
    from codex.cli.parser import parse_arguments

    overrides, options = tui_arguments(parse_arguments(TUI, arguments), host.cwd)
    from codex.config.load import load_config
    from codex.tui.main import run as run_screen

    return run_screen(host, load_config(host, overrides), options)


def _resume(host: Host, arguments: Sequence[str]) -> int:
    return _old_screen(host, "resume", arguments)


def _fork(host: Host, arguments: Sequence[str]) -> int:
    return _old_screen(host, "fork", arguments)


def _old_screen(host: Host, word: str, arguments: Sequence[str]) -> int:
    """Run `codex resume` or `codex fork`; `word` says which."""
    from codex.cli.commands import COMMANDS
    from codex.cli.options import take_old_session, tui_arguments
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(COMMANDS[word], arguments)
    is_named = parsed.last or parsed.words
    parsed.argument = None
    wanted = take_old_session(parsed, word, host.cwd) if is_named else None
    overrides, options = tui_arguments(parsed, host.cwd)
    from codex.config.load import load_config
    from codex.tui.main import pick_session
    from codex.tui.main import run as run_screen

    config = load_config(host, overrides)
    cwd = None if parsed.all else config.cwd
    if not is_named:
        wanted = pick_session(host, config.codex_home, cwd)
        if wanted is None:
            return 0
    old = _open_old(host, overrides, config.codex_home, wanted, cwd=cwd, is_copy=word == "fork")
    return run_screen(host, old.config, options, old.resumed)


class _Old(NamedTuple):
    """An old session, and the settings to resume it with."""

    config: Config
    resumed: Resumed


def _open_old(
    host: Host,
    overrides: Overrides,
    codex_home: str,
    wanted: str | None,
    *,
    cwd: str | None,
    is_copy: bool,
) -> _Old:
    """Read an old session, or copy it and read the copy.

    Args: wanted: the session's id or name; None: the most recently written one. cwd: the folder of
        that one; None: any folder. is_copy: whether to copy the session.
    """
    from codex.rollout.restore import restored_config
    from codex.rollout.store import open_session

    resumed = open_session(codex_home, wanted, cwd=cwd)
    config = restored_config(host, overrides, resumed)
    if is_copy:
        from codex.rollout.fork import fork

        resumed = fork(resumed, config, clock_s=host.clock())
    return _Old(config, resumed)


def _exec(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import EXEC
    from codex.cli.options import exec_arguments
    from codex.cli.parser import parse_arguments
    from codex.cli.words import find_nested

    nested = find_nested(arguments, [command.word for command in EXEC.subcommands])
    if nested.command is not None:
        return _exec_old(host, nested.command, nested.arguments)
    overrides, options = exec_arguments(parse_arguments(EXEC, arguments), host.cwd)
    from codex.config.load import load_config
    from codex.exec.main import run as run_exec

    return run_exec(host, load_config(host, overrides), options)


def _exec_old(host: Host, word: str, arguments: Sequence[str]) -> int:
    """Run `codex exec resume` or `codex exec fork`; `word` says which."""
    from codex.cli.commands import EXEC
    from codex.cli.options import exec_arguments, take_old_session
    from codex.cli.parser import parse_arguments

    command = next(command for command in EXEC.subcommands if command.word == word)
    parsed = parse_arguments(command, arguments)
    wanted = take_old_session(parsed, command.name, host.cwd)
    overrides, options = exec_arguments(parsed, host.cwd)
    from codex.config.load import load_config
    from codex.exec.main import run as run_exec

    config = load_config(host, overrides)
    cwd = None if parsed.all else config.cwd
    old = _open_old(host, overrides, config.codex_home, wanted, cwd=cwd, is_copy=word == "fork")
    return run_exec(host, old.config, options, old.resumed)


def _sessions(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import SESSIONS
    from codex.cli.options import session_limit
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(SESSIONS, arguments)
    from codex.subcommands.sessions import Listing, show_sessions

    listing = Listing(
        is_everywhere=parsed.all,
        is_archived=parsed.archived,
        is_json=parsed.json,
        limit=session_limit(parsed),
    )
    return show_sessions(host, _codex_home(host), listing)


def _rename(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import RENAME
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(RENAME, arguments)
    from codex.subcommands.sessions import rename_session

    return rename_session(host, _codex_home(host), parsed.session, parsed.name)


def _archive(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import ARCHIVE
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(ARCHIVE, arguments)
    from codex.subcommands.sessions import archive_session

    return archive_session(host, _codex_home(host), parsed.session)


def _unarchive(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import UNARCHIVE
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(UNARCHIVE, arguments)
    from codex.subcommands.sessions import unarchive_session

    return unarchive_session(host, _codex_home(host), parsed.session)


def _delete(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import DELETE
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(DELETE, arguments)
    from codex.subcommands.sessions import delete_session

    return delete_session(host, _codex_home(host), parsed.session, is_sure=parsed.yes)


def _codex_home(host: Host) -> str:
    from codex.config.load import load_config
    from codex.config.overrides import Overrides

    return load_config(host, Overrides()).codex_home


def _proto(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import PROTO
    from codex.cli.options import session_overrides
    from codex.cli.parser import parse_arguments

    overrides = session_overrides(parse_arguments(PROTO, arguments))
    from codex.config.load import load_config
    from codex.subcommands.proto import run as run_proto

    return run_proto(host, load_config(host, overrides))


def _mcp_server(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import MCP_SERVER
    from codex.cli.options import session_overrides
    from codex.cli.parser import parse_arguments

    overrides = session_overrides(parse_arguments(MCP_SERVER, arguments))
    from codex.mcp_server.main import run as run_server

    return run_server(host, overrides)


def _mcp(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import MCP
    from codex.cli.parser import nested, parse_arguments
    from codex.cli.words import find_command

    if find_command(arguments).command is None and not {"-h", "--help"} & set(arguments):
        if arguments or not host.stdin.isatty():
            return _mcp_server(host, arguments)
        arguments = ["--help"]  # The user wants to manage servers.
    command, rest = nested(MCP, arguments)
    parsed = parse_arguments(command, rest)
    from codex.config.load import load_config
    from codex.config.overrides import Overrides
    from codex.subcommands import mcp as mcp_command

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


def _history(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import HISTORY_COMMAND
    from codex.cli.options import history_call
    from codex.cli.parser import nested, parse_arguments

    command, arguments = nested(HISTORY_COMMAND, arguments)
    run_history = history_call(command.word, parse_arguments(command, arguments))
    from codex.config.load import load_config
    from codex.config.overrides import Overrides

    return run_history(host, load_config(host, Overrides()).codex_home)


def _apply_patch(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import APPLY_PATCH_COMMAND
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(APPLY_PATCH_COMMAND, arguments)
    from codex.subcommands.apply_patch import run as run_apply_patch

    return run_apply_patch(host, parsed.argument)


def _execpolicy(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import EXECPOLICY
    from codex.cli.parser import nested, parse_arguments

    command, arguments = nested(EXECPOLICY, arguments)
    parsed = parse_arguments(command, arguments)
    from codex.subcommands.execpolicy import CheckOptions, check_json, check_words

    options = CheckOptions(tuple(parsed.policy), parsed.require_safe, parsed.pretty)
    if command.word == "check-json":
        return check_json(host, options, parsed.argument)
    return check_words(host, options, parsed.rest)


def _demo(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import DEMO
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(DEMO, arguments)
    from codex.demo.main import run as run_demo

    return run_demo(host, parsed.color)


def _sandbox(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import SANDBOX

    if arguments[:1] in (["linux"], ["macos"]):  # as in today's Codex
        arguments = arguments[1:]
    return _run_in_sandbox(host, SANDBOX, arguments)


def _debug(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import DEBUG
    from codex.cli.parser import nested

    command, arguments = nested(DEBUG, arguments)
    if command.word == "seatbelt" and sys.platform != "darwin":
        raise CodexError(
            "Seatbelt is the sandbox of macOS; this system is not macOS",
            advice="On any system: codex sandbox",
        )
    return _run_in_sandbox(host, command, arguments)


def _run_in_sandbox(host: Host, command: Command, arguments: Sequence[str]) -> int:
    from codex.cli.options import sandbox_overrides
    from codex.cli.parser import parse_arguments

    parsed = parse_arguments(command, arguments)
    overrides = sandbox_overrides(parsed)
    from codex.config.load import load_config
    from codex.subcommands.sandbox import run as run_sandbox

    return run_sandbox(host, load_config(host, overrides), parsed.rest, is_explained=parsed.explain)


COMMAND_RUNNERS: dict[str, Callable[[Host, Sequence[str]], int]] = {
    "exec": _exec,
    "resume": _resume,
    "fork": _fork,
    "sessions": _sessions,
    "rename": _rename,
    "archive": _archive,
    "unarchive": _unarchive,
    "delete": _delete,
    "proto": _proto,
    "sandbox": _sandbox,
    "mcp": _mcp,
    "mcp-server": _mcp_server,
    "history": _history,
    "apply-patch": _apply_patch,
    "execpolicy": _execpolicy,
    "debug": _debug,
    "demo": _demo,
}
