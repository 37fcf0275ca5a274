"""The colours of the headless output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SGR_BOLD, SGR_DIM, SGR_RED, SGR_GREEN, SGR_YELLOW, SGR_MAGENTA, SGR_CYAN = (
    "1",
    "2",
    "31",
    "32",
    "33",
    "35",
    "36",
)


def wants_color(choice: str, *, environ: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether a stream gets colours.

    Args: choice: `always`, `never` or `auto`. For `auto`, NO_COLOR and FORCE_COLOR decide
    (no-color.org, force-color.org), then whether the stream is a terminal that supports colours.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("TERM") != "dumb"


class Painter(NamedTuple):
    """Paints text if colours are on; if they are off, bold and dim are off too."""

    has_color: bool

    def paint(self, text: str, *codes: str) -> str:
        """Return `text` styled with SGR codes, line by line, so that no style leaks past a line.

        Without colours or codes, return it unchanged.
        Must not get painted text: the reset inside it would end the outer style.
        """
        if not self.has_color or not codes:
            return text
        start = f"\x1b[{';'.join(codes)}m"
        return "\n".join(f"{start}{line}\x1b[0m" if line else "" for line in text.split("\n"))
