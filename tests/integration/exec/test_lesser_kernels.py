"""If the kernel cannot confine a command, no command runs; user and model are told why."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from tests.support.engine import outputs
from tests.support.kernel.lacking import lacking
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import provider_config

if TYPE_CHECKING:
    from tests.support.program import Program

LAYERS = {"landlock_create_ruleset": "Landlock", "seccomp": "seccomp"}
"""Missing part of the sandbox by the system call that the kernel lacks."""


def touch(name: str) -> Reply:
    return Reply.call("shell", {"command": ["touch", name]}, f"call_{name}")


@pytest.mark.parametrize(("call", "layer"), LAYERS.items())
def test_no_command_runs_and_both_are_told(program: Program, call: str, layer: str) -> None:
    with FakeModel([touch("one"), touch("two"), Reply.text("I could not.")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "go", launcher=lacking({call: errno.ENOSYS}))
        told = outputs(model.requests[2].body)
    assert (result.returncode, result.stdout) == (0, "I could not.\n"), result.stderr
    reason = f"The sandbox is not available: {layer}: "
    assert [text.count(reason) for text in told] == [1, 1]
    assert result.stderr.count("did not start:\n" + reason) == 2
    # The advice is given once.
    assert result.stderr.count("warning: " + reason) == 1
    assert result.stderr.count("danger-full-access") == 1
    assert not {"one", "two"} & {path.name for path in program.repo.iterdir()}


def test_without_a_sandbox_by_choice_commands_run(program: Program) -> None:
    launcher = lacking(dict.fromkeys(LAYERS, errno.ENOSYS))
    with FakeModel([touch("one"), Reply.text("done")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "-s", "danger-full-access", "go", launcher=launcher)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
    assert (program.repo / "one").exists()


@pytest.mark.parametrize(("call", "layer"), LAYERS.items())
def test_the_demo_does_not_go_on_without_a_sandbox(program: Program, call: str, layer: str) -> None:
    result = program.run("demo", launcher=lacking({call: errno.ENOSYS}))
    assert (result.returncode, result.stdout) == (125, "")
    assert f"Error: The sandbox is not available: {layer}: " in result.stderr
