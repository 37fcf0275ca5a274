"""A whole session in tmux, a terminal of another project, compared with committed screens.

After an intended change, a run with UPDATE_SNAPSHOTS=1 writes the screens again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.model.fake_model import Call, FakeModel, Reply, Stall, Text
from tests.support.program import Program, provider_config
from tests.support.screen.snapshots import check
from tests.support.temporary import OTHERS, clean_folder
from tests.support.waiting import wait_until

SCREENS = Path(__file__).parent / "snapshots" / "session"
PATIENCE_S = 60.0
COMMAND = "printf 'one\\ntwo\\n' > made.txt; cat made.txt"
PATCH = "*** Begin Patch\n*** Update File: greeting.txt\n@@\n-hello\n+hello, world\n*** End Patch"


class Tmux:
    """One window of a server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux.sock")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments],
            env={"PATH": os.environ["PATH"], "SHELL": "/bin/sh", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def start(self, program: Program, *arguments: str) -> None:
        command = " ".join((command_of(program), *arguments))
        self._open(program, f"{command}; echo left with $?; exec cat")

    def start_shell(self, program: Program) -> None:
        self._open(program, "PS1='$ ' exec bash --norc --noprofile -i")
        self.wait_for("$")

    def _open(self, program: Program, command: str) -> None:
        variables = [f"-e{name}={value}" for name, value in program.environ.items()]
        place = ("-x", "80", "-y", "30", "-c", str(program.repo))
        self.run("new-session", "-d", *place, *variables, command)

    def keys(self, *names: str) -> None:
        self.run("send-keys", *names)

    def type(self, text: str) -> None:
        self.run("send-keys", "-l", text)

    def screen(self) -> str:
        rows = self.run("capture-pane", "-p").splitlines()
        return "\n".join(row.rstrip() for row in rows).rstrip() + "\n"

    def scrollback(self) -> list[str]:
        """All rows, from the first on, without blanks."""
        return [row.strip() for row in self.run("capture-pane", "-p", "-S", "-").splitlines()]

    def wait_for(self, *wanted: str, without: str = "\0") -> str:
        screens = [""]

        def is_shown() -> bool:
            screens[0] = self.screen()
            return all(what in screens[0] for what in wanted) and without not in screens[0]

        try:
            wait_until(is_shown, f"{wanted!r} on the screen")
        except AssertionError as error:
            error.add_note(screens[0])
            raise
        return screens[0]


def command_of(program: Program) -> str:
    return " ".join(f"'{word}'" for word in program.argv)


def normal(screen: str, folder: Path) -> str:
    """Without what differs from run to run."""
    screen = screen.replace(str(folder), "/FOLDER")
    screen = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "SESSION", screen)
    screen = re.sub(r"~/sessions/.*?jsonl", "ROLLOUT", screen, flags=re.DOTALL)
    screen = re.sub(r"\b\d+(\.\d+)?m?s\b", "TIME", screen)
    # How long a task took is told from some length on.
    screen = re.sub(r"^TIME · ", "", screen, flags=re.MULTILINE)
    screen = screen.replace(" · draft cleared; Up brings it back", "")
    return re.sub(r"codex \d+\.\d+\.\d+", "codex VERSION", screen)


def compare(name: str, screen: str, folder: Path) -> None:
    check(name, normal(screen, folder), folder=SCREENS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose path is equally long everywhere: the screens hold it."""
    parent = clean_folder(("/tmp", *OTHERS))
    folder = Path(parent, f"codex{os.getpid():0{17 - len(parent)}}")
    folder.mkdir(mode=0o700)
    return folder


def test_a_whole_session_leaves_the_expected_screens(
    program_argv: tuple[str, ...], folder: Path
) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here: apt install tmux")
    stall = Stall()
    replies = [
        Reply.text(
            "# Hello\n\nI can **read** and *write*:\n\n- code\n- tests\n\n```python\nx = 1\n```"
        ),
        Reply.of(Text("I write a file."), Call("shell", {"command": ["bash", "-lc", COMMAND]})),
        Reply.text("It holds two lines."),
        Reply.call("apply_patch", {"input": PATCH}),
        Reply.text("Greeted."),
        Reply.text("This takes long").stall_at(0, stall),
    ]
    tmux = Tmux(folder)
    try:
        with FakeModel(replies) as model, Program(program_argv, folder) as program:
            (program.repo / "greeting.txt").write_text("hello\n")
            program.configure(provider_config(model.base_url))
            model.documents["/v1/models"] = {"data": [{"id": "fake-model"}]}
            tmux.start(program)
            _drive(tmux, stall, folder)
    finally:
        subprocess.run(["tmux", "-S", str(folder / "tmux.sock"), "kill-server"], check=False)
        shutil.rmtree(folder)


def _drive(tmux: Tmux, stall: Stall, folder: Path) -> None:
    compare("1-start", tmux.wait_for("workspace-write [", "› Ask"), folder)
    tmux.type("what can you do?")
    tmux.keys("Enter")
    compare("2-answer", tmux.wait_for("15 tokens", without="Esc stops"), folder)
    tmux.type("write a file")
    tmux.keys("Enter")
    compare("3-approval", tmux.wait_for("> y"), folder)
    tmux.keys("y")
    compare("4-command", tmux.wait_for("45 tokens", without="Esc stops"), folder)
    tmux.type("greet the world")
    tmux.keys("Enter")
    compare("5-diff", tmux.wait_for("> y"), folder)
    tmux.keys("Enter")
    compare("6-patched", tmux.wait_for("75 tokens", without="Esc stops"), folder)
    tmux.type("think")
    tmux.keys("Enter")
    assert stall.reached.wait(PATIENCE_S)
    tmux.wait_for("Esc stops")
    tmux.keys("Escape")
    compare("7-interrupted", tmux.wait_for("interrupted", without="Esc stops"), folder)
    tmux.keys("Up", "Up")
    compare("8-recalled", tmux.wait_for("› greet the world"), folder)
    tmux.keys("C-c")
    tmux.wait_for("› Ask")
    tmux.type("/status")
    tmux.keys("Enter")
    compare("9-status", tmux.wait_for("recorded"), folder)
    tmux.keys("C-d")
    tmux.wait_for("left with 0")


def test_it_is_suspended_and_comes_back_with_the_draft(
    program_argv: tuple[str, ...], folder: Path
) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here: apt install tmux")
    tmux = Tmux(folder)
    try:
        with FakeModel() as model, Program(program_argv, folder) as program:
            program.configure(provider_config(model.base_url))
            tmux.start_shell(program)
            tmux.type(command_of(program))
            tmux.keys("Enter")
            tmux.wait_for("› Ask")
            tmux.type("a draft")
            tmux.wait_for("› a draft")
            tmux.keys("C-z")
            tmux.wait_for("Stopped")
            tmux.type("echo in the shell; fg")
            tmux.keys("Enter")
            tmux.wait_for("› a draft", "fake-model (Fake)")
            tmux.type(" goes on")
            tmux.wait_for("› a draft goes on")
    finally:
        subprocess.run(["tmux", "-S", str(folder / "tmux.sock"), "kill-server"], check=False)
        shutil.rmtree(folder)


def test_without_the_alternate_screen_the_scrollback_holds_everything_once(
    program_argv: tuple[str, ...], folder: Path
) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here: apt install tmux")
    answer = "\n".join(f"- item {number}" for number in range(40))
    tmux = Tmux(folder)
    try:
        with FakeModel([Reply.text(answer)]) as model, Program(program_argv, folder) as program:
            program.configure(provider_config(model.base_url))
            tmux.start(program, "--no-alt-screen")
            tmux.wait_for("› Ask")
            tmux.type("list them")
            tmux.keys("Enter")
            tmux.wait_for("tokens in", "› Ask")
            # Printed, so that nothing is live.
            wait_until(lambda: "- item 0" in tmux.scrollback(), "the first item")
            tmux.run("resize-window", "-x", "44", "-y", "20")
            tmux.wait_for("› Ask", without="workspace-write ·")
            tmux.type("!seq 60")
            tmux.keys("Enter")
            tmux.wait_for("exit 0", "› Ask")
            tmux.run("resize-window", "-x", "90", "-y", "30")
            tmux.wait_for("workspace-write · 15 tokens", "› Ask")
            tmux.keys("C-d")
            tmux.wait_for("left with 0")
            rows = tmux.scrollback()
    finally:
        subprocess.run(["tmux", "-S", str(folder / "tmux.sock"), "kill-server"], check=False)
        shutil.rmtree(folder)
    once = ["> list them", *(f"- item {number}" for number in range(40)), "! seq 60", "60"]
    assert {row: rows.count(row) for row in once} == dict.fromkeys(once, 1), rows
    assert not [row for row in rows if row.startswith(("›", "fake-model"))]
