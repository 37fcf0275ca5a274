"""Any keys and any order of answers: the draft is never lost, typed text never overwritten."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from codex.protocol.events import SessionConfigured
from codex.protocol.ops import GetHistoryEntriesRequest, Op, ReloadHistory
from codex.protocol.replies import GetHistoryEntriesResponse, HistoryEntry, HistoryReloaded
from codex.tui.composer.recall import Recall
from tests.support.examples import scaled
from tests.support.history import configured

WORDS = st.sampled_from(["a", "b", "fix it", "/status", "two\nlines"])


class Editor(RuleBasedStateMachine):
    """An editor with a Recall, and an engine that answers when it likes, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Op] = []
        self.recall = Recall(self.asked.append)
        self.text = ""
        self.is_typed = False
        """Whether the text is the user's own, changed by typing."""
        self.written: set[str] = set()
        """The user's own texts that something else has replaced."""
        self.log_id = 0
        self.log: list[str] = []

    def place(self, text: str | None) -> None:
        if text is not None:
            if self.is_typed and text != self.text:
                self.written.add(self.text)
            self.is_typed = not self.recall.is_browsing(text)
            self.text = text
            if self.is_typed:  # the user has it again, and may delete it
                self.written.discard(text)

    @rule(word=WORDS)
    def type_more(self, word: str) -> None:
        self.edit(self.text + word)

    @rule()
    def delete_all(self) -> None:
        self.edit("")

    def edit(self, text: str) -> None:
        self.text = text
        # Who types the very entry that was shown has the entry again, which is kept already.
        self.is_typed = not self.recall.is_browsing(text)

    @rule()
    def up(self) -> None:
        self.place(self.recall.older(self.text))

    @rule()
    def down(self) -> None:
        self.place(self.recall.newer(self.text))

    @precondition(lambda self: self.text.strip())
    @rule()
    def send(self) -> None:
        self.recall.submitted(self.text, recorded=self.text)
        self.log.append(self.text)
        self.text = ""
        self.is_typed = True

    @rule(entries=st.lists(WORDS, max_size=120))
    def configure(self, entries: list[str]) -> None:
        self.log_id += 1
        self.log = entries
        self.answer(configured(log_id=self.log_id, count=len(entries)))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def engine_answers_one(self, data: st.DataObject) -> None:
        op = self.asked.pop(data.draw(st.integers(0, len(self.asked) - 1)))
        if isinstance(op, ReloadHistory):
            self.answer(HistoryReloaded(self.log_id, len(self.log)))
        elif isinstance(op, GetHistoryEntriesRequest):
            texts = self.log[op.offset : op.offset + op.count] if op.log_id == self.log_id else []
            found = tuple(HistoryEntry("another", 0, text) for text in texts)
            self.answer(GetHistoryEntriesResponse(op.log_id, op.offset, found))

    @rule()
    def another_program_rotates_the_log(self) -> None:
        self.log_id += 1
        self.log = self.log[len(self.log) // 2 :]

    def answer(self, msg: SessionConfigured | HistoryReloaded | GetHistoryEntriesResponse) -> None:
        before, typed = self.text, self.is_typed
        placed = self.recall.handle(msg, self.text)
        self.place(placed)
        if typed and placed is not None:
            # Only a draft that waits for an entry is left, and it is kept.
            assert before.strip() == "" or self.finds(before)

    def finds(self, text: str) -> bool:
        return text in self.recall.local or self.recall.draft == text or text == self.text

    @invariant()
    def what_was_written_is_found(self) -> None:
        assert all(self.finds(text) for text in self.written if text.strip())

    @invariant()
    def no_entry_stands_twice_in_a_row(self) -> None:
        local = self.recall.local
        assert all(one != other for one, other in pairwise(local))


TestRecall = Editor.TestCase
TestRecall.settings = settings(max_examples=scaled(300), stateful_step_count=40)
