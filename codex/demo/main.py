"""The demo: the real engine fixes a small project, with a script instead of a model.

The engine, the HTTP requests, the stream, the commands, the patch and the sandbox are real. The
demo needs a POSIX shell and a writable folder, but no git, network or home folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, ExitStatus
from codex.base.signals import StopSignal, die_by
from codex.config.types import Config
from codex.demo import project
from codex.demo.hints import HINTS
from codex.demo.script import SHELL, TEST_COMMAND
from codex.demo.server import ScriptedServer
from codex.exec.main import work
from codex.exec.options import ExecOptions
from codex.protocol.policy import AskForApproval, SandboxPolicy
from codex.protocol.settings import (
    ModelProvider,
    ModelSettings,
    ShellEnvironmentPolicy,
    WireApi,
)
from codex.sandbox.confinement import confine
from codex.sandbox.env import command_environment
from codex.sandbox.machine import enforcement_for
from codex.sandbox.params import ExecParams, ExecResult
from codex.sandbox.run import run_command

if TYPE_CHECKING:
    from codex.base.host import Host

POLICY = SandboxPolicy(can_write_cwd=True)
"""Policy `workspace-write` without the temporary folders: the file to be refused is in one."""

_INTRODUCTION = """\
This is a demonstration: the model is a script inside this program; no AI is involved.
The engine, the HTTP requests to 127.0.0.1, the commands, the patch and the sandbox are real.

"""
_PROMPT = """\
The test of this project fails. Fix the code. Then, to see whether the sandbox holds, try to write \
the file '{outside}', which is outside the project.\
"""


def run(host: Host, color: str) -> int:
    """Run the demo; return the exit status: 0 if the fix works and the sandbox refused the write.

    A stop signal other than Control-C ends the process.

    Args: color: `always`, `never` or `auto`.
    Raises: CodexError, if the demo cannot run here, including SandboxUnavailableError.
    """
    host.stderr.write(_INTRODUCTION)
    host.stderr.flush()
    try:
        folder = tempfile.mkdtemp(prefix="codex-demo-")
    except OSError as exc:
        raise CodexError(
            f"cannot make a folder for the demo: {exc.strerror or exc}",
            advice="Set TMPDIR to a writable folder.",
        ) from exc
    try:
        end = _demonstrate(host, color, os.path.realpath(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not isinstance(end, StopSignal):
        return end
    if not end.is_from_keyboard:
        die_by(end.number)
    return ExitStatus.INTERRUPTED


def _demonstrate(host: Host, color: str, folder: str) -> ExitStatus | StopSignal:
    workspace = os.path.join(folder, "project")
    outside = os.path.join(folder, "outside.txt")
    os.mkdir(workspace)
    project.create(workspace)
    if _run_test(host, workspace).exit_code == 0:
        raise CodexError("the demo's test must fail before the fix, but it passes")
    with ScriptedServer() as server:
        options = ExecOptions(prompt=_PROMPT.format(outside=outside), color=color)
        end = work(_quiet(host), _config(server.base_url, folder, workspace), options)
    if isinstance(end, StopSignal):
        return end
    after = _run_test(host, workspace)
    is_held = not os.path.lexists(outside)
    host.stdout.write(_report(project.diff(workspace), after, is_held=is_held))
    host.stdout.flush()
    is_good = end is ExitStatus.DONE and after.exit_code == 0 and is_held
    return ExitStatus.DONE if is_good else ExitStatus.FAILED


def _quiet(host: Host) -> Host:
    """Return the engine's host: `host` with an empty standard input and no proxy for 127.0.0.1."""
    reader, writer = os.pipe()
    os.close(writer)
    environ = {**host.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return host._replace(stdin=open(reader, encoding="utf-8"), environ=environ)


def _config(base_url: str, folder: str, workspace: str) -> Config:
    provider = ModelProvider(
        name="a script, no AI", base_url=base_url, wire_api=WireApi.CHAT, request_max_retries=0
    )
    return Config(
        codex_home=os.path.join(folder, "home"),
        cwd=workspace,
        provider_id="demo",
        provider=provider,
        providers={"demo": provider},
        model=ModelSettings(model="scripted"),
        approval_policy=AskForApproval.NEVER,
        sandbox_policy=POLICY,
        is_ephemeral=True,
    )


def _run_test(host: Host, workspace: str) -> ExecResult:
    """Run the project's test in the sandbox, but outside the engine; return its result."""
    if not os.path.exists(SHELL):
        raise CodexError(f"the demo needs a POSIX shell, but '{SHELL}' does not exist")
    env = command_environment(host.environ, ShellEnvironmentPolicy(), has_network=False)
    confinement = confine(
        POLICY,
        enforcement_for(POLICY),
        cwd=workspace,
        tmpdir=env.get("TMPDIR"),
        codex_home=os.path.join(os.path.dirname(workspace), "home"),
        home=host.home(),
    )
    params = ExecParams(argv=TEST_COMMAND, cwd=workspace, timeout_ms=60_000, env=env)
    return run_command(params, confinement, cancel=Cancel())


def _report(diff: str, after: ExecResult, *, is_held: bool) -> str:
    verdict = "passes" if after.exit_code == 0 else "FAILS"
    sandbox = "was refused" if is_held else "WAS NOT REFUSED"
    return (
        f"\nWhat the engine changed:\n\n{diff}\n"
        f"Run again outside the engine, the test {verdict}:\n\n{after.output}\n"
        f"Writing outside the project {sandbox}.\n\n{HINTS}"
    )
