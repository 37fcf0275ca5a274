"""Serve one MCP client on standard input and output until it disconnects.

The end of the input or a stop signal ends every session and the program. Only messages are written
to stdout.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.base.errors import CodexError, ExitStatus
from codex.base.lines import EndOfInput, InputLine, start_reading
from codex.base.signals import StopSignal, die_by, let_signals_kill, stop_signals_to
from codex.config.load import load_config
from codex.jsonrpc.messages import parse_messages
from codex.mcp_server.server import CodexServer
from codex.mcp_server.sessions import Sessions
from codex.mcp_server.writer import Writer

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.overrides import Overrides

_Inbox = SimpleQueue[StopSignal | InputLine | EndOfInput]

LAST_WORDS_S = 1.0
"""Longest wait at the end until a slow client has read the last messages."""


def run(host: Host, overrides: Overrides) -> int:
    """Serve one MCP client; return the exit status.

    After clean-up, a stop signal that is not from the keyboard ends the process instead.
    Args: overrides: settings from the command line; the arguments of a call override them.
    Raises: CodexError, if the settings are wrong or standard input is a terminal.
    """
    if host.stdin.isatty():
        raise CodexError(
            "codex mcp-server serves an MCP client, but standard input is a terminal",
            advice="To manage the MCP servers that codex uses: codex mcp --help",
        )
    for warning in load_config(host, overrides).warnings:
        host.stderr.write(f"warning: {warning}\n")
    host.stderr.flush()
    inbox: _Inbox = SimpleQueue()
    host.stdout.flush()
    writer = Writer(host.stdout.fileno(), lambda: inbox.put(EndOfInput()))
    server = CodexServer(writer.send, Sessions(host, overrides))
    with stop_signals_to(inbox.put):
        start_reading(host.stdin.fileno(), inbox.put)
        stopped_by = _serve(server, inbox)
        let_signals_kill()
        server.close()
        writer.close(LAST_WORDS_S)
    if stopped_by is None:
        return ExitStatus.DONE
    if not stopped_by.is_from_keyboard:
        die_by(stopped_by.number)
    return ExitStatus.INTERRUPTED


def _serve(server: CodexServer, inbox: _Inbox) -> StopSignal | None:
    """Handle the client's lines; return None at their end, or the stop signal that comes first."""
    while True:
        match inbox.get():
            case InputLine(data):
                for message in parse_messages(data):
                    server.receive(message)
            case EndOfInput():
                return None
            case StopSignal() as signal:
                return signal
