"""Cancel, the one way to stop."""

from __future__ import annotations

import select
import threading

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import Interrupted


def is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def test_setting_runs_each_callback_once_and_raises_from_check() -> None:
    cancel = Cancel()
    calls: list[str] = []
    cancel.on_set(lambda: calls.append("a"))
    forget = cancel.on_set(lambda: calls.append("b"))
    forget()
    cancel.check()
    cancel.set()
    cancel.set()
    assert calls == ["a"]
    with pytest.raises(Interrupted):
        cancel.check()


def test_a_callback_registered_too_late_runs_at_once() -> None:
    cancel = Cancel()
    cancel.set()
    calls: list[str] = []
    cancel.on_set(lambda: calls.append("late"))
    assert calls == ["late"]


@pytest.mark.parametrize("is_set_first", [True, False])
def test_the_descriptor_becomes_readable(*, is_set_first: bool) -> None:
    cancel = Cancel()
    if is_set_first:
        cancel.set()
    descriptor = cancel.fileno()
    assert is_readable(descriptor) is is_set_first
    cancel.set()
    assert is_readable(descriptor)
    cancel.close()


def test_a_wait_in_another_thread_ends() -> None:
    cancel = Cancel()
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(cancel.wait(60)))
    thread.start()
    cancel.set()
    thread.join()
    assert results == [True]
