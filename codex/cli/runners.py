"""What each subcommand runs. Each imports what it needs itself, so that none pays for another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex.errors import CodexError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.cli.commands import Command
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


def _sandbox(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import SANDBOX

    if arguments[:1] in (["linux"], ["macos"]):  # today's Codex names the system
        arguments = arguments[1:]
    return _run_in_sandbox(host, SANDBOX, arguments)


def _debug(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import DEBUG
    from codex.cli.parser import nested

    command, arguments = nested(DEBUG, arguments)
    if command.word == "seatbelt" and sys.platform != "darwin":
        raise CodexError(
            "Seatbelt is the sandbox of macOS, which this system is not",
            advice="The sandbox of any system: codex sandbox.",
        )
    return _run_in_sandbox(host, command, arguments)


def _run_in_sandbox(host: Host, command: Command, arguments: Sequence[str]) -> int:
    from codex.cli.options import sandbox_overrides
    from codex.cli.parser import parse

    parsed = parse(command, arguments)
    overrides = sandbox_overrides(parsed)
    from codex.config.load import load_config
    from codex.debug_sandbox import run as run_sandbox

    return run_sandbox(host, load_config(host, overrides), parsed.rest, is_explained=parsed.explain)


RUNNERS: dict[str, Callable[[Host, Sequence[str]], int]] = {
    "exec": _exec,
    "proto": _proto,
    "sandbox": _sandbox,
    "apply-patch": _apply_patch,
    "debug": _debug,
    "demo": _demo,
}
