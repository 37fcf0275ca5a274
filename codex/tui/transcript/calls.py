"""Calls: the cells of commands, patches and MCP tool calls that have not ended. Pure.

The call id leads to a call's cell, from the approval request or the begin event to the end event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

from codex.protocol import events as ev
from codex.protocol.policy import ReviewDecision
from codex.tui.transcript.command_cell import CommandCell
from codex.tui.transcript.patch_cell import PatchCell, PatchState
from codex.tui.transcript.tool_cell import ToolCell

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.transcript.cells import Cell

CommandMsg = (
    ev.ExecApprovalRequest | ev.ExecCommandBegin | ev.ExecCommandOutputDelta | ev.ExecCommandEnd
)
PatchMsg = ev.ApplyPatchApprovalRequest | ev.PatchApplyBegin | ev.PatchApplyEnd
ToolMsg = ev.McpApprovalRequest | ev.McpToolCallBegin | ev.McpToolCallProgress | ev.McpToolCallEnd
CallMsg = CommandMsg | PatchMsg | ToolMsg
"""The events that `Calls.handle` accepts."""

_C = TypeVar("_C")


class Calls:
    """The cells of the calls that have not ended."""

    def __init__(self, add: Callable[[Cell], None], cwd: str) -> None:
        """Args: add: puts a cell into the transcript. cwd: the working directory, absolute."""
        self._add = add
        self.cwd = cwd
        """Current working directory of the session."""
        self._commands: dict[str, CommandCell] = {}
        self._patches: dict[str, PatchCell] = {}
        self._tools: dict[str, ToolCell] = {}

    def clear(self) -> None:
        """Forget all calls; their cells stay as they are."""
        self._commands.clear()
        self._patches.clear()
        self._tools.clear()

    def close(self) -> None:
        """Close the cells of all open calls as interrupted or not applied: no event will do it."""
        for command in self._commands.values():
            command.stop("interrupted")
        for patch in self._patches.values():
            patch.advance(PatchState.REJECTED)
        for tool in self._tools.values():
            tool.stop("interrupted")
        self.clear()

    def decided(self, call_id: str, decision: ReviewDecision) -> None:
        """Close the cell of a call that the user denied; do nothing after any other decision."""
        if decision not in (ReviewDecision.DENIED, ReviewDecision.ABORT):
            return
        if command := self._commands.pop(call_id, None):
            command.stop("interrupted")
        if patch := self._patches.pop(call_id, None):
            patch.advance(PatchState.REJECTED)
        if tool := self._tools.pop(call_id, None):
            tool.stop("not called: you denied it")

    def handle(self, msg: CallMsg) -> None:
        """Add or update the cell of the call that an event is about."""
        if isinstance(msg, CommandMsg):
            self._command(msg)
        elif isinstance(msg, PatchMsg):
            self._patch(msg)
        else:
            self._tool(msg)

    def _command(self, msg: CommandMsg) -> None:
        match msg:
            case ev.ExecApprovalRequest():
                self._new_command(msg)
            case ev.ExecCommandBegin():
                cell = _asked_about(self._commands, msg.call_id) or self._new_command(msg)
                cell.begin(msg)
            case ev.ExecCommandOutputDelta():
                if running := self._commands.get(msg.call_id):
                    running.output(msg.chunk)
            case ev.ExecCommandEnd():
                if ended := self._commands.pop(msg.call_id, None):
                    ended.end(msg)
            case _:
                assert_never(msg)

    def _new_command(self, msg: ev.ExecCommandBegin | ev.ExecApprovalRequest) -> CommandCell:
        cell = CommandCell(msg.command, msg.cwd)
        self._commands[msg.call_id] = cell
        self._add(cell)
        return cell

    def _patch(self, msg: PatchMsg) -> None:
        match msg:
            case ev.ApplyPatchApprovalRequest():
                self._new_patch(msg, msg.reason)
            case ev.PatchApplyBegin():
                cell = _asked_about(self._patches, msg.call_id) or self._new_patch(msg, None)
                cell.advance(PatchState.APPLYING)
            case ev.PatchApplyEnd():
                if ended := self._patches.pop(msg.call_id, None):
                    state = PatchState.APPLIED if msg.success else PatchState.FAILED
                    ended.advance(state, "" if msg.success else msg.stderr or msg.stdout)
            case _:
                assert_never(msg)

    def _new_patch(
        self, msg: ev.ApplyPatchApprovalRequest | ev.PatchApplyBegin, reason: str | None
    ) -> PatchCell:
        cell = PatchCell(msg.changes, cwd=self.cwd, reason=reason)
        self._patches[msg.call_id] = cell
        self._add(cell)
        return cell

    def _tool(self, msg: ToolMsg) -> None:
        match msg:
            case ev.McpApprovalRequest():
                self._new_tool(msg, state="waits for approval")
            case ev.McpToolCallBegin():
                cell = _asked_about(self._tools, msg.call_id) or self._new_tool(msg)
                cell.run()
            case ev.McpToolCallProgress():
                if running := self._tools.get(msg.call_id):
                    running.progress(msg)
            case ev.McpToolCallEnd():
                if ended := self._tools.pop(msg.call_id, None):
                    ended.end(msg)
            case _:
                assert_never(msg)

    def _new_tool(
        self, msg: ev.McpApprovalRequest | ev.McpToolCallBegin, state: str = "running"
    ) -> ToolCell:
        cell = ToolCell(msg.server, msg.tool, msg.arguments, state=state)
        self._tools[msg.call_id] = cell
        self._add(cell)
        return cell


def _asked_about(cells: dict[str, _C], call_id: str) -> _C | None:
    """Return the cell of a call that needed approval, filed from now on under the call's own id.

    None if it needed none. The id of a second question about a call ends in `#2`: the sandbox
    stopped the command, or the model numbers its calls anew in each response.
    """
    asked = f"{call_id}#"
    key = next((key for key in cells if key == call_id or key.startswith(asked)), None)
    if key is None:
        return None
    cells[call_id] = cell = cells.pop(key)
    return cell
