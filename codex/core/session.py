"""Session: the configured state of one conversation, and what its tasks share.

Written by the session thread between tasks; a running task only reads the settings, and owns the
transcript and the token total while it runs.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from codex.core.approvals import Approvals
from codex.protocol.events import Event, EventMsg
from codex.protocol.items import TokenUsage
from codex.protocol.policy import SandboxPolicy
from codex.rollout.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.core.notify import Notifier
    from codex.core.safety.rules import Rules
    from codex.core.task import TaskEnded
    from codex.mcp.servers import McpServers
    from codex.model.client import ModelClient
    from codex.rollout.resume import Resumed
    from codex.rollout.writer import Rollout
    from codex.sandbox.guard.tripwire import Tripwire


class ApprovedCommand(NamedTuple):
    """What "for this session" remembers about a command: the very words in the very place."""

    argv: tuple[str, ...]
    cwd: str
    is_sandboxed: bool
    """Whether the yes was to running it in the sandbox, or outside."""


class Session:
    """One conversation under one configuration."""

    def __init__(
        self,
        *,
        session_id: str,
        config: Config,
        host: Host,
        client: ModelClient,
        notifier: Notifier,
        put: Callable[[Event], None],
        instructions: str,
        post: Callable[[TaskEnded], None],
        rollout: Rollout,
        resumed: Resumed | None = None,
    ) -> None:
        """Args: resumed: an old conversation, to go on with."""
        self.session_id = session_id
        self.config = config
        self.host = host
        self.client = client
        self.notifier = notifier
        self.instructions = instructions
        """The whole system text, sent with every request."""
        self.post = post
        """Tell the session thread that a task is over."""
        self._put = put
        self.approvals = Approvals()
        self.rollout = rollout
        items = () if resumed is None else resumed.items
        self.transcript = Transcript(items, on_record=rollout.item)
        self.usage = TokenUsage() if resumed is None else resumed.usage
        self.approved_commands: set[ApprovedCommand] = set()
        self._rules: Rules | None = None
        self.approved_paths: set[str] = set()
        """Absolute paths that patches may change without a further question."""
        self.approved_mcp_tools: set[tuple[str, str]] = set()
        """Servers and tools that may be called without a further question."""
        self.warnings_shown: set[str] = set()
        self.mcp: McpServers | None = None
        """None where none is configured; it outlives a change of the settings."""

    def take_over(self, old: Session) -> None:
        """Go on with the conversation of the session that this one replaces.

        A server holds responses for one model and one account: after a change of either, or when
        nothing may be stored any more, the whole transcript is sent.
        """
        self.approvals = old.approvals
        self.transcript = old.transcript
        self.usage = old.usage
        self.approved_commands = old.approved_commands
        self._rules = old._rules
        self.approved_paths = old.approved_paths
        self.approved_mcp_tools = old.approved_mcp_tools
        self.warnings_shown = old.warnings_shown
        self.tripwire = old.tripwire
        self.mcp = old.mcp
        is_same_server = self.config.provider == old.config.provider
        if not (is_same_server and self.config.model.model == old.config.model.model):
            self.transcript.forget_server_state()
        old.close()

    @property
    def rules(self) -> Rules:
        """The user's rules about commands, and those that answers of this session made."""
        if self._rules is None:
            from codex.core.safety.rules import Rules

            self._rules = Rules()
        return self._rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        self._rules = rules

    def close(self) -> None:
        """Let go of connections and of notifiers that still run; the rollout stays open."""
        self.client.close()
        self.notifier.close()

    def emit(self, event_id: str, msg: EventMsg) -> None:
        """Show something to the front end."""
        self._put(Event(event_id, msg))

    @property
    def is_stored(self) -> bool:
        """Whether the server keeps the conversation."""
        return self.config.provider.is_openai and not self.config.disable_response_storage

    @functools.cached_property
    def tripwire(self) -> Tripwire:
        """What guards the protected names; made with the first command, as it costs at start."""
        from codex.sandbox.guard.tripwire import Tripwire

        return Tripwire()

    def patch_roots(self) -> tuple[str, ...] | None:
        """The folders a patch may write to without a question; None where all may be written."""
        policy = self.config.sandbox_policy
        if policy.can_write_everything:
            return None
        return policy.roots(cwd=self.config.cwd, tmpdir=self.host.environ.get("TMPDIR"))


def describe_sandbox(policy: SandboxPolicy, roots: tuple[str, ...]) -> str:
    """The policy in one line for people and the model: `workspace-write [/repo, /tmp]`."""
    if policy.is_unrestricted:
        return "danger-full-access"
    network = " with network" if policy.can_use_network else ""
    if (ports := (*policy.connect_ports, *policy.bind_ports)) and not network:
        network = f" with TCP ports {', '.join(map(str, dict.fromkeys(ports)))}"
    if policy.can_write_everything:
        return "full-disk-write" + network
    if not roots:
        return ("read-only" if policy.can_read_everything else "no permissions") + network
    return f"workspace-write [{', '.join(roots)}]{network}"
