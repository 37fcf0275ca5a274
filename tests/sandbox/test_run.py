"""Running one command: how it ends, what it prints, and the error when it cannot start."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import pytest

from codex.base.errors import SpawnError
from codex.protocol.events import OutputStream
from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from codex.sandbox.linux.spawn import Child, spawn
from tests.support.commands import WORKSPACE, OutputWatch, Workspace

POLICIES = pytest.mark.parametrize(
    "policy", [WORKSPACE, DANGER_FULL_ACCESS], ids=["sandboxed", "unsandboxed"]
)


@POLICIES
def test_both_streams_and_the_exit_code_come_back(
    workspace: Workspace, policy: SandboxPolicy
) -> None:
    result = workspace.shell("echo out; echo err >&2; exit 3", policy=policy)
    assert (result.stdout, result.stderr) == ("out\n", "err\n")
    assert (result.exit_code, result.signal) == (3, None)
    assert result.is_sandboxed == (policy is WORKSPACE)


def test_the_duration_is_told(workspace: Workspace) -> None:
    assert workspace.run("sleep", "0.05").duration_ms >= 50


def test_a_signal_is_told_as_a_shell_does(workspace: Workspace) -> None:
    result = workspace.shell("kill -SEGV $$")
    assert (result.exit_code, result.signal) == (139, 11)
    assert not (workspace.inside / "core").exists()


def test_there_is_nothing_to_read(workspace: Workspace) -> None:
    assert workspace.run("cat").output == ""
    assert workspace.shell("readlink /proc/self/fd/0").output == "/dev/null\n"


def test_the_environment_is_the_one_given_and_no_other(workspace: Workspace) -> None:
    result = workspace.run("env", env={"A": "1", "LEER": "ö"})
    assert sorted(result.output.splitlines()) == sorted(
        ["A=1", "LC_ALL=C", "LEER=ö", f"PATH={os.environ['PATH']}"]
    )


def test_signals_are_neither_blocked_nor_ignored(workspace: Workspace) -> None:
    # Python itself ignores SIGPIPE and SIGXFSZ.
    lines = workspace.run("cat", "/proc/self/status").output.splitlines()
    found = dict(line.split(":\t") for line in lines if line.startswith("Sig"))
    assert (found["SigBlk"], found["SigIgn"]) == ("0" * 16, "0" * 16)


def test_arguments_reach_the_program_as_they_are(workspace: Workspace) -> None:
    words = ("", " ", "a b", "ä€😀", "-n", "\n", "\udcff")
    result = workspace.run("printf", "<%s>", *words)
    assert result.stdout == "<>< ><a b><ä€😀><-n><\n><\ufffd>"


def test_bytes_that_are_no_text_are_replaced(workspace: Workspace) -> None:
    result = workspace.shell("printf 'a\\377b\\000c'")
    assert result.output == "a\ufffdb\0c"


def test_output_arrives_live(workspace: Workspace) -> None:
    watch = OutputWatch("first")
    fifo = workspace.inside / "go"
    os.mkfifo(fifo)

    def on_output(stream: OutputStream, text: str) -> None:
        watch(stream, text)
        if text == "first\n":
            fifo.write_text("go")

    result = workspace.run(
        "sh", "-c", "echo first; read x < go; echo second >&2", on_output=on_output
    )
    assert result.exit_code == 0
    assert result.output == "first\nsecond\n"
    assert watch.pieces == [(OutputStream.STDOUT, "first\n"), (OutputStream.STDERR, "second\n")]


def test_a_character_that_is_written_in_two_pieces_arrives_in_one(workspace: Workspace) -> None:
    watch = OutputWatch()
    script = "printf '\\342\\202'; sleep 0.1; printf '\\254'"
    workspace.run("sh", "-c", script, on_output=watch)
    assert watch.pieces == [(OutputStream.STDOUT, "€")]


def test_fifty_megabytes_pass_in_little_memory_and_few_pieces(workspace: Workspace) -> None:
    watch = OutputWatch()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    script = "yes 'a line of some length, as a compiler may print it' | head -c 50000000; echo end"
    result = workspace.run("sh", "-c", script, on_output=watch)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert result.output.startswith("a line of some length")
    assert result.output.endswith("end\n")
    assert len(result.output) < 11_000
    assert "bytes, 9" in result.output
    assert len(watch.text()) < 1024 * 1024 + 100
    assert len(watch.pieces) < 200
    assert grown_kib < 16 * 1024


def test_output_without_end_does_not_keep_the_time_out_away(workspace: Workspace) -> None:
    result = workspace.run("sh", "-c", "yes; echo never", timeout_ms=200)
    assert (result.exit_code, result.is_timed_out) == (124, True)
    assert result.output.startswith("y\ny\n")


def program(folder: Path, text: str, mode: int = 0o755) -> str:
    path = folder / "program"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_program_is_found_as_a_shell_would(workspace: Workspace) -> None:
    (workspace.inside / "bin").mkdir()
    program(workspace.inside / "bin", "#!/bin/sh\necho found $0\n")
    for name in ("bin/program", "./bin/program", str(workspace.inside / "bin/program")):
        assert workspace.run(name).output.startswith("found")
    for path in ("bin", f"/nowhere:{workspace.inside}/bin", "/bin:bin"):
        assert workspace.run("program", env={"PATH": path}).output.startswith("found")


def test_a_file_in_path_that_cannot_run_is_passed_over(workspace: Workspace) -> None:
    for name, mode in (("a", 0o644), ("b", 0o755)):
        (workspace.inside / name).mkdir()
        program(workspace.inside / name, f"#!/bin/sh\necho {name}\n", mode)
    assert workspace.run("program", env={"PATH": "a:b"}).output == "b\n"


@POLICIES
def test_what_cannot_start_is_named_with_its_cause(
    workspace: Workspace, policy: SandboxPolicy
) -> None:
    inside = workspace.inside
    (inside / "folder").mkdir()
    (inside / "text").write_text("echo hi\n")
    (inside / "binary").write_bytes(b"\0\1\2")
    (inside / "binary").chmod(0o755)
    (inside / "orphan").write_text("#!/no/such/interpreter\n")
    (inside / "orphan").chmod(0o755)

    def message(*argv: str, cwd: Path = inside, env: dict[str, str] | None = None) -> str:
        with pytest.raises(SpawnError) as caught:
            workspace.run(*argv, cwd=cwd, env=env, policy=policy)
        return str(caught.value)

    assert message("nosuch") == "cannot run 'nosuch': there is no such program in PATH"
    assert message("./nosuch") == f"cannot run './nosuch': '{inside}/./nosuch' does not exist"
    assert message("./folder") == f"cannot run './folder': '{inside}/./folder' is a folder"
    assert message("./text") == f"cannot run './text': '{inside}/./text' is not executable"
    assert message("text", env={"PATH": str(inside)}).endswith("/text' is not executable")
    assert "Exec format error" in message("./binary")
    assert "a script begins with a line like #!/bin/sh" in message("./binary")
    assert "the interpreter or the loader" in message("./orphan")
    assert message("ls", cwd=inside / "gone") == (
        f"cannot run 'ls': the working directory '{inside}/gone' does not exist"
    )
    assert message("ls", cwd=inside / "text").endswith("is not a folder")
    assert message() == message("") == "cannot run a command that names no program"
    assert "holds a NUL character" in message("ls", "a\0b")
    assert "'\\ud800'" in message("ls", "\ud800")
    too_long = message("ls", *(["x" * 100_000] * 100))
    assert "Argument list too long" in too_long
    assert "take 10000" in too_long


def test_a_kernel_without_process_descriptors_is_enough(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    if workspace.is_contained:
        pytest.skip("such a kernel has no namespaces that serve")

    def spawn_without(*args: Any) -> Child:
        child = spawn(*args)
        assert child.pidfd is not None
        os.close(child.pidfd)
        return child._replace(pidfd=None)

    monkeypatch.setattr("codex.sandbox.linux.start.spawn", spawn_without)
    result = workspace.shell("echo x; sleep 600 >/dev/null 2>&1 & exit 4")
    assert (result.exit_code, result.output) == (4, "x\n")
    assert workspace.run("sleep", "600", timeout_ms=100).exit_code == 124
