"""A conversation on the full screen: the real application, with keys from a pipe."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from codex.protocol.policy import AskForApproval
from codex.tui.options import TuiOptions
from tests.support.model.fake_model import Call, FakeModel, Reply, Stall, Text
from tests.support.screen.tui import Tui

COMMAND = Reply.call(
    "shell", {"command": ["bash", "-c", "echo from-the-shell > made.txt; cat made.txt"]}
)


def bodies(model: FakeModel) -> list[Any]:
    """What the model was asked; not the question for the list of models."""
    return [request.body for request in model.requests if request.wire]


def said(body: Any) -> list[str]:
    return [
        part["text"]
        for item in body["input"]
        if item.get("role") == "user"
        for part in item["content"]
        if part["type"] == "input_text"
    ]


def test_a_prompt_is_sent_and_its_answer_shown(tmp_path: Path) -> None:
    with FakeModel([Reply.text("the **answer**")]) as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("the question\r")
        screen = tui.wait_for("tokens in")
        assert "> the question" in screen
        assert "the answer" in screen
        assert said(bodies(model)[0])[-1] == "the question"


def test_text_streams_while_it_arrives(tmp_path: Path) -> None:
    stall = Stall()
    reply = Reply.text("first words " * 40 + "the very end", piece_size=200).stall_at(900, stall)
    with FakeModel([reply]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        assert stall.reached.wait(30)
        screen = tui.wait_for("first words")
        assert "the very end" not in screen
        stall.release.set()
        tui.wait_for("the very end")


def test_a_command_runs_when_it_is_approved_by_key(tmp_path: Path) -> None:
    with FakeModel([COMMAND, Reply.text("all done")]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for("Run this command?")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("y")
        screen = tui.wait_for("all done")
        assert "from-the-shell" in screen
        assert "exit 0" in screen
        assert (tmp_path / "made.txt").exists()


def test_no_with_words_tells_the_model_why(tmp_path: Path) -> None:
    with FakeModel([COMMAND, Reply.text("all right")]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("n")
        tui.type("use cat instead")
        tui.wait_for("use cat instead")
        tui.press("enter")
        tui.wait_for("all right")
        assert "use cat instead" in json.dumps(bodies(model)[1]["input"])
        assert not (tmp_path / "made.txt").exists()


def test_escape_in_the_dialog_stops_the_task(tmp_path: Path) -> None:
    with FakeModel([COMMAND]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("escape")
        tui.wait_gone("Run this command?")
        tui.wait_for("interrupted")


def test_arrows_and_enter_choose_too(tmp_path: Path) -> None:
    with (
        FakeModel([COMMAND, COMMAND, Reply.text("both ran")]) as model,
        Tui(model, tmp_path) as tui,
    ):
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("down")
        tui.wait_for("> s")
        tui.press("enter")
        tui.wait_for("both ran")


@pytest.mark.parametrize("pasted", ["y", "y\r", "\r", "a\ny\ns"])
def test_a_paste_never_answers(tmp_path: Path, pasted: str) -> None:
    with FakeModel([COMMAND, Reply.text("ran")]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.paste(pasted)
        tui.settle()
        assert tui.app.conversation.requests
        assert not (tmp_path / "made.txt").exists()


def test_what_is_being_typed_when_the_dialog_comes_stays_in_the_composer(tmp_path: Path) -> None:
    stall = Stall()
    with (
        FakeModel(
            [Reply.of(Text("hm"), Call("shell", {"command": ["touch", "x"]})).stall_at(0, stall)]
        ) as model,
        Tui(model, tmp_path, approval_policy=AskForApproval.UNTRUSTED) as tui,
    ):
        tui.type("go\r")
        assert stall.reached.wait(30)
        tui.type("maybe ")
        tui.wait_for("maybe")
        stall.release.set()
        tui.wait_for("Run this command?")
        tui.type("yes sn")
        tui.wait_for("maybe yes sn")
        assert tui.app.conversation.requests
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        assert tui.app.composer.text == "maybe yes sn"


@pytest.mark.parametrize("written", ["please", "/status", "yes"])
def test_what_is_written_to_a_dialog_that_stands_there_is_no_answer(
    tmp_path: Path, written: str
) -> None:
    with FakeModel([COMMAND, Reply.text("ran")]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        if written[0] == "y":
            tui.type(written)  # in one go: nobody's single key
        else:
            for letter in written:
                tui.type(letter)
        tui.wait_for(f"› {written}")
        assert tui.app.conversation.requests
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("y")
        tui.wait_for("ran")
        assert tui.app.composer.text == written


def test_alt_and_a_letter_is_no_answer(tmp_path: Path) -> None:
    with FakeModel([COMMAND]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for(lambda _: tui.app.slot.is_armed)
        tui.press("\x1by", "\x1bn")
        assert tui.app.conversation.requests


def test_input_while_a_task_runs_steers_it_or_waits(tmp_path: Path) -> None:
    stall = Stall()
    replies = [Reply.text("one").stall_at(0, stall), Reply.text("two"), Reply.text("three")]
    with FakeModel(replies) as model, Tui(model, tmp_path) as tui:
        tui.type("begin\r")
        assert stall.reached.wait(30)
        tui.wait_gone("queued")
        tui.type("and this\r")
        tui.wait_for("queued")
        tui.type("later")
        tui.press("tab")
        tui.wait_for("queued: later")
        stall.release.set()
        tui.wait_for("three")
        assert said(bodies(model)[1])[-1] == "and this"
        assert said(bodies(model)[2])[-1] == "later"
        assert "queued: later" not in tui.text()


def test_what_waits_can_be_taken_back(tmp_path: Path) -> None:
    stall = Stall()
    with FakeModel([Reply.text("one").stall_at(0, stall)]) as model, Tui(model, tmp_path) as tui:
        tui.type("begin\r")
        assert stall.reached.wait(30)
        tui.type("later")
        tui.press("tab")
        tui.wait_for("queued: later")
        tui.press("alt-up")
        tui.wait_gone("queued: later")
        assert tui.app.composer.text == "later"
        stall.release.set()
        tui.wait_for("tokens in")
        assert len(bodies(model)) == 1


@pytest.mark.parametrize("key", ["escape", "ctrl-c"])
def test_an_interrupt_stops_the_task_and_loses_nothing_that_waits(tmp_path: Path, key: str) -> None:
    stall = Stall()
    replies = [Reply.text("one").stall_at(0, stall), Reply.text("two")]
    with FakeModel(replies) as model, Tui(model, tmp_path) as tui:
        tui.type("begin\r")
        assert stall.reached.wait(30)
        tui.type("later")
        tui.press("tab")
        tui.wait_for("queued: later")
        tui.press(key)
        tui.wait_for("interrupted")
        tui.wait_for("Enter sends the queued messages")
        tui.press("enter")
        tui.wait_for("two")
        assert said(bodies(model)[1])[-1] == "later"


def test_what_waits_stays_after_an_error(tmp_path: Path) -> None:
    stall = Stall()
    broken = Reply.error(400, "no such thing")
    with (
        FakeModel([Reply.text("x").stall_at(0, stall), broken]) as model,
        Tui(model, tmp_path) as tui,
    ):
        tui.type("begin\r")
        assert stall.reached.wait(30)
        for text in ("fails", "later"):
            tui.type(text)
            tui.press("tab")
            tui.wait_for(f"queued: {text}")
        stall.release.set()
        tui.wait_for("400 Bad Request")
        tui.wait_for("queued: later")


def test_a_shell_command_of_the_user_runs_and_is_shown(tmp_path: Path) -> None:
    with FakeModel() as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("!echo one two | tr o 0\r")
        screen = tui.wait_for("0ne tw0")
        assert "echo one two | tr o 0" in screen
        assert not bodies(model)


def test_the_prompt_of_the_command_line_is_sent_and_can_be_recalled(tmp_path: Path) -> None:
    options = TuiOptions(prompt="from the command line")
    with FakeModel([Reply.text("yes")]) as model, Tui(model, tmp_path, options=options) as tui:
        tui.wait_for("tokens in")
        assert tui.text().index("fake-model") < tui.text().index("> from the command line")
        tui.press("up")
        tui.wait_for(lambda _: tui.app.composer.text == "from the command line")


def test_images_of_the_command_line_go_with_the_prompt(tmp_path: Path) -> None:
    image = tmp_path / "dot.png"
    image.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
        )
    )
    options = TuiOptions(prompt="look", images=(str(image),))
    with FakeModel([Reply.text("a dot")]) as model, Tui(model, tmp_path, options=options) as tui:
        screen = tui.wait_for("a dot")
        assert "[image] dot.png" in screen
        kinds = [part["type"] for part in bodies(model)[0]["input"][-1]["content"]]
        assert kinds == ["input_text", "input_image"]


def test_each_character_of_a_link_is_a_link(tmp_path: Path) -> None:
    with FakeModel([Reply.text("[docs](https://e.org/a)")]) as model, Tui(model, tmp_path) as tui:
        tui.type("where?\r")
        tui.wait_for("tokens in")
        for character in "docs":
            link = f"\x1b]8;;https://e.org/a\x1b\\\\(?:\x1b\\[[0-9;]*m)?{character}\x1b]8;;\x1b\\\\"
            assert re.search(link, tui.shown.raw)


def test_the_placeholder_and_the_selected_command_have_styles(tmp_path: Path) -> None:
    with FakeModel() as model, Tui(model, tmp_path) as tui:
        tui.wait_for("Ask codex")
        assert tui.shown.screen.buffer[23][2].fg == "brightblack"
        tui.type("/")
        tui.wait_for("› /approvals")
        row = next(at for at, text in enumerate(tui.lines()) if text.startswith("› /approvals"))
        assert tui.shown.screen.buffer[row][2].reverse
