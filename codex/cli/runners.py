"""What each subcommand runs. Each imports what it needs itself, so that none pays for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.host import Host


def run_tui(host: Host, arguments: Sequence[str]) -> int:
    """What `codex` without a subcommand runs."""
    from codex.cli.commands import TUI
    from codex.cli.options import tui_arguments
    from codex.cli.parser import parse

    overrides, options = tui_arguments(parse(TUI, arguments), host.cwd)
    from codex.config.load import load_config
    from codex.tui.main import run as run_screen

    return run_screen(host, load_config(host, overrides), options)


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


RUNNERS: dict[str, Callable[[Host, Sequence[str]], int]] = {
    "exec": _exec,
    "proto": _proto,
    "apply-patch": _apply_patch,
    "demo": _demo,
}
