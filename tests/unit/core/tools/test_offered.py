"""Which tools a request offers, and the output of a call that cannot run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from codex.base.cancel import Cancel
from codex.core.context import TaskContext
from codex.core.session import Session
from codex.core.setup import make_setup
from codex.core.tools.offered import offered_tools, own_tools
from codex.protocol.items import FunctionCall
from codex.rollout.writer import unrecorded
from tests.support.engine import fake_config
from tests.support.hosts import make_host

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = fake_config("http://h/v1", "/work")


@pytest.fixture
def context() -> Iterator[TaskContext]:
    setup = make_setup(CONFIG, make_host(), None)
    session = Session(session_id="s", setup=setup, put=lambda _: None, rollout=unrecorded())
    cancel = Cancel()
    yield TaskContext(session, setup, "t", cancel)
    cancel.close()


def test_a_tool_that_the_settings_turn_off_is_not_offered(context: TaskContext) -> None:
    config = msgspec.structs.replace(CONFIG, has_plan_tool=not CONFIG.has_plan_tool)
    setup = msgspec.structs.replace(context.setup, config=config)
    names = {spec.name for spec in offered_tools(context).specs}
    others = {spec.name for spec in offered_tools(context._replace(setup=setup)).specs}
    assert names ^ others == {"update_plan"}


def test_no_two_tools_share_a_name() -> None:
    names = [name for tool in own_tools(CONFIG) for name in tool.names]
    assert len(names) == len(set(names))


def test_an_unknown_tool_is_answered_with_those_there_are(context: TaskContext) -> None:
    tools = offered_tools(context)
    output = tools.call(context, FunctionCall("made_up", "{}", "c"))
    known = ", ".join(spec.name for spec in tools.specs)
    assert output.text == f"error: there is no tool 'made_up'; there are: {known}"


@pytest.mark.parametrize("arguments", ["{", "[]", '{"plan": 5}'])
def test_arguments_that_cannot_be_read_are_an_answer(context: TaskContext, arguments: str) -> None:
    output = offered_tools(context).call(context, FunctionCall("update_plan", arguments, "c"))
    assert output.text.startswith("error: cannot read the arguments of 'update_plan': ")


def test_numbers_may_come_as_text(context: TaskContext) -> None:
    arguments = json.dumps({"command": [], "timeout": "5"})
    output = offered_tools(context).call(context, FunctionCall("local_shell", arguments, "c"))
    assert output.text == "error: `command` is empty"
