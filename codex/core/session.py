"""Session: the state of one conversation, which its tasks share; it lives as long as the engine.

The session thread changes the state between tasks. While a task runs, the task owns the transcript
and the token total. The settings are one immutable value, `setup`, which can be replaced.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from codex.core.approvals import Approvals
from codex.protocol.events import Event, EventMsg
from codex.protocol.items import TokenUsage
from codex.rollout.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.core.elicitations import Elicitations
    from codex.core.safety.rules import Rules
    from codex.core.setup import Setup
    from codex.mcp.servers import McpServers
    from codex.rollout.resume import Resumed
    from codex.rollout.writer import Rollout
    from codex.sandbox.guard.tripwire import Tripwire


class ApprovedCommand(NamedTuple):
    """A command that the user approved for the session: these exact words in this exact folder."""

    argv: tuple[str, ...]
    cwd: str
    is_sandboxed: bool
    """Whether the user approved running it inside the sandbox; False: outside."""


class Session:
    """One conversation: what was said, what was allowed, and the setup in force."""

    def __init__(
        self,
        *,
        session_id: str,
        setup: Setup,
        put: Callable[[Event], None],
        rollout: Rollout,
        resumed: Resumed | None = None,
    ) -> None:
        """Args: put: receives each event. resumed: an old conversation to continue."""
        self.session_id = session_id
        self.setup = setup
        """Setup in force; a task reads it once, when it starts."""
        self._put = put
        self.approvals = Approvals()
        self.rollout = rollout
        items = () if resumed is None else resumed.items
        self.transcript = Transcript(items, on_record=rollout.item)
        self.usage = TokenUsage() if resumed is None else resumed.usage
        self.windows: dict[str, int | None] = {}
        """Context windows in tokens by model, as in the provider's last list; None: unknown."""
        self.approved_commands: set[ApprovedCommand] = set()
        self.approved_paths: set[str] = set()
        """Absolute paths that patches may change without asking the user again."""
        self.approved_mcp_tools: set[tuple[str, str]] = set()
        """Pairs of MCP server and tool that may be called without asking the user again."""
        self.warnings_shown: set[str] = set()
        """Texts of the warnings that `TaskContext.warn_once` must not show again."""
        self.mcp: McpServers | None = None
        """MCP servers of the session; None if the configuration names none."""
        self.elicitations: Elicitations | None = None
        """Open questions of the MCP servers; None if there are no servers."""

    @functools.cached_property
    def rules(self) -> Rules:
        """The rules about commands, from the user's files (once loaded) and the user's answers."""
        from codex.core.safety.rules import Rules

        return Rules()

    @functools.cached_property
    def tripwire(self) -> Tripwire:
        """The guard that undoes changes to protected names; made for the first command."""
        from codex.sandbox.guard.tripwire import Tripwire

        return Tripwire()

    def change_setup(self, setup: Setup) -> None:
        """Continue the conversation under other settings, and close the old setup.

        A server holds responses for one model and one account: after a change of either, the next
        request sends the transcript from its beginning.
        """
        old, self.setup = self.setup, setup
        if not setup.has_model_of(old):
            self.transcript.forget_server_state()
        old.close()

    def context_window(self, setup: Setup) -> int | None:
        """Return the context window in tokens: as configured, else as the provider reported it.

        None: neither is known.
        """
        model = setup.config.model
        if model.context_window is not None:
            return model.context_window
        return self.windows.get(model.model)

    def close(self) -> None:
        """End the MCP servers, close the setup in force, and close the rollout."""
        if self.mcp is not None:
            self.mcp.close()
        self.setup.close()
        self.rollout.close()

    def emit(self, event_id: str, msg: EventMsg) -> None:
        """Send an event to the front end, under the id of its submission, without recording it."""
        self._put(Event(event_id, msg))
