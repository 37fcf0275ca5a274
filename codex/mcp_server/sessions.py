"""The sessions of codex as an MCP server: started by one tool call and continued by later ones.

An engine outlives the call that started it, so that `codex-reply` finds it. If too many are idle,
those that have been idle longest are ended, if their sessions are recorded; such a session is read
back from its file when a call needs it.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.base.errors import CodexError
from codex.config.load import load_config
from codex.core.codex import Codex
from codex.protocol.ops import Shutdown

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.overrides import Overrides
    from codex.config.types import Config
    from codex.jsonrpc.messages import RpcId
    from codex.mcp_server.tools import CodexArguments
    from codex.protocol.events import Event
    from codex.rollout.resume import Resumed

MAX_IDLE = 8
"""Number of idle engines to keep. Above it, the longest idle are ended, except for sessions that
are not recorded: they count, but their engines stay. Each engine may run MCP servers."""


class Stop(NamedTuple):
    """Notice that the client has cancelled a tool call."""

    request_id: RpcId
    """Id of the request that made the call."""


class HostedSession:
    """A session and its engine, which tool calls use one after the other."""

    def __init__(self, config: Config, host: Host, resumed: Resumed | None = None) -> None:
        self.inbox: SimpleQueue[Event | Stop] = SimpleQueue()
        """Events of the engine, and Stops of tool calls, for the call that uses the session."""
        self.engine = Codex(config, host, self.inbox.put, source="mcp", resumed=resumed)
        self.session_id: str | None = None
        """Session id; None until the engine is ready."""
        self.wanted_id: str | None = None if resumed is None else resumed.session_id
        """Id of the session that is resumed; None for a new one."""
        self.is_recorded = False
        """Whether the session can be resumed after the engine has ended."""
        self.is_busy = True
        """Whether a tool call is using the session."""

    def close(self) -> None:
        """End the engine and everything that runs in it."""
        self.engine.close()


class Sessions:
    """All sessions of the MCP server. Every method may be called from any thread."""

    def __init__(self, host: Host, overrides: Overrides) -> None:
        """Args: overrides: the command line's settings; the arguments of a call override them."""
        self._host = host
        self._overrides = overrides
        self._lock = threading.Lock()
        self._sessions: list[HostedSession] = []
        """Sessions, ordered by the end of their last call."""
        self._is_closed = False

    def begin(self, arguments: CodexArguments, wanted: Overrides) -> HostedSession:
        """Start a new session and claim it for a tool call.

        Args: wanted: the settings among `arguments`.
        Raises: CodexError, if the settings are wrong or the server is ending.
        """
        config = load_config(self._host, _merged(self._overrides, wanted))
        changes: dict[str, object] = {}
        if arguments.base_instructions is not None:
            changes["base_instructions"] = arguments.base_instructions
        if arguments.include_plan_tool is not None:
            changes["has_plan_tool"] = arguments.include_plan_tool
        return self._add(HostedSession(msgspec.structs.replace(config, **changes), self._host))

    def find(self, session_id: str) -> HostedSession:
        """Claim a session for another tool call; resume it from its file if its engine has ended.

        Raises: CodexError, if there is no such session, it is busy, or it cannot be resumed.
        """
        with self._lock:
            for session in self._sessions:
                if session_id in (session.session_id, session.wanted_id):
                    if session.is_busy:
                        raise CodexError(
                            f"the session '{session_id}' is still at work on another call"
                        )
                    session.is_busy = True
                    return session
        from codex.rollout.restore import restored_config
        from codex.rollout.store import open_session

        codex_home = load_config(self._host, self._overrides).codex_home
        resumed = open_session(codex_home, session_id, cwd=None)
        config = restored_config(self._host, self._overrides, resumed)
        return self._add(HostedSession(config, self._host, resumed))

    def release(self, session: HostedSession) -> None:
        """Free a session at the end of a tool call, for the next call.

        End its engine if that never became ready. If more than MAX_IDLE engines are idle, end those
        that have been idle longest, except for sessions that are not recorded.
        """
        with self._lock:
            session.is_busy = False
            self._sessions.remove(session)
            if session.session_id is not None:
                self._sessions.append(session)
            ended = [] if session.session_id is not None else [session]
            idle = [each for each in self._sessions if not each.is_busy]
            for each in idle[:-MAX_IDLE]:
                if each.is_recorded:
                    self._sessions.remove(each)
                    ended.append(each)
        for each in ended:
            each.close()

    def close(self) -> None:
        """End every engine, in parallel, and wait until all have ended."""
        with self._lock:
            self._is_closed = True
            sessions = list(self._sessions)
        for session in sessions:
            session.engine.submit(Shutdown())
        for session in sessions:
            session.close()

    def _add(self, session: HostedSession) -> HostedSession:
        with self._lock:
            is_closed = self._is_closed
            self._sessions.append(session)
        if is_closed:
            session.close()
            raise CodexError("the server is ending")
        return session


def _merged(base: Overrides, wanted: Overrides) -> Overrides:
    """Return the settings of one tool call: `base`, overridden by what `wanted` gives."""
    given = {
        name: value
        for name in wanted.__struct_fields__
        if (value := getattr(wanted, name)) not in (None, (), False)
    }
    if "sandbox_mode" in given or "sandbox_permissions" in given:
        base = msgspec.structs.replace(base, sandbox_mode=None, sandbox_permissions=None)
    given["config"] = (*base.config, *wanted.config)
    return msgspec.structs.replace(base, **given)
