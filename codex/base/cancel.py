"""Cancel: the one way to stop anything, a flag that is set once and never cleared.

Every blocking call of the engine takes a Cancel. A wait on a queue or a condition registers a
callback; a `selectors` loop adds `fileno()`; a plain pause is `wait`. Setting is idempotent and
safe from any thread, but takes a lock: a signal handler must not call `set`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from codex.base.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancel:
    """A one-way flag with callbacks, a timed wait, and a descriptor to select on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._next_key = 0
        self._pipe: tuple[int, int] | None = None

    def set(self) -> None:
        """Set the flag; run every registered callback, in the calling thread; wake every wait."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
            if self._pipe is not None:
                os.write(self._pipe[1], b"x")
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        """Return whether `set` was called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Interrupted if the flag is set."""
        if self._event.is_set():
            raise Interrupted

    def wait(self, timeout_s: float) -> bool:
        """Pause for at most `timeout_s` seconds; return whether the flag is set by then."""
        return self._event.wait(timeout_s)

    def on_set(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once when the flag is set, or immediately if it is already set.

        The callback runs in the thread that sets the flag and must not block.

        Returns: a function that removes the callback; it does not wait, so that a callback which
            `set` is about to call may still run afterwards.
        """
        with self._lock:
            if not self._event.is_set():
                key = self._next_key
                self._next_key += 1
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback()
        return lambda: None

    def _forget(self, key: int) -> None:
        with self._lock:
            self._callbacks.pop(key, None)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the flag is set; `close` closes it."""
        with self._lock:
            if self._pipe is None:
                self._pipe = os.pipe()
                if self._event.is_set():
                    os.write(self._pipe[1], b"x")
            return self._pipe[0]

    def close(self) -> None:
        """Close the descriptor that `fileno` made, if any. The flag keeps working."""
        with self._lock:
            pipe, self._pipe = self._pipe, None
        for descriptor in pipe or ():
            with contextlib.suppress(OSError):
                os.close(descriptor)
