"""Desktop: escape sequences that notify the user, by default only without focus. Pure.

conversation.py decides when to notify, and with what text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.config.types import TuiSettings

_MAX_CHARS = 120
BELL = "\x07"
TURN_COMPLETE = "agent-turn-complete"
APPROVAL_REQUESTED = "approval-requested"

# Terminals that show OSC 9 as a notification; the others would beep at best, or print it.
_OSC9_PROGRAMS = ("iTerm.app", "WezTerm", "ghostty", "kitty", "WarpTerminal")
_OSC9_VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "GHOSTTY_RESOURCES_DIR", "ConEmuPID")


class Desktop:
    """Decides whether and how to notify the user. Args: environ: tells which terminal this is."""

    def __init__(self, settings: TuiSettings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._has_osc9 = settings.notification_method == "osc9" or (
            settings.notification_method == "auto" and _speaks_osc9(environ)
        )
        self.has_focus = True
        """Whether the terminal has the focus, as it last reported; True before its first report."""

    def sequence(self, kind: str, text: str) -> str:
        """Return the escape sequence of a notification, or BELL; empty if it is not wanted now.

        Args: kind: TURN_COMPLETE or APPROVAL_REQUESTED, as the key `tui.notifications` names them.
        """
        wanted = self._settings.notifications
        is_wanted = wanted if isinstance(wanted, bool) else kind in wanted
        if not is_wanted or (self.has_focus and self._settings.notification_condition != "always"):
            return ""
        if not self._has_osc9:
            return BELL
        line = " ".join(clean(text).split())[:_MAX_CHARS]
        return f"\x1b]9;{line}\x07"


def _speaks_osc9(environ: Mapping[str, str]) -> bool:
    if "TMUX" in environ or environ.get("TERM", "").startswith(("screen", "tmux")):
        return False
    return environ.get("TERM_PROGRAM") in _OSC9_PROGRAMS or any(
        name in environ for name in _OSC9_VARIABLES
    )
