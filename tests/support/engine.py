"""An engine under test: a real Codex against a scripted model server, its events in order.

with Engine(model, cwd=str(tmp_path)) as engine:
    task = engine.say("hi")
    events = engine.until_end(task)
"""

from __future__ import annotations

import os
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from codex.config.types import Config
from codex.core.codex import Codex
from codex.protocol.events import Error, Event, EventMsg, TaskComplete, TurnAborted
from codex.protocol.ops import UserInput, UserItem, UserText
from codex.protocol.policy import WORKSPACE_WRITE, AskForApproval
from codex.protocol.settings import ModelProvider, ModelSettings, WireApi
from tests.support.hosts import make_host

if TYPE_CHECKING:
    from codex.rollout.resume import Resumed
    from tests.support.model.fake_model import FakeModel

PATIENCE_S = 30.0
"""Time limit for an event that a correct engine sends at once."""

MsgT = TypeVar("MsgT")


def fake_config(base_url: str, cwd: str, wire_api: WireApi = WireApi.RESPONSES) -> Config:
    """Return settings for a scripted server: quick retries, workspace-write, no approvals."""
    provider = ModelProvider(
        name="fake",
        base_url=base_url,
        wire_api=wire_api,
        request_max_retries=2,
        stream_max_retries=2,
        stream_idle_timeout_ms=20_000,
    )
    return Config(
        codex_home=os.path.join(cwd, "codex-home"),
        cwd=cwd,
        provider_id="fake",
        provider=provider,
        providers={"fake": provider},
        model=ModelSettings(model="fake-model"),
        approval_policy=AskForApproval.NEVER,
        sandbox_policy=WORKSPACE_WRITE,
    )


class Engine:
    """A Codex with its queue of events; a context manager that closes it."""

    def __init__(
        self,
        server: FakeModel,
        *,
        cwd: str,
        wire_api: WireApi = WireApi.RESPONSES,
        environ: dict[str, str] | None = None,
        resumed: Resumed | None = None,
        **settings: object,
    ) -> None:
        """Start the engine.

        Args: resumed: an old conversation. settings: fields of Config that differ from
        `fake_config`.
        """
        config = fake_config(server.base_url, cwd, wire_api)
        self.config = msgspec.structs.replace(config, **settings)
        self.queue: SimpleQueue[Event] = SimpleQueue()
        self.codex = Codex(
            self.config,
            make_host(cwd, environ={"PATH": os.environ["PATH"], **(environ or {})}),
            self.queue.put,
            resumed=resumed,
        )
        self.seen: list[Event] = []
        """Events received so far, in order."""

    def next(self) -> Event:
        """Wait for the next event."""
        event = self.queue.get(timeout=PATIENCE_S)
        self.seen.append(event)
        return event

    def wait_for(self, kind: type[MsgT]) -> MsgT:
        """Wait for the first event of a kind; return its message."""
        while True:
            msg = self.next().msg
            if isinstance(msg, kind):
                return msg

    def say(self, text: str, *more: UserItem) -> str:
        """Submit user input; return its id."""
        return self.codex.submit(UserInput((UserText(text), *more)))

    def until_end(self, task_id: str) -> list[EventMsg]:
        """Wait for the end of a task; return the messages of its events."""
        messages: list[EventMsg] = []
        while True:
            event = self.next()
            if event.id != task_id:
                continue
            messages.append(event.msg)
            if isinstance(event.msg, TaskComplete | TurnAborted | Error):
                return messages

    def run(self, text: str, *more: UserItem) -> list[EventMsg]:
        """Submit user input; return the messages of its events up to the end of the task."""
        return self.until_end(self.say(text, *more))

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.codex.close(PATIENCE_S)
        assert not self.codex._thread.is_alive(), "the engine does not end"


def only(messages: list[EventMsg], kind: type[MsgT]) -> MsgT:
    """Return the one message of a kind."""
    found = [msg for msg in messages if isinstance(msg, kind)]
    assert len(found) == 1, f"{len(found)} of {kind.__name__} in {messages}"
    return found[0]


def outputs(body: Any) -> list[str]:
    """Return the tool outputs in a request body, of either wire."""
    if "messages" in body:
        return [m["content"] for m in body["messages"] if m["role"] == "tool"]
    return [item["output"] for item in body["input"] if item["type"] == "function_call_output"]
