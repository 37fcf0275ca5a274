"""Connect a session with its MCP servers: pass on its settings, their events and their questions.

codex/mcp/servers.py decides when the servers start and who waits for them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from codex.core.elicitations import Elicitations
from codex.mcp.managed import Outside
from codex.mcp.servers import McpServers
from codex.protocol.events import Warning
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from codex.core.session import Session
    from codex.protocol.events import EventMsg

logger = logging.getLogger(__name__)


def start_servers(session: Session, event_id: str) -> None:
    """Start the configured MCP servers in the background; set the session's `mcp`, `elicitations`.

    Args: event_id: the id under which the servers' events and questions are sent.
    """

    def emit(msg: EventMsg) -> None:
        session.emit(event_id, msg)

    def can_ask() -> bool:
        return session.setup.config.approval_policy is not AskForApproval.NEVER

    setup = session.setup
    session.elicitations = Elicitations(emit, can_ask=can_ask)
    session.mcp = McpServers(
        setup.config.mcp_servers,
        Outside(
            environ=setup.host.environ,
            cwd=setup.config.cwd,
            report=emit,
            ask=session.elicitations.ask,
            log=lambda server, level, text: logger.debug("%s: %s: %s", server, level, text),
            warn=lambda message: emit(Warning(message)),
        ),
    )
    session.mcp.start()
