"""When a dialog receives the keys, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

from codex.protocol.events import ExecApprovalRequest
from codex.tui.dialogs.approval import ApprovalDialog, Given
from codex.tui.dialogs.picker import Picker, PickerRow
from codex.tui.dialogs.slot import IDLE_PAUSE_S, WRITING_PAUSE_S, ModalSlot


class Screen:
    """The rest of the application: the composer, the clock, the timers, the questions."""

    def __init__(self) -> None:
        self.now = 100.0
        self.text = ""
        self.has_modal_focus = False
        self.burst = False
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.waiting: list[ExecApprovalRequest] = []
        self.given: list[Given] = []
        self.slot = ModalSlot(self, self, next_dialog=self._dialog, clock=lambda: self.now)

    def _dialog(self) -> ApprovalDialog | None:
        if not self.waiting:
            return None
        return ApprovalDialog(self.waiting[0], cwd="/", home=None, answer=self._answer)

    def _answer(self, given: Given) -> None:
        self.given.append(given)
        self.waiting.pop(0)
        self.slot.show_waiting()

    @property
    def is_empty(self) -> bool:
        return not self.text

    def type(self, text: str) -> None:
        self.text += text

    def modal_opened(self) -> None:
        pass

    def focus(self, *, is_modal: bool) -> None:
        self.has_modal_focus = is_modal

    def is_burst(self) -> bool:
        return self.burst

    def call_later(self, delay_s: float, act: Callable[[], None]) -> None:
        self.timers.append((self.now + delay_s, act))

    def redraw(self) -> None:
        if self.slot.modal is not None:
            self.slot.drawn()

    def ask(self) -> None:
        """Let the engine ask."""
        self.waiting.append(ExecApprovalRequest(call_id="c", command=("ls",), cwd="/"))
        self.slot.show_waiting()

    def is_armed(self) -> bool:
        return self.slot.is_armed

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        due = [act for at, act in self.timers if at <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for act in due:
            act()


def test_a_question_takes_keys_only_after_a_pause() -> None:
    screen = Screen()
    screen.ask()
    screen.wait(IDLE_PAUSE_S - 0.01)
    assert not screen.is_armed()
    screen.wait(0.02)
    assert screen.is_armed()
    assert screen.has_modal_focus
    screen.slot.key("y", "y")
    assert [given.choice.key for given in screen.given] == ["y"]
    assert screen.slot.modal is None
    assert not screen.has_modal_focus


def test_each_key_begins_the_pause_anew_and_writing_makes_it_longer() -> None:
    screen = Screen()
    screen.text = "half a sent"
    screen.ask()
    for _ in range(3):
        screen.wait(WRITING_PAUSE_S - 0.1)
        screen.slot.note_key()
        assert not screen.is_armed()
    screen.wait(WRITING_PAUSE_S + 0.01)
    assert screen.is_armed()


def test_typing_and_bursts_go_on_into_the_composer() -> None:
    screen = Screen()
    screen.ask()
    screen.wait(IDLE_PAUSE_S + 0.01)
    screen.slot.key("x", "x")
    assert not screen.is_armed()
    screen.wait(WRITING_PAUSE_S + 0.01)
    screen.burst = True
    screen.slot.key("y", "y")
    assert screen.text == "xy"
    assert not screen.given


def test_a_question_waits_until_the_list_is_closed() -> None:
    screen = Screen()
    picker = Picker("Which?", [PickerRow("one")], lambda _: screen.slot.dismiss())
    screen.slot.open(picker)
    screen.ask()
    assert screen.slot.modal is picker
    screen.slot.key("escape", "")
    assert isinstance(screen.slot.modal, ApprovalDialog)
    assert not screen.is_armed()
    assert not screen.has_modal_focus


def test_a_question_that_no_longer_waits_is_closed() -> None:
    screen = Screen()
    screen.ask()
    screen.waiting.clear()
    screen.slot.show_waiting()
    assert screen.slot.modal is None


def test_a_second_question_leaves_what_is_typed_into_the_first() -> None:
    screen = Screen()
    screen.ask()
    screen.redraw()
    screen.wait(2)
    for key in "nuse":
        screen.slot.key(key, key)
    screen.ask()
    assert screen.is_armed()
    screen.slot.key("c-m", "\r")
    assert [given.feedback for given in screen.given] == ["use"]
    assert screen.slot.modal is not None
    assert not screen.is_armed()
