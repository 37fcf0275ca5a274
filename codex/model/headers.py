"""The headers of a request: the API key, the provider's own headers, and codex's user agent.

Pure. Must not put a header's value into an error's text, which names the variable or the header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex import __version__
from codex.model.retry import ModelError
from codex.net.address import basic_authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.protocol.settings import ModelProvider

_ORIGINATOR = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE"
_MIN_SECRET_CHARS = 6
"""Length of the shortest value treated as a secret; hiding shorter ones would garble every text."""


class Headers(NamedTuple):
    """The headers to send, and the known secrets in them, which must never be shown."""

    fields: dict[str, str]
    secrets: tuple[str, ...]
    """Secrets to hide from every text: API key, `user:password`, every value of `env_http_headers`,
    and of `http_headers` only Authorization, Api-Key and X-Api-Key. Those shorter than
    _MIN_SECRET_CHARS are left out."""


def request_headers(
    provider: ModelProvider, environ: Mapping[str, str], *, userinfo: str | None = None
) -> Headers:
    """Return the headers of a request; those configured for the provider override codex's own.

    Names are compared ignoring case.
    Args: userinfo: `user:password` of the base URL, used if there is no API key.
    Raises: ModelError, if the API key is missing, or a header has characters that are not allowed.
    """
    fields: dict[str, tuple[str, str, str]] = {}
    secrets = []

    def put(name: str, value: str, source: str = "") -> None:
        fields[name.lower()] = (name, value, source)

    put("Content-Type", "application/json")
    put("Accept", "text/event-stream")
    put("User-Agent", f"codex/{__version__}")
    if provider.is_openai:
        put("originator", environ.get(_ORIGINATOR, "").strip() or "codex", _ORIGINATOR)
    key, source = api_key(provider, environ)
    if key:
        put("Authorization", f"Bearer {key}", source)
        secrets.append(key)
    elif userinfo:
        put("Authorization", basic_authorization(userinfo))
        secrets.append(userinfo)
    for name, value in provider.http_headers.items():
        put(name, value)
        if name.lower() in ("authorization", "api-key", "x-api-key"):
            secrets.append(value.removeprefix("Bearer "))
    for name, variable in provider.env_http_headers.items():
        if value := environ.get(variable, "").strip():
            put(name, value, variable)
            secrets.append(value)
    sent = {}
    for name, value, source in fields.values():
        _check(name, value, source)
        sent[name] = value
    return Headers(sent, tuple(secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS))


def api_key(provider: ModelProvider, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the API key to send, and the variable or key that holds it; both "" if none is needed.

    Raises: ModelError, if the environment variable that should hold the key is not set.
    """
    names = [provider.env_key] if provider.env_key else []
    if provider.is_openai:
        names.insert(0, "CODEX_API_KEY")
    for name in names:
        if key := environ.get(name, "").strip():
            return key, name
    if provider.experimental_bearer_token:
        return provider.experimental_bearer_token.strip(), "experimental_bearer_token"
    if provider.env_key is None:
        return "", ""
    raise ModelError(
        f"the environment variable `{provider.env_key}`, which holds the API key of "
        f'"{provider.name}", is not set',
        kind="missing_key",
        phase="request",
        advice=provider.env_key_instructions,
    )


def _check(name: str, value: str, source: str) -> None:
    is_sendable = value.isascii() and value.isprintable()
    if not (is_sendable and name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        origin = f" (the value comes from `{source}`)" if source else ""
        raise ModelError(
            f"the header {name!r} has characters that are not allowed in a header{origin}",
            kind="config",
            phase="request",
        )
