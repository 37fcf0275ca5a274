"""A server's report of an error -> ModelError, in the server's own words.

Pure. Servers differ in where they put the message and in what they call an error; only the tables
here know how.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codex.base.elapsed import format_duration
from codex.base.jsonio import loads
from codex.model.loose import as_dict, as_int, as_str
from codex.model.retry import MAX_RETRY_AFTER_MS, ModelError
from codex.net.failure import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.protocol.items import Json
    from codex.protocol.settings import ModelProvider

MAX_MESSAGE_CHARS = 1000
MAX_PAGE_CHARS = 10_000
"""Length of the beginning of an error's text that is examined: time is quadratic in it."""

KIND_OF_WORD = {
    "context_length_exceeded": "context_length",
    "exceed_context_size_error": "context_length",
    "insufficient_quota": "quota",
    "billing_hard_limit_reached": "quota",
    "billing_not_active": "quota",
    "usage_limit_reached": "usage_limit",
    "usage_not_included": "usage_limit",
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "too_many_requests": "rate_limit",
    "resource_exhausted": "rate_limit",
    "server_is_overloaded": "overloaded",
    "slow_down": "overloaded",
    "overloaded_error": "overloaded",
    "unavailable": "overloaded",
    "unavailable_error": "overloaded",
    "invalid_prompt": "invalid_prompt",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "model_not_found": "not_found",
    "not_found_error": "not_found",
    "invalid_api_key": "unauthorized",
    "authentication_error": "unauthorized",
    "permission_error": "forbidden",
    "previous_response_not_found": "previous_response",
    "invalid_request_error": "bad_request",
}
"""Kind of ModelError by the server's `code`, `type` or `status`."""

KIND_OF_STATUS = {
    401: "unauthorized",
    402: "quota",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    425: "overloaded",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}

# Patterns, matched in lower case. They are compiled when a request fails, not at start-up.
CONTEXT_WORDS = (
    r"context (length|window|size)|prompt is too long|request too large|too many (input )?tokens"
)
AMOUNT = r"(\d+(?:\.\d+)?) ?(ms|millisecond|sec|s|min|m|hour|h|day|d)[a-z]*"
WAIT_WORDS = rf"(?:try again|retry) (?:in|after) ((?:{AMOUNT}[ ,]*(?:and )?)+)"
LONGEST_PAUSE_MS = 366 * 86_400_000
"""Limit to which longer pauses are cut, since a server may send a number of hundreds of digits."""
UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class ServerError:
    """An error that a server reported; its parts are found wherever the server put them."""

    def __init__(self, body: Json) -> None:
        """Args: body: the error as decoded JSON, or as text if it is not JSON."""
        outer = as_dict(body[0] if isinstance(body, list) and body else body)
        self.fields = as_dict(outer.get("error")) or outer
        self.message = tidy(body) if isinstance(body, str) else tidy(_message(outer, self.fields))
        self._words = [
            str(self.fields.get(name) or "").lower() for name in ("code", "type", "status", "param")
        ]

    @property
    def status(self) -> int | None:
        """HTTP status in the error object itself, such as OpenRouter's `code`; None if absent."""
        code = as_int(self.fields.get("code"))
        return code if 400 <= code < 600 else None

    def kind(self, status: int | None) -> str:
        """Return the error's kind for ModelError. Args: status: HTTP status; None if unknown."""
        if "previous_response_id" in self._words and status in (400, 404):
            return "previous_response"
        kinds = [KIND_OF_WORD[word] for word in self._words if word in KIND_OF_WORD]
        if re.search(CONTEXT_WORDS, self.message.lower()) and status not in (401, 403):
            kinds.insert(0, "context_length")
        strong = [kind for kind in kinds if kind != "bad_request"]
        if strong:
            return strong[0]
        return kind_of_status(status) if status else (kinds or ["server"])[0]


def kind_of_status(status: int) -> str:
    """Return the kind of ModelError for an HTTP status whose body says nothing more specific."""
    if status >= 500:
        return KIND_OF_STATUS.get(status, "server")
    return KIND_OF_STATUS.get(status, "redirect" if status < 400 else "bad_request")


def advice_for(kind: str, provider: ModelProvider) -> str | None:
    """Return what the user can do about an error of a kind; None if nothing is known."""
    match kind:
        case "unauthorized" | "forbidden" if provider.env_key:
            return f"Check the API key in the environment variable `{provider.env_key}`."
        case "unauthorized" | "forbidden":
            return (
                "Set env_key of the provider to the name of the environment variable that holds "
                "the API key."
            )
        case "redirect":
            return (
                "Redirections are not followed: set base_url of the provider to the final address."
            )
        case "not_found":
            return "Check the model's name, and base_url and wire_api of the provider."
        case _:
            return None


def http_failure(
    *,
    where: str,
    status: int,
    reason: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
) -> ModelError:
    """Return the error for a response whose status is not a success.

    Args: where: URL of the request, without secrets. headers: with names in lower case. now:
        seconds since the epoch, for a Retry-After that is a date.
    """
    error = ServerError(parse_body(body))
    kind = error.kind(status)
    message = error.message
    if kind == "redirect":
        message = f"redirected to {tidy(headers.get('location', 'nowhere'))!r}, not followed"
    title = tidy(f"{status} {reason}")
    return _failure(
        f'"{where}" answered {title}' + (f": {message}" if message else ""),
        error=error,
        kind=kind,
        phase="request",
        status=status,
        retry_after_ms=retry_after_ms(headers, now),
    )


def event_failure(body: Json) -> ModelError:
    """Return the error for an event that is an error object, or has one as its member `error`."""
    error = ServerError(body)
    return _failure(
        f"the server ended the response with an error: {error.message or 'it gave no reason'}",
        error=error,
        kind=error.kind(error.status),
        phase="stream",
        status=error.status,
        retry_after_ms=None,
    )


def _failure(
    text: str,
    *,
    error: ServerError,
    kind: str,
    phase: Phase,
    status: int | None,
    retry_after_ms: int | None,
) -> ModelError:
    wait_ms = retry_after_ms
    if wait_ms is None and kind in ("rate_limit", "overloaded", "usage_limit"):
        wait_ms = wait_in_text(error.message)
    if seconds := as_int(error.fields.get("resets_in_seconds")):
        wait_ms = _whole_pause(seconds * 1000)
    if wait_ms is not None and wait_ms > MAX_RETRY_AFTER_MS:
        text += f" (try again in {format_duration(wait_ms)})"
    return ModelError(text, kind=kind, phase=phase, status=status, retry_after_ms=wait_ms)


def parse_body(body: bytes) -> Json:
    """Return an error's body as decoded JSON, else its text; of a web page, the title if any."""
    text = body.decode("utf-8", "replace")
    try:
        # litellm's proxy sends a refusal as an event.
        return loads(text.strip().removeprefix("data:"))
    except ValueError:
        return _html_title(text) if text.lstrip().startswith("<") else text


def tidy(text: str) -> str:
    """Return the text as one line without control characters, cut after MAX_MESSAGE_CHARS."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:MAX_PAGE_CHARS]).split())
    return line if len(line) <= MAX_MESSAGE_CHARS else line[:MAX_MESSAGE_CHARS] + "..."


def retry_after_ms(headers: Mapping[str, str], now: float) -> int | None:
    """Return the pause that `retry-after-ms` or `retry-after` (seconds or a date) asks for.

    Return None if there is neither. Args: now: seconds since the epoch.
    """
    for name, factor in (("retry-after-ms", 1), ("retry-after", 1000)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d*)?", value):
            return _whole_pause(float(value) * factor)
    return _until(headers.get("retry-after", ""), now)


def wait_in_text(message: str) -> int | None:
    """Return the pause that a message asks for, in milliseconds; None if it asks for none.

    It may say, for example, "try again in 1.5s" or "retry after 1m12s".
    """
    found = re.search(WAIT_WORDS, message.lower())
    if found is None:
        return None
    return _whole_pause(sum(float(n) * _unit_ms(unit) for n, unit in re.findall(AMOUNT, found[1])))


def _unit_ms(unit: str) -> int:
    return 1 if unit.startswith(("ms", "milli")) else UNIT_MS[unit[0]]


def _until(date: str, now: float) -> int | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return _whole_pause((moment - now) * 1000)


def _whole_pause(milliseconds: float) -> int:
    return int(max(0, min(milliseconds, LONGEST_PAUSE_MS)))


def _message(outer: dict[str, Json], fields: dict[str, Json]) -> str:
    for value in (
        fields.get("message"),
        outer.get("error"),
        outer.get("detail"),
        outer.get("error_description"),
    ):
        if text := _words_of(value):
            return text
    return ""


def _words_of(value: object) -> str:
    """Return the text of a message: a string, an object with one, or FastAPI's list of problems."""
    match value:
        case str():
            return value
        case {"loc": [*place], "msg": str(message)}:
            return f"{'.'.join(map(str, place))}: {message}"
        case list():
            return "; ".join(filter(None, map(_words_of, value)))
        case dict():
            return _words_of(
                value.get("message") or value.get("detail") or as_str(value.get("msg"))
            )
        case _:
            return ""


def _html_title(text: str) -> str:
    text = text[:MAX_PAGE_CHARS]
    found = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return found.group(1) if found else re.sub(r"<[^>]*>", " ", text)
