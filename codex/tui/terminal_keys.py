"""Keys that only newer terminals report, taught to prompt_toolkit.

With xterm's modifyOtherKeys, or with the keyboard protocol of kitty, Enter with Shift has bytes of
its own. prompt_toolkit knows few of them and takes Shift+Enter for Enter.
"""

from __future__ import annotations

from typing import Final

ENABLE: Final = "\x1b[>4;1m"
"""Asks xterm and its relatives to report Shift+Enter; others ignore it."""
DISABLE: Final = "\x1b[>4;0m"

_MODIFIERS = range(2, 9)
"""1 and the sum of Shift 1, Alt 2, Ctrl 4."""


def install() -> None:
    """Make Enter with any modifier Alt+Enter, the key for a new line; Shift+Tab one key."""
    from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
    from prompt_toolkit.keys import Keys

    for modifier in _MODIFIERS:
        newline = (Keys.Escape, Keys.ControlM)
        ANSI_SEQUENCES[f"\x1b[13;{modifier}u"] = newline
        ANSI_SEQUENCES[f"\x1b[27;{modifier};13~"] = newline
    ANSI_SEQUENCES["\x1b[9;2u"] = ANSI_SEQUENCES["\x1b[27;2;9~"] = Keys.BackTab
    ANSI_SEQUENCES["\x1b[27u"] = Keys.Escape
    for code in range(ord("a"), ord("z") + 1):
        control = Keys(f"c-{chr(code)}")
        ANSI_SEQUENCES[f"\x1b[{code};5u"] = ANSI_SEQUENCES[f"\x1b[27;5;{code}~"] = control
