"""Enter with a modifier, taught to prompt_toolkit, which takes it for Enter or does not know it.

Terminals report it by xterm's modifyOtherKeys or by the keyboard protocol of kitty.
"""

from __future__ import annotations

_MODIFIERS = range(2, 9)
"""1 and the sum of Shift 1, Alt 2, Ctrl 4."""


def install() -> None:
    """Make Enter with any modifier Alt+Enter, the key for a new line."""
    from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
    from prompt_toolkit.keys import Keys

    newline = (Keys.Escape, Keys.ControlM)
    for modifier in _MODIFIERS:
        ANSI_SEQUENCES[f"\x1b[13;{modifier}u"] = newline
        ANSI_SEQUENCES[f"\x1b[27;{modifier};13~"] = newline
