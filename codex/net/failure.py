"""RequestError: the error of a request to a server."""

from __future__ import annotations

from typing import Literal

from codex.base.errors import CodexError

Phase = Literal["request", "stream"]

_PASSING_KINDS = frozenset({"stream", "connect", "timeout"})
"""Kinds of failure after which the same request may succeed."""


class RequestError(CodexError):
    """A request to a server failed.

    `kind` is a stable word for programs:

    - temporary: `stream` (cut off), `connect`, `timeout`;
    - the response: `protocol` (not understood);
    - our side: `tls`, `proxy` (the proxy refused), `config`.
    """

    def __init__(
        self, message: str, *, kind: str, phase: Phase = "stream", advice: str | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.kind = kind
        self.phase: Phase = phase
        """Phase: `request` until the headers of a successful response arrive, then `stream`."""

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed if sent again."""
        return self.kind in _PASSING_KINDS

    def hide(self, secrets: tuple[str, ...]) -> None:
        """Replace every secret in the error's text, since a server may have echoed one."""
        for secret in secrets:
            self.message = self.message.replace(secret, "[hidden]")
        self.args = (self.message,)
