"""The whole transcript as text, at several widths; `snapshots/` holds what is expected."""

from __future__ import annotations

import pytest

from codex.tui.drawing.text import line_width, plain
from codex.tui.transcript.window import Window
from tests.support.screen.chat_events import whole_session
from tests.support.screen.snapshots import check


@pytest.mark.parametrize("width", [80, 40, 20])
@pytest.mark.parametrize("is_full", [False, True])
def test_a_whole_session_looks_as_expected(*, width: int, is_full: bool) -> None:
    transcript = Window(whole_session().cells, is_full=is_full)
    rows = transcript.view(width, 10_000)
    assert max(map(line_width, rows)) <= width
    text = "".join(plain(row).rstrip() + "\n" for row in rows)
    check(f"transcript-{width}{'-full' if is_full else ''}", text)
