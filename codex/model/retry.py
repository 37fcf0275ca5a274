"""ModelError, and the decision whether and when a failed request is sent again.

Pure: nothing here waits. One loop (core/turn.py) sends a request again while its RetryTally allows,
and reports each retry as an event. There must be no second loop below it: the two budgets, for
failures before and during the response, are counted separately and must never multiply.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from codex.net.failure import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.net.failure import Phase
    from codex.protocol.settings import ModelProvider

MAX_RETRY_AFTER_MS = 60_000
"""Longest pause before a retry; if a server asks for a longer one, the request fails instead."""
BACKOFF_MS = 200
MAX_BACKOFF_MS = 20_000
JITTER = 0.1

_PASSING_KINDS = frozenset({"rate_limit", "overloaded", "server", "conflict"})
"""Kinds of refusal after which the same request may succeed."""


class ModelError(RequestError):
    """A request to the model failed.

    `kind` is one of RequestError's, or:

    - temporary: `rate_limit`, `overloaded`, `server`, `conflict`;
    - the request: `bad_request`, `invalid_prompt`, `context_length`, `not_found`, `redirect`,
      `previous_response` (the server has forgotten the id);
    - the account: `missing_key`, `unauthorized`, `forbidden`, `quota`, `usage_limit`;
    - the response: `content_filter`, `incomplete` (token limit).
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        phase: Phase = "stream",
        status: int | None = None,
        retry_after_ms: int | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, phase=phase, advice=advice)
        self.status = status
        """HTTP status, if the server gave one."""
        self.retry_after_ms = retry_after_ms
        """Pause that the server asked for; None if it asked for none."""

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed after a pause that is worth waiting for."""
        pause = self.retry_after_ms or 0
        is_passing = self.kind in _PASSING_KINDS or super().is_retryable
        return is_passing and pause <= MAX_RETRY_AFTER_MS


class RetryTally:
    """Counts the retries of one request, however it fails."""

    def __init__(self, provider: ModelProvider, jitter: Callable[[], float] | None = None) -> None:
        """Args: jitter: returns a number in [0, 1); random unless given."""
        self._limits = {
            "request": provider.request_max_retries,
            "stream": provider.stream_max_retries,
        }
        self._counts = {"request": 0, "stream": 0}
        self._jitter = jitter or _random
        self._phase: Phase = "request"

    @property
    def count(self) -> int:
        """Number of retries so far after failures in the phase of the latest failure."""
        return self._counts[self._phase]

    @property
    def limit(self) -> int:
        """Number of retries allowed after failures in the phase of the latest failure."""
        return self._limits[self._phase]

    def next_delay_ms(self, error: RequestError) -> int | None:
        """Count a retry after `error`; return the pause before it.

        Return None, and count nothing, if a retry is pointless or the limit is reached.
        Failures before and during the response are counted separately, each with its own limit.
        """
        self._phase = error.phase
        if not error.is_retryable or self.count >= self.limit:
            return None
        self._counts[self._phase] += 1
        if isinstance(error, ModelError) and error.retry_after_ms:
            return error.retry_after_ms
        return backoff_ms(sum(self._counts.values()) - 1, self._jitter())


def backoff_ms(retries: int, jitter: float) -> int:
    """Return 200 ms, doubled for each earlier retry, up to 20 s, plus or minus a tenth.

    Args: retries: number of earlier retries. jitter: in [0, 1); 0 takes a tenth off.
    """
    pause = min(BACKOFF_MS << min(retries, 20), MAX_BACKOFF_MS)
    return math.floor(pause * (1 - JITTER + 2 * JITTER * jitter))


def _random() -> float:
    import random

    return random.random()
