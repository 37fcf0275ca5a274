"""Replies: events outside of tasks, about history, models and MCP servers.

Most answer an op of a front end; their docstrings name it.
"""

from __future__ import annotations

import enum

import msgspec


class McpServerState(enum.Enum):
    """State of an MCP server."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    DISABLED = "disabled"


class McpServerStatus(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_server_status"
):
    """The state of an MCP server, reported whenever it changes."""

    server: str
    state: McpServerState
    message: str | None = None
    """Reason of a failure; otherwise None."""
    tools: tuple[str, ...] = ()
    """Names, as the server gives them, of the tools offered to the model; empty unless READY."""
    transport: str = "stdio"
    """Transport: `stdio`, `http` or `sse`."""


class ListMcpToolsResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="list_mcp_tools_response"
):
    """The response to `list_mcp_tools`: the state of every MCP server."""

    servers: tuple[McpServerStatus, ...]


class HistoryEntry(msgspec.Struct, frozen=True):
    """One message of the message history."""

    session_id: str
    ts: int
    """Time in seconds since the epoch."""
    text: str


class GetHistoryEntryResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entry_response"
):
    """The response to `get_history_entry_request`."""

    offset: int
    log_id: int
    entry: HistoryEntry | None = None
    """Message; None, and left out on the wire, if it is unavailable."""


class GetHistoryEntriesResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entries_response"
):
    """The response to `get_history_entries_request`: messages, the oldest first."""

    log_id: int
    offset: int
    entries: tuple[HistoryEntry | None, ...]
    """Messages from `offset` on, None for each unreadable line.

    Empty also if the log was replaced or cannot be read.
    """


class HistoryMatch(msgspec.Struct, frozen=True):
    """One message that a search found."""

    offset: int
    entry: HistoryEntry


class SearchHistoryResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="search_history_response"
):
    """The response to `search_history_request`: matching messages, the newest first."""

    log_id: int
    query: str
    matches: tuple[HistoryMatch, ...]
    is_complete: bool
    """Whether the search reached the oldest message; if not, older messages may match, too.

    Also True, without matches, if the log was replaced or cannot be read.
    """


class HistoryReloaded(msgspec.Struct, frozen=True, tag_field="type", tag="history_reloaded"):
    """The response to `reload_history`: earlier log ids and entry counts are void.

    It also follows a `session_configured` that could not wait for the state of the history.
    """

    log_id: int
    entry_count: int


class ModelEntry(msgspec.Struct, frozen=True):
    """One model that a provider offers."""

    id: str
    context_window: int | None = None
    """Size in tokens; None if the server does not report it."""


class ListModelsResponse(msgspec.Struct, frozen=True, tag_field="type", tag="list_models_response"):
    """The response to `list_models`: the models that the provider offers now."""

    models: tuple[ModelEntry, ...]
    error: str | None = None
    """Reason why the request failed, so that `models` is empty; None if it succeeded."""


FrontEndReply = (
    ListMcpToolsResponse
    | GetHistoryEntryResponse
    | GetHistoryEntriesResponse
    | SearchHistoryResponse
    | HistoryReloaded
    | ListModelsResponse
)
"""Every event that answers an op of the front end."""
