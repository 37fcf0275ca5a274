"""The picture in the README shows the screen as it is now."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tui.screenshot import picture

SHOWN = Path(__file__).parents[2] / "docs" / "screenshot.svg"


def rows(svg: str) -> list[str]:
    """Return the words of a picture's rows, without what differs from run to run."""
    texts: dict[str, str] = {}
    for y, text in re.findall(r'<text x="[^"]*" y="([^"]*)"[^>]*>([^<]*)</text>', svg):
        texts[y] = texts.get(y, "") + text
    changing = r"\d+ ?ms|\d+\.\d+s|[0-9a-f]{8}-[0-9a-f-]{27}"
    return [" ".join(re.sub(changing, "", text).split()) for text in texts.values()]


def test_the_picture_in_the_readme_is_current() -> None:
    # If not: python -m tests.tui.screenshot docs/screenshot.svg
    assert rows(SHOWN.read_text(encoding="utf-8")) == rows(picture())
