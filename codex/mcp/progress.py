"""The progress of a call, as `notifications/progress` reports it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codex.jsonrpc.messages import RpcId
    from codex.protocol.items import Json


class CallProgress(NamedTuple):
    """How far a call has come, in the server's own unit."""

    progress: float
    total: float | None
    message: str | None


def asking_for_progress(params: dict[str, Json], token: RpcId) -> dict[str, Json]:
    """The parameters of a request that asks for progress under `token`."""
    return {**params, "_meta": {"progressToken": token}}


def read_progress(params: dict[str, Json]) -> tuple[RpcId, CallProgress] | None:
    """The token and the progress of a notification; None when either is missing or malformed."""
    token, progress = params.get("progressToken"), params.get("progress")
    total, message = params.get("total"), params.get("message")
    if not (isinstance(token, int | str) and isinstance(progress, int | float)):
        return None
    return token, CallProgress(
        float(progress),
        float(total) if isinstance(total, int | float) else None,
        message if isinstance(message, str) else None,
    )
