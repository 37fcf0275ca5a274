"""Draw the picture in the README: python -m tests.tui.screenshot docs/screenshot.svg

A real session of the full screen against a scripted model, drawn as the terminal shows it.
"""

from __future__ import annotations

import sys
import tempfile
from html import escape
from pathlib import Path

import msgspec
import pyte

from tests.support.engine import fake_config
from tests.support.model.fake_model import Call, FakeModel, Reply, Text
from tests.support.screen.tui import Tui

COLUMN, ROW = 8.4, 18.0
"""Of one character, in pixels."""
COLORS = {
    "default": "#d4d4d4", "black": "#1e1e1e", "red": "#f48771", "green": "#89d185",
    "brown": "#e5c07b", "yellow": "#e5c07b", "blue": "#6cb6ff", "magenta": "#d2a8ff",
    "cyan": "#56d4dd", "white": "#d4d4d4", "brightblack": "#7d8590",
}  # fmt: skip
BACKGROUND = "#16181d"
FIX = """*** Begin Patch
*** Update File: mean.py
@@
 def mean(values):
-    return sum(values)/len(values)
+    if not values:
+        raise ValueError("mean of an empty list")
+    return sum(values) / len(values)
*** End Patch"""


RUN = "python3 check.py"
CHECK = """\
import mean

for values in ([1, 2], []):
    try:
        print(values, mean.mean(values))
    except Exception as error:
        raise SystemExit(f"{values} {error!r}")
"""


def svg(screen: pyte.Screen) -> str:
    """The screen as a picture."""
    width, height = screen.columns * COLUMN + 24, screen.lines * ROW + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" '
        'xml:space="preserve">',
    ]
    for y in range(screen.lines):
        parts += _row(screen, y)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _row(screen: pyte.Screen, y: int) -> list[str]:
    parts = []
    x = 0
    while x < screen.columns:
        cell = screen.buffer[y][x]
        look = (cell.fg, cell.bg, cell.bold, cell.italics, cell.reverse)
        start, text = x, ""
        while x < screen.columns and look == (
            (other := screen.buffer[y][x]).fg, other.bg, other.bold, other.italics, other.reverse
        ):  # fmt: skip
            text += other.data
            x += 1
        if text.strip() or cell.reverse:
            parts.append(_run(text, look, start, y))
    return parts


def _run(text: str, look: tuple[str, str, bool, bool, bool], x: int, y: int) -> str:
    fg, _, bold, italic, reverse = look
    color = COLORS.get(fg, f"#{fg}" if len(fg) == 6 else COLORS["default"])
    left, top = 12 + x * COLUMN, 12 + y * ROW
    box = ""
    if reverse:
        box = (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{len(text) * COLUMN:.1f}" '
            f'height="{ROW}" fill="{color}"/>'
        )
        color = BACKGROUND
    style = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
    return (
        f'{box}<text x="{left:.1f}" y="{top + 14:.1f}" fill="{color}"{style} '
        f'textLength="{len(text) * COLUMN:.1f}">{escape(text)}</text>'
    )


def picture() -> str:
    """Play the session; return the picture of its last screen."""
    replies = [
        Reply.of(
            Text("I reproduce it first."),
            Call("shell", {"command": ["bash", "-c", RUN]}),
        ),
        Reply.of(
            Text("An empty list divides by zero. That becomes an error **with a name**:"),
            Call("apply_patch", {"input": FIX}, "call_2"),
        ),
    ]
    with tempfile.TemporaryDirectory() as name, FakeModel(replies) as model:
        folder = Path(name) / "statistics"
        folder.mkdir()
        (folder / "mean.py").write_text("def mean(values):\n    return sum(values)/len(values)\n")
        (folder / "check.py").write_text(CHECK)
        config = fake_config(model.base_url, str(folder))
        settings = msgspec.structs.replace(config.model, model="qwen3-coder")
        tui = Tui(
            model,
            folder,
            size=(88, 44),
            environ={"HOME": name},
            provider=msgspec.structs.replace(config.provider, name="Ollama"),
            model=settings,
        )
        with tui:
            tui.wait_for("qwen3-coder")
            tui.type("why does mean([]) crash? fix it\r")
            tui.wait_for("> y")
            tui.press("y")
            tui.wait_for("Change this file?")
            tui.wait_for("> y")
            tui.settle()
            return svg(tui.shown.screen)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), encoding="utf-8")
