"""The command line as a whole: which command runs, what is printed, and the exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codex import __version__
from codex.__main__ import main
from codex.base.errors import ExitStatus
from codex.cli.main import run
from codex.cli.words import CommandLine, find_command
from tests.support.config_home import ConfigHome

PATCH = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n"


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def error_of(home: ConfigHome, *argv: str) -> tuple[int, str]:
    status = run(home.host(*argv))
    assert home.stdout.getvalue() == ""
    return status, home.stderr.getvalue()


@pytest.mark.parametrize(
    ("argv", "command", "arguments"),
    [
        (["exec", "x"], "exec", ["x"]),
        (["-m", "exec", "e", "x"], "e", ["-m", "exec", "x"]),
        (["--model=o3", "exec"], "exec", ["--model=o3"]),
        (["-mo3", "exec"], "exec", ["-mo3"]),
        (["--full-auto", "-c", "a=b", "exec", "-c", "c=d"], "exec", None),
        (["fix the bug"], "fix the bug", []),
        (["-"], "-", []),
        (["--", "exec"], None, ["--", "exec"]),
        (["-m"], None, ["-m"]),
        ([], None, []),
    ],
)
def test_the_command_is_the_first_word_that_belongs_to_no_flag(
    argv: list[str], command: str | None, arguments: list[str] | None
) -> None:
    if arguments is None:
        arguments = ["--full-auto", "-c", "a=b", "-c", "c=d"]
    assert find_command(argv) == CommandLine(command, arguments)


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"], ["-m", "x", "--help"]])
def test_help_goes_to_standard_output_with_an_example(home: ConfigHome, argv: list[str]) -> None:
    assert run(home.host(*argv)) == ExitStatus.DONE
    assert "examples:\n" in home.stdout.getvalue()
    assert home.stderr.getvalue() == ""


@pytest.mark.parametrize("command", ["exec", "e", "proto", "p", "apply-patch", "demo"])
@pytest.mark.parametrize("form", ["{} --help", "{} -h", "help {}", "--help {}"])
def test_every_command_has_help_with_an_example(home: ConfigHome, command: str, form: str) -> None:
    assert run(home.host(*form.format(command).split())) == ExitStatus.DONE
    assert home.stdout.getvalue().startswith("usage: codex ")
    assert "examples:\n  " in home.stdout.getvalue()


def test_help_names_every_command_that_exists(home: ConfigHome) -> None:
    from codex.cli.commands import COMMANDS
    from codex.cli.runners import COMMAND_RUNNERS

    run(home.host("help"))
    assert COMMAND_RUNNERS.keys() == COMMANDS.keys()
    for command in COMMANDS.values():
        assert command.name in home.stdout.getvalue()
        assert command.summary in home.stdout.getvalue()


@pytest.mark.parametrize("argv", [["exec", "-V"], ["exec", "--version"], ["-m", "x", "--version"]])
def test_the_version_is_told_everywhere(home: ConfigHome, argv: list[str]) -> None:
    assert run(home.host(*argv)) == ExitStatus.DONE
    assert home.stdout.getvalue() == f"codex {__version__}\n"


@pytest.mark.parametrize("argv", [[], ["fix the bug"], ["-m", "o3"], ["--", "exec"]])
def test_without_a_command_and_a_terminal_the_error_says_what_there_is(
    home: ConfigHome, argv: list[str]
) -> None:
    status, text = error_of(home, *argv)
    assert status == ExitStatus.USAGE
    assert text.startswith("Error: standard input is not a terminal")
    assert "codex exec" in text


def test_the_overview_names_every_flag_of_the_full_screen(home: ConfigHome) -> None:
    from codex.cli.commands import TUI

    run(home.host("--help"))
    for flag in TUI.flags:
        assert ", ".join(flag.names) in home.stdout.getvalue()


def test_a_mistyped_command_is_told_from_a_prompt(home: ConfigHome) -> None:
    status, text = error_of(home, "exce", "x")
    assert status == ExitStatus.USAGE
    assert text.startswith('Error: unknown command "exce"; did you mean "exec"?\n')


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["exec", "a", "b"], 'unexpected argument "b"'),
        (["exec", "--modl", "x"], "unknown flag --modl; did you mean --model?"),
        (["exec", "-m"], "argument -m/--model: expected one argument"),
        (["exec", "--color", "no"], "argument --color: invalid choice: 'no'"),
        (["-m", "o3", "demo"], '"codex demo" has no flag -m'),
        (["help", "me"], 'unknown command "me"'),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    home: ConfigHome, argv: list[str], message: str
) -> None:
    status, text = error_of(home, *argv)
    assert status == ExitStatus.USAGE
    assert text.startswith(f"Error: {message}")


def test_flags_before_the_command_reach_it(home: ConfigHome) -> None:
    status, text = error_of(home, "-c", "model=3", "exec", "x")
    assert status == ExitStatus.FAILED
    assert text == "Error: -c model: expected a string that is not empty, got an integer\n"


def test_exec_is_run_with_its_options(home: ConfigHome) -> None:
    status, text = error_of(home, "exec", "-C", str(home.work), "x")
    assert status == ExitStatus.FAILED
    assert "--skip-git-repo-check" in text


def test_proto_loads_the_configuration(home: ConfigHome) -> None:
    home.write('approval_policy = "sometimes"\n')
    status, text = error_of(home, "proto")
    assert status == ExitStatus.FAILED
    assert f"{home.config_file}: approval_policy: expected one of" in text


def test_apply_patch_applies_its_argument(home: ConfigHome) -> None:
    assert run(home.host("apply-patch", PATCH)) == ExitStatus.DONE
    assert (home.work / "new.txt").read_text() == "hello\n"


def test_an_error_cannot_play_with_the_terminal(home: ConfigHome) -> None:
    status, text = error_of(home, "exec", "--skip-git-repo-check", "-C", "\x1b[2Jgone", "x")
    assert status == ExitStatus.FAILED
    assert "\x1b" not in text
    assert "gone" in text


def set_up_main(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_host: object) -> int:
        raise error

    monkeypatch.setattr("codex.cli.main.run", fail)
    monkeypatch.setattr(sys, "argv", ["codex", "exec", "x"])


def test_a_defect_is_one_line_and_a_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CODEX_DEBUG", raising=False)
    monkeypatch.delenv("RUST_LOG", raising=False)
    set_up_main(monkeypatch, TypeError("a\nb"))
    assert main() == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "Error: internal error: TypeError: a b"
    assert "CODEX_DEBUG=1" in second


@pytest.mark.parametrize(("name", "value"), [("CODEX_DEBUG", "1"), ("RUST_LOG", "codex=debug")])
def test_a_defect_shows_its_traceback_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    set_up_main(monkeypatch, TypeError("a"))
    assert main() == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_before_the_work_begins_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_main(monkeypatch, KeyboardInterrupt())
    assert main() == ExitStatus.INTERRUPTED
    assert capsys.readouterr().err == ""


def start(
    *argv: str, code: str | None = None, **settings: object
) -> subprocess.CompletedProcess[str]:
    program = ["-c", code] if code else ["-m", "codex"]
    environ = {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": "/nonexistent"}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, *program, *argv], env=environ, text=True, capture_output=True, **settings
    )


def test_a_process_ends_with_the_status_and_the_right_streams() -> None:
    done = start("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"codex {__version__}\n", "")
    wrong = start("exec", "--nope")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("Error: unknown flag --nope")


LOADED = "import sys; from codex.__main__ import main; main(); print(sorted(sys.modules))"


def test_the_version_is_told_before_anything_is_imported() -> None:
    bare = start(code="import sys; print(sorted(sys.modules))").stdout
    done = start("--version", code=LOADED).stdout.splitlines()
    extra = set(eval(done[1])) - set(eval(bare))
    assert extra <= {"codex", "codex.__main__", "__future__"}


def test_parsing_arguments_loads_no_engine_and_no_compression() -> None:
    # argparse would ask shutil for the width of the terminal, which drags in bz2, lzma and zlib.
    loaded = set(eval(start("exec", "--help", code=LOADED).stdout.splitlines()[-1]))
    assert not loaded & {"shutil", "bz2", "lzma", "urllib3", "tomli", "orjson", "subprocess"}
    assert not {name for name in loaded if name.startswith(("codex.core", "codex.model"))}
