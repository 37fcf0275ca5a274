"""Which key means what, outside the composer's own keys. Each calls the application.

Keys of a modal that is armed go to it alone, pastes too; nothing else sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.filters import Filter
    from prompt_toolkit.key_binding import KeyPressEvent

    from codex.tui.app import App


def bindings(app: App) -> KeyBindings:
    """The application's keys."""
    keys = KeyBindings()
    armed = Condition(lambda: app.is_modal_armed)
    _bind_modal(keys, app, armed)
    _bind_chat(keys, app, ~armed)
    _bind_scrolling(keys, app, ~armed)
    return keys


def _bind_modal(keys: KeyBindings, app: App, armed: Condition) -> None:
    @keys.add(Keys.Any, filter=armed)
    @keys.add(Keys.BracketedPaste, filter=armed)
    @keys.add("escape", filter=armed)
    def to_modal(event: KeyPressEvent) -> None:
        press = event.key_sequence[-1]
        name = press.key.value if isinstance(press.key, Keys) else press.key
        app.modal_key(name, press.data)

    # Alt and a key are not Esc, which answers.
    keys.add("escape", Keys.Any, filter=armed)(lambda event: None)


def _bind_chat(keys: KeyBindings, app: App, chat: Filter) -> None:
    always = Condition(lambda: True)
    is_empty = Condition(lambda: app.composer.is_empty)
    no_popup = Condition(lambda: not app.composer.has_popup)
    is_idle = Condition(lambda: not app.conversation.is_busy)
    waits = Condition(lambda: bool(app.conversation.queue))

    def bind(*key: str, act: Callable[[], None], when: Filter = always) -> None:
        keys.add(*key, filter=chat & when, eager=len(key) == 1 and key != ("escape",))(
            lambda event: act()
        )

    bind("c-c", act=app.press_ctrl_c)
    bind("c-d", act=app.press_ctrl_d, when=is_empty)
    bind("escape", act=app.press_escape, when=no_popup)
    bind("escape", "up", act=app.take_back)
    bind("enter", act=app.conversation.send_next, when=is_empty & waits & is_idle)
    bind("c-t", act=app.actions.pager, when=no_popup)
    bind("c-l", act=app.redraw_all)
    bind("c-z", act=app.suspend)


def _bind_scrolling(keys: KeyBindings, app: App, chat: Filter) -> None:
    steps: tuple[tuple[str, Callable[[], int]], ...] = (
        ("pageup", lambda: -app.page),
        ("pagedown", lambda: app.page),
        (Keys.ScrollUp.value, lambda: -1),
        (Keys.ScrollDown.value, lambda: 1),
        ("s-up", lambda: -1),
        ("s-down", lambda: 1),
    )

    def bind(key: str, act: Callable[[], None], when: Filter) -> None:
        keys.add(key, filter=when, eager=True)(lambda event: act())

    for key, step in steps:
        bind(key, lambda step=step: app.scroll(step()), chat)  # type: ignore[misc]
    is_empty = Condition(lambda: app.composer.is_empty) & chat
    bind("home", app.to_top, is_empty)
    bind("end", app.follow, is_empty)
    bind("c-home", app.to_top, chat)
    bind("c-end", app.follow, chat)
