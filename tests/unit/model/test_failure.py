"""Servers' reports of errors, as ModelErrors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codex.model.failure import (
    LONGEST_PAUSE_MS,
    advice_for,
    event_failure,
    http_failure,
    retry_after_ms,
    wait_in_text,
)
from codex.model.retry import ModelError
from codex.protocol.settings import ModelProvider

NOW = 1_800_000_000.0
"""Fri, 15 Jan 2027 08:00:00 GMT."""


def fail(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, reason: str = "Reason"
) -> ModelError:
    return http_failure(
        where="http://h/v1/responses",
        status=status,
        reason=reason,
        headers=headers or {},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("status", "kind", "is_retryable"),
    [
        *((status, "bad_request", False) for status in (400, 405, 413, 415, 422, 451)),
        (301, "redirect", False),
        (401, "unauthorized", False),
        (402, "quota", False),
        (403, "forbidden", False),
        (404, "not_found", False),
        (408, "timeout", True),
        (409, "conflict", True),
        (425, "overloaded", True),
        (429, "rate_limit", True),
        *((status, "server", True) for status in (500, 502, 504, 520)),
        *((status, "overloaded", True) for status in (503, 529)),
    ],
)
def test_a_status_says_what_kind_of_failure_it_is(
    status: int, kind: str, is_retryable: bool
) -> None:
    error = fail(status)
    assert (error.kind, error.is_retryable) == (kind, is_retryable)
    assert (error.status, error.phase) == (status, "request")
    assert error.message.startswith(f'"http://h/v1/responses" answered {status} Reason')


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"code": "insufficient_quota"}, "quota"),
        (429, {"type": "usage_limit_reached"}, "usage_limit"),
        (429, {"type": "usage_not_included"}, "usage_limit"),
        (429, {"code": "rate_limit_exceeded", "type": "tokens"}, "rate_limit"),
        (429, {"code": 429, "status": "RESOURCE_EXHAUSTED"}, "rate_limit"),
        (400, {"code": "context_length_exceeded"}, "context_length"),
        (400, {"message": "This model's maximum context length is 8192 tokens"}, "context_length"),
        (400, {"type": "exceed_context_size_error", "code": 400}, "context_length"),
        (500, {"message": "the request exceeds the available context size"}, "context_length"),
        (429, {"message": "Request too large for m on tokens per min"}, "context_length"),
        (400, {"code": "previous_response_not_found"}, "previous_response"),
        (400, {"code": None, "param": "previous_response_id"}, "previous_response"),
        (404, {"param": "previous_response_id"}, "previous_response"),
        (400, {"code": "invalid_prompt"}, "invalid_prompt"),
        (400, {"code": "content_filter"}, "content_filter"),
        (400, {"code": "model_not_found"}, "not_found"),
        (400, {"type": "invalid_request_error"}, "bad_request"),
        (401, {"type": "invalid_request_error", "code": "invalid_api_key"}, "unauthorized"),
        (404, {"type": "invalid_request_error"}, "not_found"),
        (503, {"type": "unavailable_error", "message": "Loading model"}, "overloaded"),
        (500, {"type": "overloaded_error"}, "overloaded"),
    ],
)
def test_the_servers_own_words_say_it_better(status: int, error: dict[str, Any], kind: str) -> None:
    assert fail(status, {"error": error}).kind == kind


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "no such model"}}, "no such model"),
        ({"error": "no such model"}, "no such model"),
        ({"message": "no such model"}, "no such model"),
        ({"detail": "no such model"}, "no such model"),
        ({"detail": [{"loc": ["body", "x"], "msg": "missing"}]}, "body.x: missing"),
        (
            {"object": "error", "message": {"detail": [{"loc": ["body", 0], "msg": "extra"}]}},
            "body.0: extra",
        ),
        ([{"error": {"message": "from a list"}}], "from a list"),
        ({"error": {"code": 1, "message": {"message": "nested"}}}, "nested"),
        (b'data: {"error": {"message": "as an event"}}\n\n', "as an event"),
        (b"plain words\nover lines", "plain words over lines"),
        (b"<html><head><title>502 Bad\nGateway</title></head></html>", "502 Bad Gateway"),
        (b"<p>Not <b>here</b></p>", "Not here"),
        (b"caf\xff", "caf\ufffd"),
    ],
)
def test_the_message_is_found_wherever_the_server_put_it(body: Any, text: str) -> None:
    assert fail(400, body).message == f'"http://h/v1/responses" answered 400 Reason: {text}'


@pytest.mark.parametrize("body", [b"", {}, {"error": {}}, {"error": None}, [], 5, {"detail": []}])
def test_without_a_message_the_status_has_to_do(body: Any) -> None:
    assert fail(500, body, reason="").message == '"http://h/v1/responses" answered 500'


def test_an_error_nested_without_end_is_shown_as_it_came() -> None:
    body = b'{"message":' * 500 + b"1" + b"}" * 500
    assert '{"message":{"message":' in fail(400, body).message


@pytest.mark.parametrize("page", [b"<title>" * 40_000, b"<title " * 40_000])
def test_a_page_without_an_end_is_read_in_no_time(page: bytes) -> None:
    # Examining the whole page took a minute.
    assert fail(502, page).kind == "server"


def test_a_message_is_bounded_and_cannot_steer_a_terminal() -> None:
    message = fail(400, b"\x1b[31m" + b"x" * 100_000, reason="Bad\x1b[31m").message
    assert "\x1b" not in message
    assert len(message) < 1100
    assert message.endswith("...")


def test_a_redirect_names_its_target_and_is_not_followed() -> None:
    message = fail(302, headers={"location": "https://other/v1"}).message
    assert "redirected to 'https://other/v1', not followed" in message


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "3"}, 3000),
        ({"retry-after": " 1.5 "}, 1500),
        ({"retry-after": "0"}, 0),
        ({"retry-after-ms": "250", "retry-after": "3"}, 250),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30_000),
        ({"retry-after": "Fri, 15 Jan 2027 07:59:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "Fri, 99 Jan 99999999999 08:00:30 GMT"}, None),
        ({"retry-after": "9" * 400}, LONGEST_PAUSE_MS),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after_ms(headers, NOW) == expected
    assert fail(503, headers=headers).retry_after_ms == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rate limit reached. Please try again in 1.5s.", 1500),
        ("try again in 20ms", 20),
        ("Try again in 28 milliseconds", 28),
        ("try again in 3 minutes", 180_000),
        ("try again in 1m12.5s. Visit", 72_500),
        ("Please retry in 22.5s", 22_500),
        ("retry after 10 seconds", 10_000),
        ("try again in 1 hour and 2 minutes", 3_720_000),
        ("try again in 6h0m0s", 21_600_000),
        ("try again in 2 days", 172_800_000),
        (f"try again in {'9' * 400} seconds", LONGEST_PAUSE_MS),
        ("try again later", None),
        ("it took 5 minutes", None),
    ],
)
def test_a_pause_is_read_from_the_message(text: str, expected: int | None) -> None:
    assert wait_in_text(text) == expected
    error = {"code": "rate_limit_exceeded", "message": text}
    assert event_failure({"error": error}).retry_after_ms == expected


def test_a_pause_in_the_message_of_another_failure_is_not_taken() -> None:
    assert fail(400, {"error": {"message": "try again in 5s"}}).retry_after_ms is None


def test_a_pause_that_is_too_long_ends_the_retries_and_is_told() -> None:
    error = fail(429, headers={"retry-after": "180"})
    assert not error.is_retryable
    assert error.message.endswith("(try again in 3m00s)")


def test_a_usage_limit_says_when_it_ends() -> None:
    error = fail(429, {"error": {"type": "usage_limit_reached", "resets_in_seconds": 7200}})
    assert (error.kind, error.is_retryable) == ("usage_limit", False)
    assert error.message.endswith("(try again in 120m00s)")


@pytest.mark.parametrize("seconds", [-5, 0, None, "soon"])
def test_a_usage_limit_that_ends_at_no_time_is_not_waited_for(seconds: Any) -> None:
    error = fail(429, {"error": {"type": "usage_limit_reached", "resets_in_seconds": seconds}})
    assert not error.retry_after_ms


def test_an_error_in_a_stream_takes_the_status_that_it_names() -> None:
    error = event_failure({"error": {"code": 502, "message": "upstream"}})
    assert (error.kind, error.status, error.phase) == ("server", 502, "stream")


def test_what_a_person_can_do_is_said_where_there_is_something() -> None:
    keyless = ModelProvider(name="p", base_url="http://h")
    keyed = ModelProvider(name="p", base_url="http://h", env_key="CORP_KEY")
    assert "`CORP_KEY`" in str(advice_for("unauthorized", keyed))
    assert "env_key" in str(advice_for("forbidden", keyless))
    assert "base_url" in str(advice_for("not_found", keyed))
    assert "the final address" in str(advice_for("redirect", keyed))
    assert advice_for("server", keyed) is None
