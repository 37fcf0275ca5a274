"""Make text from a model, a command or a file harmless for a terminal."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS and similar, if terminated
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"  # short sequences
)
# Controls other than tab and newline; marks that change the direction of text, which can make a
# line show something other than it says; lone surrogates, which cannot be sent to a terminal.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text that a terminal shows as it is; tabs and newlines are kept.

    Escape sequences are removed, a CR becomes a newline, and any other control character, mark that
    changes the direction of text or lone surrogate is spelled out, such as `\\x07`.
    """
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n")).replace("\r", "\n")
    return _CONTROL.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
