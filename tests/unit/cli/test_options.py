"""From arguments to Overrides and ExecOptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import UsageError
from codex.cli.commands import EXEC, EXEC_RESUME, PROTO
from codex.cli.options import (
    exec_arguments,
    session_overrides,
    split_images,
    take_old_session,
)
from codex.cli.parser import parse_arguments
from codex.config.overrides import Overrides
from codex.exec.options import ExecOptions
from codex.protocol.policy import AskForApproval


def parsed_exec(*argv: str, cwd: str = "/") -> tuple[Overrides, ExecOptions]:
    return exec_arguments(parse_arguments(EXEC, argv), cwd)


def parsed_proto(*argv: str) -> Overrides:
    return session_overrides(parse_arguments(PROTO, argv))


def test_no_argument_overrides_nothing() -> None:
    assert parsed_exec() == (Overrides(), ExecOptions(prompt=None))


def test_every_flag_arrives() -> None:
    overrides, options = parsed_exec(
        "-m", "o3", "--provider", "groq", "--oss", "-p", "work", "-c", "a=1", "-C", "/w",
        "-s", "workspace-write", "--add-dir", "/x", "--add-dir", "y", "--disable-response-storage",
        "--ephemeral", "--config", "b.c=2", "-o", "out", "--skip-git-repo-check", "--color",
        "never", "do it",
    )  # fmt: skip
    assert overrides == Overrides(
        model="o3",
        provider="groq",
        is_oss=True,
        profile="work",
        sandbox_mode="workspace-write",
        writable_roots=("/x", "y"),
        cwd="/w",
        disable_response_storage=True,
        is_ephemeral=True,
        config=("a=1", "b.c=2"),
    )
    assert options == ExecOptions(
        prompt="do it", color="never", output_last_message="out", skip_git_repo_check=True
    )


def test_the_command_lines_of_client_libraries_are_taken() -> None:
    overrides, options = parsed_exec(
        "--config", 'openai_base_url="http://x"', "--model", "m", "--sandbox", "read-only",
        "--cd", "/w", "--add-dir", "/a", "--skip-git-repo-check", "-",
    )  # fmt: skip
    assert overrides.config == ('openai_base_url="http://x"',)
    assert options.prompt == "-"


@pytest.mark.parametrize(
    ("argv", "prompt"),
    [
        (["--", "-x is no flag"], "-x is no flag"),
        (["- a list"], "- a list"),
        (["-m", "o3", "go", "-s", "read-only"], "go"),
        ([""], ""),
    ],
)
def test_a_prompt_may_look_like_a_flag(argv: list[str], prompt: str) -> None:
    assert parsed_exec(*argv)[1].prompt == prompt


def test_full_auto_means_a_writable_workspace() -> None:
    overrides = parsed_proto("--full-auto")
    assert overrides.sandbox_mode == "workspace-write"
    assert overrides.approval_policy is AskForApproval.ON_FAILURE


@pytest.mark.parametrize("flag", ["--dangerously-bypass-approvals-and-sandbox", "--yolo"])
def test_the_bypass_means_no_sandbox_and_no_question(flag: str) -> None:
    overrides = parsed_proto(flag)
    assert overrides.sandbox_mode == "danger-full-access"
    assert overrides.approval_policy is AskForApproval.NEVER


@pytest.mark.parametrize(
    "argv",
    [
        ["--full-auto", "-s", "read-only"],
        ["--full-auto", "-a", "never"],
        ["--full-auto", "--yolo"],
        ["--yolo", "-s", "read-only"],
        ["--yolo", "-a", "untrusted"],
    ],
)
def test_flags_that_contradict_each_other_are_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError, match="cannot be used together with"):
        parsed_proto(*argv)


def test_single_permissions_of_may_2025_are_taken() -> None:
    overrides = parsed_proto("-s", "disk-write-cwd", "--sandbox-permission", "disk-write-folder=/x")
    assert overrides.sandbox_permissions == ("disk-write-cwd", "disk-write-folder=/x")
    assert overrides.sandbox_mode is None


def test_a_mode_may_be_said_twice() -> None:
    assert parsed_proto("-s", "read-only", "-s", "read-only").sandbox_mode == "read-only"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["-s", "read-only", "-s", "disk-write-cwd"], "got read-only, disk-write-cwd"),
        (["-s", "read-only", "-s", "workspace-write"], "got read-only, workspace-write"),
        (["-s", "readonly"], '--sandbox "readonly": expected one of read-only,'),
        (["-s", "disk-write-folder="], "disk-write-folder=PATH"),
    ],
)
def test_a_wrong_sandbox_is_refused(values: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed_proto(*values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("untrusted", AskForApproval.UNTRUSTED),
        ("unless-allow-listed", AskForApproval.UNTRUSTED),
        ("on-failure", AskForApproval.ON_FAILURE),
        ("on-request", AskForApproval.ON_REQUEST),
        ("auto-edit", AskForApproval.AUTO_EDIT),
        ("never", AskForApproval.NEVER),
    ],
)
def test_approval_has_the_names_of_both_generations(name: str, policy: AskForApproval) -> None:
    assert parsed_proto("-a", name).approval_policy is policy


def test_a_wrong_approval_is_refused() -> None:
    with pytest.raises(UsageError, match='"always": expected one of unless-allow-listed'):
        parsed_proto("-a", "always")


def test_exec_takes_only_an_approval_that_is_true_of_it() -> None:
    assert parsed_exec("-a", "never", "--full-auto", "x")[1].prompt == "x"
    with pytest.raises(UsageError, match="cannot ask"):
        parsed_exec("-a", "on-request", "x")


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    for name in ("a.png", "b.png", "with,comma.png"):
        (tmp_path / name).write_bytes(b"")
    return str(tmp_path)


@pytest.mark.parametrize(
    ("argv", "images", "prompt"),
    [
        (["-i", "a.png", "what is it?"], ["a.png"], "what is it?"),
        (["what is it?", "-i", "a.png"], ["a.png"], "what is it?"),
        (["-i", "a.png", "b.png", "compare, please"], ["a.png", "b.png"], "compare, please"),
        (["-i", "a.png,b.png", "x"], ["a.png", "b.png"], "x"),
        (["-i", "a.png", "a.png,b.png"], ["a.png", "a.png", "b.png"], None),
        (["-i", "with,comma.png", "x"], ["with,comma.png"], "x"),
        (["-i", "a.png", "-i", "b.png", "x"], ["a.png", "b.png"], "x"),
        (["-i", "a.png", "--", "x"], ["a.png"], "x"),
        (["-i", "a.png", "-"], ["a.png"], "-"),
        (["-i", "a.png", "-m", "o3", "x"], ["a.png"], "x"),
        (["-i", "missing.png"], ["missing.png"], None),
        (["-i", "missing.png", "x"], ["missing.png"], "x"),
        (["x", "-i", "a.png", "missing.png"], ["a.png", "missing.png"], "x"),
        (["--image=a.png", "x"], ["a.png"], "x"),
    ],
)
def test_an_image_flag_does_not_swallow_the_prompt(
    pictures: str, argv: list[str], images: list[str], prompt: str | None
) -> None:
    options = parsed_exec(*argv, cwd=pictures)[1]
    assert list(options.images) == images
    assert options.prompt == prompt


def test_images_are_looked_for_below_the_working_directory(pictures: str) -> None:
    assert split_images([["a.png", "b.png"]], None, pictures) == (("a.png", "b.png"), None)
    assert split_images([["a.png", "b.png"]], None, "/") == (("a.png",), "b.png")


def resumed_by(*argv: str, cwd: str = "/") -> tuple[str | None, ExecOptions]:
    parsed = parse_arguments(EXEC_RESUME, argv)
    wanted = take_old_session(parsed, EXEC_RESUME.name, cwd)
    return wanted, exec_arguments(parsed, cwd)[1]


@pytest.mark.parametrize(
    ("argv", "wanted", "prompt", "images"),
    [
        (("ID",), "ID", None, ()),
        (("ID", "go"), "ID", "go", ()),
        (("ID", "-m", "x", "go"), "ID", "go", ()),
        (("--last", "go"), None, "go", ()),
        (("-", "--last"), None, "-", ()),
        (("--last",), None, None, ()),
        (("ID", "--image", "/x.png", "go"), "ID", "go", ("/x.png",)),
        (("--image", "/x.png", "ID", "go"), "ID", "go", ("/x.png",)),
        (("--image", "/x.png", "--last", "go"), None, "go", ("/x.png",)),
        (("--image", "/x.png", "--", "ID", "-"), "ID", "-", ("/x.png",)),
        (("ID", "--", "--odd prompt"), "ID", "--odd prompt", ()),
        (("--image=/x.png", "ID"), "ID", None, ("/x.png",)),
    ],
)
def test_session_prompt_and_images_are_told_apart(
    argv: tuple[str, ...], wanted: str | None, prompt: str | None, images: tuple[str, ...]
) -> None:
    found, options = resumed_by(*argv)
    assert (found, options.prompt, options.images) == (wanted, prompt, images)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "needs an id, a name, or --last"),
        (("ID", "a", "b"), 'unexpected argument "b"'),
        (("--last", "a", "b"), 'unexpected argument "b"'),
        (("ID", "--bogus"), "unknown flag --bogus"),
        (("ID", "-a", "on-request", "go"), "cannot ask"),
    ],
)
def test_a_wrong_resume_is_a_usage_error(argv: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resumed_by(*argv)
