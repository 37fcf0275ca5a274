from __future__ import annotations

import pytest

from codex.base.errors import UsageError
from codex.cli.commands import SANDBOX
from codex.cli.options import sandbox_overrides
from codex.cli.parser import parse_arguments
from codex.config.overrides import Overrides


def parsed(*arguments: str) -> Overrides:
    return sandbox_overrides(parse_arguments(SANDBOX, arguments))


def test_nothing_said_leaves_it_to_the_configuration() -> None:
    assert parsed("ls", "-l") == Overrides()


def test_the_commands_own_flags_are_not_ours() -> None:
    found = parse_arguments(SANDBOX, ["-C", "/x", "ls", "-s", "--explain"])
    assert found.rest == ["ls", "-s", "--explain"]
    assert (found.cd, found.explain, found.sandbox) == ("/x", False, [])
    assert parse_arguments(SANDBOX, ["--explain", "--", "-x"]).rest == ["-x"]


def test_full_auto_opens_the_workspace() -> None:
    assert parsed("--full-auto").sandbox_mode == "workspace-write"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--permissions", "disk-write-cwd,disk-write-folder=/x"),
        ("--permissions=disk-write-cwd", "--permissions=disk-write-folder=/x"),
        ("-s", "disk-write-cwd", "-s", "disk-write-folder=/x"),
    ],
)
def test_permissions_come_one_by_one_or_as_a_list(arguments: tuple[str, ...]) -> None:
    assert parsed(*arguments).sandbox_permissions == ("disk-write-cwd", "disk-write-folder=/x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--permissions", "all"), '--permissions "all": expected one of disk-full-read-access'),
        (("--permissions", "disk-write-cwd", "--full-auto"), "cannot be used together"),
        (("--full-auto", "-s", "read-only"), "cannot be used together"),
        (("-s", "nothing"), '--sandbox "nothing"'),
        (("--model", "x"), "has no flag --model"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(*arguments)


def test_the_rest_of_the_flags_arrive() -> None:
    found = parsed("-p", "x", "-c", "a=1", "--add-dir", "/y", "--container-is-sandbox")
    assert found == Overrides(
        profile="x", config=("a=1",), writable_roots=("/y",), is_container=True
    )
