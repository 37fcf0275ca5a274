"""Escape sequences that prompt_toolkit does not know: terminal modes, keys, the clipboard.

KeyParser turns the terminal's input into keys. It drops the sequence of an unknown key as one: read
byte by byte, it would begin with Escape, which interrupts the task.

The mouse is not captured, so that the terminal itself selects text. The wheel arrives as arrow keys
(alternate scroll), three or more in one read.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output.vt100 import Vt100_Output

if TYPE_CHECKING:
    from collections.abc import Callable

FOCUS_REPORTS = ("\x1b[?1004h", "\x1b[?1004l")
WHEEL_AS_ARROWS = ("\x1b[?1007h", "\x1b[?1007l")
"""Sequences that switch alternate scroll on and off: the wheel arrives as arrow keys."""
MORE_KEYS = ("\x1b[>4;1m\x1b[>1u", "\x1b[>4;0m\x1b[<u")
"""Sequences that make xterm and kitty report Shift+Enter unlike Enter, and that undo this."""

RESTORE = "".join(
    (
        WHEEL_AS_ARROWS[1],
        FOCUS_REPORTS[1],
        "\x1b[?2004l",  # bracketed paste
        "\x1b[?1049l",  # alternate screen
        MORE_KEYS[1],
        "\x1b[?7h",  # autowrap
        "\x1b[?25h",  # cursor
        "\x1b[0m",
    )
)
"""Sequences that restore the modes that a shell expects, whichever were changed."""

LINK_END = "\x1b]8;;\x1b\\"
WHEEL_STEPS = 3
"""Least number of equal arrow keys in one read that mean the wheel: a hand presses one."""
MAX_CLIPBOARD_BYTES = 74_994
"""Most bytes of base64 that xterm accepts; some terminals refuse a longer text entirely."""

_PASTE = "\x1b[200~"
_SEQUENCE = re.compile(
    r"(?P<up>\x1b[\[O]A)(?P=up)*|(?P<down>\x1b[\[O]B)(?P=down)*|\x1b\[M..."
    r"|\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]P^_][^\x07\x1b]*(?:\x07|\x1b\\)"
)
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P^_][^\x07\x1b]{0,4096}\x1b?)?\Z")
_KEPT = re.compile(r"\x1b\[\d+;\d+R\Z")
"""Report of the cursor's position, which prompt_toolkit parses though no table lists it."""
_BREAK = re.compile(r"\r\n?|\n")
_ALT, _CTRL, _SHIFT = 2, 4, 1


class KeyParser(Vt100Parser):
    """Parses the terminal's input into keys."""

    def __init__(
        self, feed_key_callback: Callable[[KeyPress], None], on_focus: Callable[[bool], None]
    ) -> None:
        """Make a parser.

        Args: feed_key_callback: receives each key. on_focus: called with whether the window has the
            focus, on each change.
        """
        super().__init__(feed_key_callback)
        self._on_focus = on_focus
        self._begun = ""
        self.is_burst = False
        """Whether the last read held several printable characters and no Escape: not one key."""

    def feed(self, data: str) -> None:
        """Parse the text of one read from the terminal, and pass on its keys."""
        if self._in_bracketed_paste:
            super().feed(data)
            return
        data, self._begun = self._begun + data, ""
        self.is_burst = sum(map(str.isprintable, data)) > 1 and "\x1b" not in data
        if self.is_burst and _BREAK.search(data.rstrip("\r\n")):
            # Several lines in one read are a paste that the terminal did not mark; not to be sent.
            self.feed_key_callback(KeyPress(Keys.BracketedPaste, data))
            return
        head, mark, paste = data.partition(_PASTE)
        if not mark and (begun := _BEGUN.search(head)):
            self._begun = begun[0]
            head = head[: begun.start()]
        at = 0
        for match in _SEQUENCE.finditer(head):
            super().feed(head[at : match.start()])
            self._feed_sequence(match)
            at = match.end()
        super().feed(head[at:])
        if mark:
            super().feed(mark + paste)

    def flush(self) -> None:
        """Parse an unfinished sequence as it is, because no more of it arrived in time."""
        begun, self._begun = self._begun, ""
        if begun:
            super().feed(begun)
        super().flush()

    def _feed_sequence(self, match: re.Match[str]) -> None:
        text = match[0]
        if match["up"] or match["down"]:
            self._feed_arrows(match)
        elif text in ("\x1b[I", "\x1b[O"):
            self._on_focus(text == "\x1b[I")
        elif match["final"] == "u" or (text.startswith("\x1b[27;") and text.endswith("~")):
            super().feed(legacy_key(match["parameters"]))
        elif text in ANSI_SEQUENCES or _KEPT.match(text):
            super().feed(text)

    def _feed_arrows(self, match: re.Match[str]) -> None:
        arrow = match["up"] or match["down"]
        count = len(match[0]) // len(arrow)
        if count < WHEEL_STEPS:
            super().feed(match[0])
            return
        key = Keys.ScrollUp if match["up"] else Keys.ScrollDown
        for _ in range(count):
            self.feed_key_callback(KeyPress(key, ""))


def legacy_key(parameters: str) -> str:
    """Return the traditional bytes of a key that was reported as `CSI code;modifiers u`.

    Args: parameters: parameters of that report, or of xterm's `CSI 27;modifiers;code ~`.
    Returns: the bytes; empty for a key without any.
    """
    numbers = [int(part) if part.isdecimal() else 0 for part in re.split("[;:]", parameters)]
    if parameters.startswith("27;") and len(numbers) > 2:
        numbers = [numbers[2], numbers[1]]
    code, modifiers = numbers[0], max(0, (numbers[1] if len(numbers) > 1 else 1) - 1)
    if code == 13 and modifiers & (_SHIFT | _ALT | _CTRL):
        return "\x1b\r"  # Alt+Enter: the composer begins a new line for each of these modifiers
    if code == 9 and modifiers & _SHIFT:
        return "\x1b[Z"
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xF900:
        return ""
    text = chr(code)
    if modifiers & _CTRL:
        if not (text.isascii() and text.lower() in "abcdefghijklmnopqrstuvwxyz@[\\]^_ "):
            return ""
        text = chr(ord(text.upper()) & 0x1F)
    return f"\x1b{text}" if modifiers & _ALT else text


class TerminalOutput(Vt100_Output):
    """Writes to the terminal, and ends a link after each of the link's characters.

    A frame may draw only some characters of a link, so each of them begins and ends the link.
    """

    _has_link = False

    def write_raw(self, data: str) -> None:
        """Write escape sequences; note whether they begin a link."""
        self._has_link = self._has_link or data.startswith("\x1b]8;")
        super().write_raw(data)

    def erase_down(self) -> None:
        """Erase from the cursor, which is in the first column, to the end of the screen.

        A single sequence would not do: tmux treats erasing from the first row on as clearing the
        screen, and copies the content to its scrollback.
        """
        super().write_raw("\x1b[K\x1b7\x1b[B\x1b[J\x1b8")

    def write(self, data: str) -> None:
        """Write text; if it is a part of a link, end the link after it."""
        super().write(data)
        if self._has_link:
            super().write_raw(LINK_END)
            self._has_link = False


def clipboard(text: str) -> str | None:
    """Return the sequence that copies a text to the clipboard (OSC 52); None if it is too long."""
    data = base64.b64encode(text.encode("utf-8", "replace"))
    if len(data) > MAX_CLIPBOARD_BYTES:
        return None
    return f"\x1b]52;c;{data.decode('ascii')}\x07"
