"""The cell of an MCP tool call, and the report on the MCP servers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.elapsed import format_duration
from codex.base.jsonio import dumps
from codex.protocol.replies import McpServerState
from codex.tui.drawing.text import BOLD, DIM, PLAIN, Line, Span, Style, line, lines, wrap, wrapped
from codex.tui.transcript.cells import BAD, CAUTION, GOOD, MORE, WORK, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex.protocol.events import McpToolCallEnd, McpToolCallProgress
    from codex.protocol.items import Json
    from codex.protocol.replies import McpServerStatus

_MAX_LINES = 10
"""Number of lines shown of a longer result in the compact form: the first ones."""


def invocation(server: str, tool: str, arguments: Json) -> str:
    """Return the call as `server.tool({"a":1})`."""
    return f"{server}.{tool}({'' if arguments is None else dumps(arguments).decode()})"


class ToolCell(Cell):
    """The cell of one call of an MCP server's tool: arguments, progress and result."""

    def __init__(self, server: str, tool: str, arguments: Json, *, state: str = "running") -> None:
        super().__init__()
        self._invocation = invocation(server, tool, arguments)
        self._state = state
        self._style: Style = WORK
        self._progress = ""
        self._result: list[str] = []
        self.is_live = True

    def run(self) -> None:
        """Show that the call is running."""
        self._state = "running"
        self.touch()

    def progress(self, msg: McpToolCallProgress) -> None:
        """Show the progress that the MCP server reports."""
        if msg.total:
            self._progress = f"{msg.progress:g} of {msg.total:g}"
        else:
            self._progress = f"{msg.progress:g}"
        if msg.message:
            self._progress += f" · {msg.message}"
        self.touch()

    def end(self, msg: McpToolCallEnd) -> None:
        """Show how the call ended."""
        outcome = "done" if msg.success else "failed"
        self._result = result_texts(msg.result) + ([msg.error] if msg.error else [])
        self._close(f"{outcome} · {format_duration(max(0, msg.duration_ms))}", is_good=msg.success)

    def stop(self, outcome: str) -> None:
        """Close the cell of a call that was not made, or whose end no event reports."""
        self._close(outcome, is_good=False)

    def _close(self, state: str, *, is_good: bool) -> None:
        self._state = state
        self._style = GOOD if is_good else BAD
        self._progress = ""
        self.is_live = False
        self.touch()

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the call, its progress or result, and its state."""
        row: Line = (Span("tool ", self._style), *line(self._invocation, BOLD))
        found = wrap(row, width, indent=(Span("  "),))
        if self._progress:
            found += wrap((Span("  "), *line(self._progress, DIM)), width)
        rows = [part for text in self._result for part in lines(text, DIM)]
        hidden = 0 if full or len(rows) <= _MAX_LINES + 1 else len(rows) - _MAX_LINES
        if hidden:
            rows = [*rows[:_MAX_LINES], (Span(f"… {hidden:,} lines ({MORE})", DIM),)]
        style = BAD if self._style is BAD else DIM
        rows.append((Span(self._state, style),))
        return found + [
            (Span("  "), *part) if part and width >= 8 else part
            for part in wrapped(rows, width - 2 if width >= 8 else width)
        ]

    def text(self) -> str:
        """Return the call, its whole result and its state."""
        return "\n".join([f"tool {self._invocation}", *self._result, self._state])


def result_texts(result: Json) -> list[str]:
    """Return a text for each content item of a CallToolResult, an MCP server's result.

    An item other than text is described, as in `<image image/png, 9 bytes>`, or shown as JSON.
    Without items, structured content takes their place, as JSON. None gives no text.
    """
    if not isinstance(result, dict):
        return [] if result is None else [dumps(result).decode()]
    content = result.get("content")
    found = [_item_text(item) for item in content] if isinstance(content, list) else []
    structured = result.get("structuredContent")
    if structured is not None and not found:
        found.append(dumps(structured).decode())
    return found


def _item_text(item: Json) -> str:
    if not isinstance(item, dict):
        return dumps(item).decode()
    match item.get("type"):
        case "text":
            return str(item.get("text", ""))
        case "image" | "audio":
            size = len(str(item.get("data", ""))) * 3 // 4
            return f"<{item['type']} {item.get('mimeType', '')}, {size:,} bytes>"
        case "resource_link":
            return f"<resource {item.get('uri', '')}>"
        case "resource":
            resource = item.get("resource")
            if isinstance(resource, dict) and isinstance(resource.get("text"), str):
                return f"<resource {resource.get('uri', '')}>\n{resource['text']}"
            uri = resource.get("uri", "") if isinstance(resource, dict) else ""
            return f"<resource {uri}>"
        case _:
            return dumps(item).decode()


_STATES = {
    McpServerState.STARTING: CAUTION,
    McpServerState.READY: GOOD,
    McpServerState.FAILED: BAD,
    McpServerState.DISABLED: DIM,
}


def server_lines(servers: Iterable[McpServerStatus]) -> list[Line]:
    """Return the report of `/mcp`: each MCP server with its state and tools."""
    found: list[Line] = [(Span("MCP servers", BOLD),)]
    for server in servers:
        state = Span(server.state.value, _STATES[server.state])
        found.append((*line(server.server, BOLD), Span(f" ({server.transport}) "), state))
        if server.message:
            found += [(Span("  "), *row) for row in lines(server.message, BAD)]
        if server.tools:
            found.append((Span("  "), *line(", ".join(server.tools), PLAIN)))
    if len(found) == 1:
        found.append((Span("none; add servers under [mcp_servers] in config.toml", DIM),))
    return found
