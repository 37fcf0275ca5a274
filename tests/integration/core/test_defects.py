"""A defect inside a tool ends its task with an error; every begin event still gets its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from codex.protocol.events import (
    Error,
    EventMsg,
    ExecCommandBegin,
    ExecCommandEnd,
    PatchApplyBegin,
    PatchApplyEnd,
    TaskComplete,
)
from tests.support.engine import Engine, only
from tests.support.model.fake_model import Call, FakeModel, Reply

if TYPE_CHECKING:
    from pathlib import Path

ADD = "*** Begin Patch\n*** Add File: new.txt\n+text\n*** End Patch\n"


def break_down(*_args: Any, **_options: Any) -> None:
    raise RuntimeError("a defect")


@pytest.mark.parametrize(
    ("place", "call", "begin", "end"),
    [
        (
            "codex.core.tools.attempt.run_command",
            Call("shell", {"command": ["true"]}),
            ExecCommandBegin,
            ExecCommandEnd,
        ),
        (
            "codex.core.tools.patch.apply",
            Call("apply_patch", {"input": ADD}),
            PatchApplyBegin,
            PatchApplyEnd,
        ),
    ],
    ids=["command", "patch"],
)
def test_a_defect_leaves_no_begin_without_its_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    call: Call,
    begin: type[EventMsg],
    end: type[EventMsg],
) -> None:
    script = [Reply.of(call), Reply.text("fine")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        with monkeypatch.context() as patch:
            patch.setattr(place, break_down)
            messages = engine.run("one")
        assert only(messages, begin)
        assert "internal error" in str(only(messages, end))
        last = messages[-1]
        assert isinstance(last, Error)
        assert (last.message, last.kind) == ("internal error: RuntimeError: a defect", "internal")
        assert engine.run("two")[-1] == TaskComplete("fine")
