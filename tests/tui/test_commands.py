"""The `/` commands, the pager, the Git warning and other screens, in the real application."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from codex.protocol.policy import AskForApproval
from codex.tui.options import TuiOptions
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.screen.tui import Tui


def test_every_listed_command_does_something(tmp_path: Path) -> None:
    with FakeModel([Reply.text("written")] * 3) as model, Tui(model, tmp_path) as tui:
        model.documents["/v1/models"] = {"data": [{"id": "m"}]}
        tui.wait_for("fake-model (fake)")
        for command in tui.app.commands.rows:
            if command.name == "quit":
                continue
            command.run("x" if command.name == "rename" else "")
            tui.settle()
            if tui.app.slot.modal is not None:
                tui.press("escape")


def test_quit_leaves(tmp_path: Path) -> None:
    with FakeModel() as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("/quit\r")
        assert tui.join() == 0


def test_new_is_a_session_that_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    with FakeModel([Reply.text("one"), Reply.text("two")]) as model, Tui(model, tmp_path) as tui:
        tui.type("first\r")
        tui.wait_for("tokens in")
        before = tui.app.chat.session
        tui.type("/new\r")
        tui.wait_for(lambda _: tui.app.chat.session not in (None, before))
        tui.type("second\r")
        tui.wait_for("two")
        posts = [request.body for request in model.requests if request.wire]
        assert "first" not in str(posts[1]["input"])


def test_clear_empties_the_screen_too(tmp_path: Path) -> None:
    with FakeModel([Reply.text("one")]) as model, Tui(model, tmp_path) as tui:
        tui.type("first\r")
        tui.wait_for("tokens in")
        tui.type("/clear\r")
        tui.wait_gone("> first")
        tui.wait_for("fake-model (fake)")


def test_a_model_is_chosen_from_what_the_provider_has(tmp_path: Path) -> None:
    with FakeModel([Reply.text("ok")]) as model, Tui(model, tmp_path) as tui:
        model.documents["/v1/models"] = {
            "data": [{"id": "big", "max_model_len": 65536}, {"id": "fake-model"}, {"id": "small"}]
        }
        tui.wait_for("fake-model (fake)")
        tui.type("/model\r")
        screen = tui.wait_for("Which model?")
        assert "65,536 tokens" in screen
        assert "fake-model (current)" in screen
        tui.type("sm")
        tui.wait_gone("65,536")
        tui.press("enter")
        tui.wait_for("the model is now small")
        tui.type("hi\r")
        tui.wait_for("tokens in")
        assert model.requests[-1].body is None or model.requests[-1].body["model"] == "small"


def test_approvals_are_chosen_and_hold_from_then_on(tmp_path: Path) -> None:
    command = Reply.call("shell", {"command": ["touch", "made"]})
    with FakeModel([command, Reply.text("ran")]) as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("/approvals\r")
        tui.wait_for("What may run")
        tui.type("auto")
        tui.press("enter")
        tui.wait_for("approval is now on-failure")
        tui.type("go\r")
        tui.wait_for("ran")
        assert (tmp_path / "made").exists()


def test_the_status_tells_the_session(tmp_path: Path) -> None:
    with FakeModel() as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("/status\r")
        assert "recorded" in tui.wait_for("tokens    0 in")


def test_the_diff_holds_untracked_files_and_runs_nothing_of_the_repository(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "old").write_text("before\n")
    git("add", "old")
    git("-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "c")
    (tmp_path / "old").write_text("after\n")
    (tmp_path / "new").write_text("fresh\n")
    git("config", "diff.external", "touch ran-external; true")
    git("config", "core.fsmonitor", "touch ran-fsmonitor; true")
    with FakeModel() as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.type("/diff\r")
        tui.wait_for("Changes")
        tui.press("home")
        screen = tui.wait_for("-before")
        assert "+after" in screen
        tui.type("/fresh")
        tui.press("enter")
        tui.wait_for("+fresh")
        assert not list(tmp_path.glob("ran-*"))
        tui.press("q")
        tui.wait_for("Ask codex")


def test_the_last_answer_is_copied(tmp_path: Path) -> None:
    with FakeModel([Reply.text("copy **me**")]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for("tokens in")
        tui.type("/copy\r")
        tui.wait_for("copied 11 characters")
        coded = base64.b64encode(b"copy **me**").decode()
        assert f"\x1b]52;c;{coded}\x07" in tui.shown.raw


def test_the_conversation_is_exported_and_nothing_overwritten(tmp_path: Path) -> None:
    with FakeModel([Reply.text("the *answer*")]) as model, Tui(model, tmp_path) as tui:
        tui.type("question\r")
        tui.wait_for("tokens in")
        tui.type("/export talk.md\r")
        tui.wait_for("conversation written to")
        text = (tmp_path / "talk.md").read_text()
        assert "## User\n\nquestion" in text
        assert "## codex\n\nthe *answer*" in text
        tui.type("/export talk.md\r")
        tui.wait_for("cannot write")


def test_the_pager_shows_all_and_finds(tmp_path: Path) -> None:
    output = Reply.call("shell", {"command": ["seq", "1", "400"]})
    with (
        FakeModel([output, Reply.text("counted")]) as model,
        Tui(model, tmp_path, approval_policy=AskForApproval.NEVER) as tui,
    ):
        tui.type("go\r")
        tui.wait_for("tokens in")
        assert "\n  137\n" not in tui.text()
        tui.press("ctrl-t")
        tui.wait_for("Transcript 100%")
        tui.type("/137")
        tui.press("enter")
        tui.wait_for("137")
        tui.press("q")
        tui.wait_for("Ask codex")


def test_the_transcript_scrolls_by_keys_and_wheel_and_follows_again(tmp_path: Path) -> None:
    long = "\n\n".join(f"paragraph {number}" for number in range(60))
    with FakeModel([Reply.text(long)]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        tui.wait_for("tokens in")
        tui.press("pageup")
        tui.wait_for("more rows below")
        tui.press("home")
        tui.wait_for("> go")
        tui.press("pagedown")
        tui.wait_gone("> go")
        tui.press("end")
        tui.wait_gone("more rows below")
        for up, down in (("wheel-up", "wheel-down"), ("shift-up", "shift-down")):
            tui.press(up)
            tui.wait_for("more rows below")
            tui.press(down)
            tui.wait_gone("more rows below")
        assert tui.app.composer.text == ""


def test_escape_twice_writes_an_earlier_message_anew(tmp_path: Path) -> None:
    replies = [Reply.text("one"), Reply.text("two"), Reply.text("three")]
    with FakeModel(replies) as model, Tui(model, tmp_path) as tui:
        for text, answer in (("first", "one"), ("second", "two")):
            tui.type(f"{text}\r")
            tui.wait_for(f"\n{answer}\n")
            tui.wait_for(lambda _: not tui.app.conversation.is_busy)
        tui.press("escape", "escape")
        tui.wait_for("Which message do you want to edit?")
        tui.press("enter")
        tui.wait_gone("\ntwo\n")
        tui.wait_for("\none\n")
        tui.wait_for("› second")
        tui.type(" time\r")
        tui.wait_for("\nthree\n")
        posts = [request.body for request in model.requests if request.wire]
        assert "two" not in str(posts[2]["input"])
        assert "first" in str(posts[2]["input"])


@pytest.mark.parametrize("key", ["n", "N", "q", "Q", "escape", "ctrl-c", "enter"])
def test_no_to_the_git_warning_leaves_before_anything_ran(tmp_path: Path, key: str) -> None:
    with FakeModel() as model, Tui(model, tmp_path, is_repository=False) as tui:
        tui.wait_for("> n  quit")
        tui.press(key)
        assert tui.join() == 0
        assert not (tmp_path / "codex-home" / "sessions").exists()


@pytest.mark.parametrize("keys", [("y",), ("Y",), ("up", "enter")])
def test_yes_to_the_git_warning_starts_with_the_prompt(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    options = TuiOptions(prompt="hello")
    with (
        FakeModel([Reply.text("welcome")]) as model,
        Tui(model, tmp_path, is_repository=False, options=options) as tui,
    ):
        tui.wait_for("> n  quit")
        tui.paste("n")
        tui.press(*keys)
        tui.wait_for("welcome")


def test_a_small_window_still_asks(tmp_path: Path) -> None:
    with FakeModel() as model, Tui(model, tmp_path, is_repository=False, size=(20, 4)) as tui:
        screen = tui.wait_for("> n  quit")
        assert "y  work here" in screen


def test_without_an_alternate_screen_finished_cells_are_printed(tmp_path: Path) -> None:
    options = TuiOptions(has_alternate_screen=False)
    stall = Stall()
    replies = [Reply.text("one"), Reply.text("two").stall_at(0, stall)]
    with FakeModel(replies) as model, Tui(model, tmp_path, options=options, size=(80, 30)) as tui:
        tui.type("first\r")
        tui.wait_for("tokens in")
        tui.type("second\r")
        assert stall.reached.wait(30)
        tui.wait_for("> second")
        stall.release.set()
        tui.wait_for("\ntwo\n")
        assert "\x1b[?1049h" not in tui.shown.raw
        tui.press("ctrl-d")
        tui.join()
        screen = tui.text()
        assert [screen.count(text) for text in ("> first", "> second", "codex 0.1.0")] == [1, 1, 1]


def test_a_notification_comes_only_while_nobody_looks(tmp_path: Path) -> None:
    with (
        FakeModel([Reply.text("one"), Reply.text("two")]) as model,
        Tui(model, tmp_path, environ={"TERM_PROGRAM": "WezTerm"}) as tui,
    ):
        tui.type("first\r")
        tui.wait_for("tokens in")
        assert "\x1b]9;" not in tui.shown.raw
        tui.type("\x1b[O")
        tui.settle()
        tui.type("second\r")
        tui.wait_for("two")
        tui.wait_for(lambda _: "\x1b]9;two\x07" in tui.shown.raw)


def test_a_defect_in_one_cell_leaves_the_program_alive(tmp_path: Path) -> None:
    from codex.tui.transcript.cells import Cell

    class Broken(Cell):
        def text(self) -> str:
            return "broken"

        def lines(self, width: int, *, full: bool = False) -> list[object]:  # type: ignore[override]
            raise ZeroDivisionError("of a cell")

    with FakeModel([Reply.text("fine")]) as model, Tui(model, tmp_path) as tui:
        tui.wait_for("fake-model (fake)")
        tui.app.chat.cells.append(Broken())
        tui.type("go\r")
        tui.wait_for("fine")
        assert "cannot draw this entry: ZeroDivisionError" in tui.text()


def test_keys_that_nobody_knows_do_nothing(tmp_path: Path) -> None:
    stall = Stall()
    with FakeModel([Reply.text("x").stall_at(0, stall)]) as model, Tui(model, tmp_path) as tui:
        tui.type("go\r")
        assert stall.reached.wait(30)
        for sequence in ("\x1b[57414u", "\x1b[1;99X", "\x1b]10;rgb:0/0/0\x07", "\x1b[?1;2c"):
            tui.press(sequence)
        assert tui.app.composer.text == ""
        assert tui.app.chat.is_running
        tui.press("\x1b[27u")
        tui.wait_for("interrupted")
