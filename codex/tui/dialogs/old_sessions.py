"""The list of old sessions to choose from, for `/resume` and `codex resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.rollout.files import size_text
from codex.tui.dialogs.picker import Picker, PickerRow
from codex.tui.transcript.cells import short_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from codex.rollout.files import SessionSummary

MAX_SESSIONS = 200
"""Largest number of sessions in the list; older ones can be opened by id or name."""
TITLE_WIDTH = 32
"""Largest number of characters of a name or first message: the other details stand beside it."""


def session_rows(
    sessions: Sequence[SessionSummary], now_s: float, *, home: str | None
) -> list[PickerRow]:
    """Return a row for each session: its name or first message; its age, size, folder and id.

    Args: now_s: the time, in seconds since the epoch. home: the user's home directory, shown as
        `~`; None if unknown.
    """
    return [
        PickerRow(
            _title(one),
            " · ".join(
                (
                    _age(now_s - one.updated_s),
                    size_text(one.size),
                    short_path(one.cwd, home) if one.cwd else "unknown folder",
                    one.id[:13],
                )
            ),
        )
        for one in sessions
    ]


def _title(one: SessionSummary) -> str:
    title = " ".join((one.name or one.first_message).split()) or "(no message)"
    return title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "now"


async def choose_session(
    sessions: Sequence[SessionSummary],
    now_s: float,
    *,
    home: str | None,
    input: Input,
    output: Output,
) -> int | None:
    """Let the user choose a session before the TUI starts; return its index in `sessions`.

    Args: now_s: the time, in seconds since the epoch. home: the user's home directory.
    Returns: None if the user chose none.
    """
    from prompt_toolkit.application import Application
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.keys import Keys
    from prompt_toolkit.layout import HSplit, Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl

    from codex.tui.drawing.layout import Rows

    keys = KeyBindings()
    rows = session_rows(sessions, now_s, home=home)
    picker = Picker("Which session?", rows, lambda index: screen.exit(result=index))

    @keys.add(Keys.Any)
    def take(event: KeyPressEvent) -> None:
        press = event.key_sequence[-1]
        picker.key(press.key.value if isinstance(press.key, Keys) else press.key, press.data)

    root = HSplit([Rows(picker.lines), Window(FormattedTextControl("", focusable=True), height=0)])
    screen: Application[int | None] = Application(
        layout=Layout(root), key_bindings=keys, full_screen=True, input=input, output=output
    )
    screen.ttimeoutlen = 0.05
    return await screen.run_async(handle_sigint=False)
