"""The composer survives any bytes as keys, and whatever it draws fits the screen."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from tests.support.examples import scaled
from tests.support.history import configured
from tests.support.screen.composer import DOWN, ESC, LEFT, RIGHT, UP, ComposerDriver

CONTROLS = [chr(code) for code in range(1, 32)]
PASTES = ["\x1b[200~a\r\nb\x1b[201~", "\x1b[200~" + "long " * 300 + "\x1b[201~"]
REPORTS = ["\x1b\r", "\x1b[1;2D", "\x1b[", "\x1b[999;999R", "\x1bO", "\x00", "\x7f"]
TEXTS = ["/", "@", "!", "/model x", "日本", "👍🏽", "e\u0301", "\u200b", "\u202e"]
KEYS = st.one_of(
    st.sampled_from([UP, DOWN, LEFT, RIGHT, ESC, *CONTROLS, *PASTES, *REPORTS, *TEXTS]),
    st.characters(),
    st.binary(max_size=4).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)


@given(st.lists(KEYS, max_size=40), st.integers(1, 60), st.integers(1, 30))
@example(["日本", UP], 1, 1)
@settings(max_examples=scaled(80))
def test_any_keys_on_any_screen(keys: list[str], columns: int, rows: int) -> None:
    driver = ComposerDriver("/proc/self/net", columns=columns, rows=rows)
    driver.composer.handle(configured(count=3))
    half = len(keys) // 2
    typed = [key for key in keys if "\x1b[23~" not in key and "\x1b[24~" not in key]
    driver.run(*typed[:half], "\x1b[201~", driver.composer.close_search, *typed[half:], "\x1b[201~")
    assert all(get_cwidth(line) <= columns for line in driver.screen())
    assert driver.composer.height(columns, rows) >= 1
    for draft in driver.drafts:
        draft.text.encode("utf-8")
    driver.composer.close()
