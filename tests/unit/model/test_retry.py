"""Which failed requests are sent again, and when."""

from __future__ import annotations

import pytest

from codex.model.retry import ModelError, RetryTally, backoff_ms
from codex.net.failure import Phase
from codex.protocol.settings import ModelProvider


def tally(request: int = 2, stream: int = 3, jitter: float = 0.5) -> RetryTally:
    provider = ModelProvider(
        name="p", base_url="http://x", request_max_retries=request, stream_max_retries=stream
    )
    return RetryTally(provider, lambda: jitter)


def failure(kind: str = "server", phase: Phase = "request", wait: int | None = None) -> ModelError:
    return ModelError("failed", kind=kind, phase=phase, retry_after_ms=wait)


@pytest.mark.parametrize(
    "kind", ["stream", "connect", "timeout", "rate_limit", "overloaded", "server", "conflict"]
)
def test_what_may_pass_is_sent_again(kind: str) -> None:
    assert tally().next_delay_ms(failure(kind)) == 200


@pytest.mark.parametrize(
    "kind",
    [
        *("bad_request", "invalid_prompt", "context_length", "not_found", "redirect"),
        *("previous_response", "missing_key", "unauthorized", "forbidden", "quota"),
        *("usage_limit", "content_filter", "incomplete", "protocol", "tls", "config", "proxy"),
    ],
)
def test_what_cannot_succeed_is_never_sent_again(kind: str) -> None:
    assert tally().next_delay_ms(failure(kind)) is None


def test_the_pause_doubles() -> None:
    counter = tally(request=5)
    assert [counter.next_delay_ms(failure()) for _ in range(6)] == [200, 400, 800, 1600, 3200, None]


def test_the_pause_is_bounded_and_jittered() -> None:
    assert backoff_ms(1000, 0.5) == 20_000
    assert backoff_ms(0, 0.0) == 180
    assert 219 <= backoff_ms(0, 0.9999) <= 220


def test_the_two_kinds_of_failure_have_limits_of_their_own_that_do_not_multiply() -> None:
    counter = tally(request=2, stream=3)
    phases: list[Phase] = ["request", "stream", "request", "stream", "stream"]
    assert all(counter.next_delay_ms(failure(phase=phase)) for phase in phases)
    assert counter.next_delay_ms(failure(phase="request")) is None
    assert counter.next_delay_ms(failure(phase="stream")) is None


def test_the_count_and_the_limit_are_those_of_the_latest_failure() -> None:
    counter = tally(request=2, stream=3)
    counter.next_delay_ms(failure(phase="stream"))
    counter.next_delay_ms(failure(phase="stream"))
    assert (counter.count, counter.limit) == (2, 3)
    counter.next_delay_ms(failure(phase="request"))
    assert (counter.count, counter.limit) == (1, 2)


def test_no_retries_means_none() -> None:
    assert tally(request=0).next_delay_ms(failure()) is None


def test_the_server_sets_the_pause_up_to_a_minute() -> None:
    assert tally().next_delay_ms(failure(wait=1500)) == 1500
    assert tally().next_delay_ms(failure(wait=60_000)) == 60_000
    assert tally().next_delay_ms(failure(wait=60_001)) is None


def test_a_server_that_asks_for_no_pause_gets_ours() -> None:
    assert tally().next_delay_ms(failure(wait=0)) == 200


def test_without_a_jitter_of_the_caller_it_is_random_within_a_tenth() -> None:
    provider = ModelProvider(name="p", base_url="http://x")
    delay = RetryTally(provider).next_delay_ms(failure())
    assert delay is not None
    assert 180 <= delay <= 220


def test_secrets_that_a_server_echoed_are_hidden() -> None:
    error = ModelError("bad key sk-12345 in sk-12345", kind="unauthorized")
    error.hide(("sk-12345",))
    assert str(error) == "bad key [hidden] in [hidden]"
    assert error.args == ("bad key [hidden] in [hidden]",)
