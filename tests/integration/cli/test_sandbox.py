"""`codex sandbox` as a program: its streams, its signals, its exit codes."""

from __future__ import annotations

import errno
import os
import pty
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.kernel.lacking import lacking
from tests.support.program import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Program

SH = ("--", "sh", "-c")


def test_the_commands_streams_are_ours_and_its_status_too(program: Program) -> None:
    result = program.run("sandbox", *SH, "cat; echo err >&2; exit 7", text="in\n")
    assert (result.returncode, result.stdout, result.stderr) == (7, "in\n", "err\n")


@pytest.mark.parametrize("words", [("sandbox",), ("sandbox", "linux"), ("debug", "landlock")])
def test_it_goes_by_several_names(program: Program, words: tuple[str, ...]) -> None:
    result = program.run(*words, "echo", "hi")
    assert (result.returncode, result.stdout) == (0, "hi\n"), result.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="this is the system it is about")
def test_the_sandbox_of_another_system_is_refused(program: Program) -> None:
    result = program.run("debug", "seatbelt", "echo", "hi")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Seatbelt is the sandbox of macOS" in result.stderr


def test_the_policy_is_that_of_the_configuration_and_the_flags(program: Program) -> None:
    write = (*SH, "echo > made && echo $CODEX_SANDBOX_NETWORK_DISABLED")
    assert program.run("sandbox", *write).returncode != 0
    assert program.run("sandbox", "--full-auto", *write).stdout == "1\n"
    program.configure('sandbox_mode = "workspace-write"\n[sandbox]\nnetwork = "full"\n')
    assert program.run("sandbox", *write).stdout == "\n"
    assert program.run("sandbox", "-s", "read-only", *write).returncode != 0


def test_folders_are_opened_one_by_one(program: Program, tmp_path: Path) -> None:
    # Not below /tmp, which workspace-write opens as a whole.
    policy = ("-c", "sandbox_workspace_write.exclude_slash_tmp=true", "-s", "workspace-write")
    there = tmp_path / "there"
    there.mkdir()
    touch = ("touch", str(there / "made"))
    environ = {"TMPDIR": str(program.home)}
    assert program.run("sandbox", *policy, *touch, environ=environ).returncode == 1
    opened = ("--add-dir", str(there))
    assert program.run("sandbox", *policy, *opened, *touch, environ=environ).returncode == 0
    only = f"disk-full-read-access,disk-write-folder={there}"
    assert program.run("sandbox", "--permissions", only, *touch).returncode == 0


def test_it_works_in_the_folder_it_is_told(program: Program) -> None:
    (program.repo / "sub").mkdir()
    result = program.run("sandbox", "-C", "sub", "pwd")
    assert result.stdout == f"{program.repo}/sub\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nosuchprogram",), 127),
        (("./nosuchfile",), 127),
        (("/etc/passwd",), 126),
        (("/etc",), 126),
        (("sh", "-c", "kill -KILL $$"), 137),
        ((), 2),
    ],
)
def test_the_statuses_are_those_of_a_shell(
    program: Program, words: tuple[str, ...], status: int
) -> None:
    assert program.run("sandbox", "--", *words).returncode == status


@pytest.mark.parametrize(
    ("calls", "part"),
    [
        ({"landlock_create_ruleset": errno.ENOSYS}, "Landlock: Function not implemented (ENOSYS)"),
        ({"landlock_create_ruleset": errno.EOPNOTSUPP}, "Landlock: Operation not supported ("),
        ({"seccomp": errno.ENOSYS}, "seccomp: "),
    ],
)
def test_without_a_sandbox_nothing_runs_and_one_line_says_what_to_do(
    program: Program, calls: dict[str, int], part: str
) -> None:
    result = program.run("sandbox", "--full-auto", "touch", "made", launcher=lacking(calls))
    assert (result.returncode, result.stdout) == (125, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: The sandbox is not available: {part}")
    for way_out in ("lsm=", "--container-is-sandbox", "danger-full-access"):
        assert way_out in line
    assert not (program.repo / "made").exists()


@pytest.mark.parametrize("words", [("--container-is-sandbox",), ("-s", "danger-full-access")])
def test_it_runs_without_one_only_when_told_so(program: Program, words: tuple[str, ...]) -> None:
    launcher = lacking({"landlock_create_ruleset": errno.ENOSYS, "seccomp": errno.ENOSYS})
    result = program.run("sandbox", *words, "touch", "made", launcher=launcher)
    assert result.returncode == 0, result.stderr
    assert (program.repo / "made").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_handed_on(program: Program, number: signal.Signals) -> None:
    script = f"trap 'echo got; exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.05; done"
    process = program.start("sandbox", *SH, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (9, "got\n"), err


def test_a_terminal_is_one_for_the_command(program: Program) -> None:
    ours, theirs = pty.openpty()
    try:
        script = "test -t 1 && stty size >&2"
        process = program.start("sandbox", *SH, script, stdin=theirs, stdout=theirs)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
        assert len(err.split()) == 2
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_done_to_protected_names_is_undone_and_said(program: Program) -> None:
    result = program.run("sandbox", "--full-auto", *SH, "mkdir -p .git/hooks; echo > .mcp.json")
    assert result.returncode == 0
    assert (
        f"warning: protected: '{program.repo}/.mcp.json' was made by the command" in result.stderr
    )
    assert not (program.repo / ".mcp.json").exists()


def test_explain_says_what_holds_the_command(program: Program) -> None:
    (program.repo / ".git" / "config").write_text("")
    policy = ("--full-auto", "-c", "sandbox.connect_ports=[443]")
    result = program.run("sandbox", *policy, "--explain", "echo", "hi")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\nhi\n")
    for row in (
        *("enforced:   rules (Landlock ABI ", "network:    ports", "connect: TCP 443"),
        *(f"{program.repo}/.git/config (", "writable:   ", "Landlock:   denied: execute"),
    ):
        assert row in result.stdout


def test_explain_needs_no_command(program: Program) -> None:
    result = program.run("sandbox", "--explain")
    assert result.returncode == 0, result.stderr
    assert "writable:   nothing\n" in result.stdout


def test_explain_says_when_nothing_holds_it(program: Program) -> None:
    result = program.run("sandbox", "-s", "danger-full-access", "--explain")
    assert "enforced:   nothing\n" in result.stdout
    assert "writable:   everything\n" in result.stdout


def test_debug_has_help(program: Program) -> None:
    result = program.run("debug", "--help")
    assert result.returncode == 0
    assert "landlock" in result.stdout
    assert "seatbelt" in result.stdout
    assert program.run("debug").returncode == 2
    assert "--explain" in program.run("help", "debug", "landlock").stdout
