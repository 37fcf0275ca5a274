"""The progress of a tool call, as `notifications/progress` reports it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codex.jsonrpc.messages import RpcId
    from codex.protocol.items import Json


class CallProgress(NamedTuple):
    """The progress of a tool call, in a unit of the server's choice; `total` is None if unknown."""

    progress: float
    total: float | None
    message: str | None


def asking_for_progress(params: dict[str, Json], token: RpcId) -> dict[str, Json]:
    """Return `params` with a request for progress notifications that carry `token`."""
    return {**params, "_meta": {"progressToken": token}}


def read_progress(params: dict[str, Json]) -> tuple[RpcId, CallProgress] | None:
    """Return the token and the progress of a notification; None if it lacks either."""
    token, progress = params.get("progressToken"), params.get("progress")
    total, message = params.get("total"), params.get("message")
    if not (isinstance(token, int | str) and isinstance(progress, int | float)):
        return None
    return token, CallProgress(
        float(progress),
        float(total) if isinstance(total, int | float) else None,
        message if isinstance(message, str) else None,
    )
