"""Makes Enter with a modifier begin a new line; prompt_toolkit takes it for Enter or ignores it.

Terminals report the modifier by xterm's modifyOtherKeys or by kitty's keyboard protocol.
"""

from __future__ import annotations

_MODIFIERS = range(2, 9)
"""Codes of the modifiers: 1 plus the sum of Shift 1, Alt 2, Ctrl 4."""


def install() -> None:
    """Make prompt_toolkit read Enter with any modifier as Alt+Enter, the key for a new line."""
    from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
    from prompt_toolkit.keys import Keys

    newline = (Keys.Escape, Keys.ControlM)
    for modifier in _MODIFIERS:
        ANSI_SEQUENCES[f"\x1b[13;{modifier}u"] = newline
        ANSI_SEQUENCES[f"\x1b[27;{modifier};13~"] = newline
