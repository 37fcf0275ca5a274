"""Cells of the transcript, as far as the snapshots of whole sessions do not show them."""

from __future__ import annotations

import pytest

from codex.protocol import events as ev
from codex.protocol.events import Step
from codex.tui.drawing.ansi import parse_ansi_part
from codex.tui.drawing.text import Line, Style, line_width, plain
from codex.tui.transcript.cells import (
    PROMPT_LINES,
    Cell,
    HeaderCell,
    NoticeCell,
    PlanCell,
    PromptCell,
    StepCell,
    draw,
    short_path,
    short_paths,
)
from codex.tui.transcript.command_cell import CommandCell, command_text
from codex.tui.transcript.messages import MessageCell, ReasoningCell
from codex.tui.transcript.patch_cell import PatchCell, PatchState, diff_lines
from codex.tui.transcript.tool_cell import ToolCell, result_texts
from tests.support.screen.chat_events import CWD, PATCH, configured, ended, whole_session


def shown(cell: Cell, width: int = 60, *, full: bool = False) -> list[str]:
    return [plain(row) for row in cell.lines(width, full=full)]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 7, 8, 9, 12, 20, 21, 27, 33, 100])
@pytest.mark.parametrize("is_full", [False, True])
def test_every_cell_fits_into_every_window(*, width: int, is_full: bool) -> None:
    for cell in whole_session().cells:
        rows = draw(cell, width, full=is_full)
        assert not any("cannot draw" in plain(row) for row in rows)
        assert all(line_width(row) <= max(2, width) for row in rows)


@pytest.mark.parametrize(
    ("path", "home", "expected"),
    [
        ("/home/ann/x", "/home/ann", "~/x"),
        ("/home/ann", "/home/ann", "~"),
        ("/home/ann/x", "/home/ann/", "~/x"),
        ("/home/anna", "/home/ann", "/home/anna"),
        ("/x", "/", "/x"),
        ("/x", None, "/x"),
    ],
)
def test_the_home_folder_is_short(path: str, home: str | None, expected: str) -> None:
    assert short_path(path, home) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/ann/x", "~/x"),
        ("write [/home/ann/x, /home/ann/y, '/home/ann/z']", "write [~/x, ~/y, '~/z']"),
        ("workspace-write [/mnt/home/ann/x]", "workspace-write [/mnt/home/ann/x]"),
        ("/home/anna/x", "/home/anna/x"),
    ],
)
def test_only_paths_below_the_home_folder_are_shortened(text: str, expected: str) -> None:
    assert short_paths(text, "/home/ann") == expected


def test_a_named_session_shows_its_name() -> None:
    named = ev.SessionConfigured(
        session_id="id", model="m", cwd="/", provider="p", approval_policy="never", sandbox="s",
        name="parser",
    )  # fmt: skip
    assert "session   parser (id)" in shown(HeaderCell(named, None))
    assert HeaderCell(configured(), "/home/ann").text().startswith("codex ")


@pytest.mark.parametrize("message", ["line\n" * 30_000, "x" * 1_000_000])
def test_a_message_that_is_a_file_is_shown_by_its_beginning(message: str) -> None:
    cell = PromptCell(message, is_queued=False)
    rows = shown(cell)
    assert len(rows) == PROMPT_LINES + 1
    assert rows[-1] == f"  … {len(message):,} characters in all (Ctrl+T shows all)"
    assert len(cell.lines(60, full=True)) > 10_000
    assert shown(PromptCell("line\n" * PROMPT_LINES, is_queued=False))[-1] == "  line"


def test_texts_of_the_simple_cells() -> None:
    steps = (ev.PlanStep("a", ev.StepStatus.IN_PROGRESS),)
    assert PlanCell("why", steps).text() == "plan\nwhy\n[>] a"
    assert PlanCell(None, steps).text() == "plan\n[>] a"
    assert StepCell(Step("view image", "/x/y.png"), "/x").text() == "view image y.png"
    assert StepCell(Step("view image", "/z/y.png"), "/x").text() == "view image /z/y.png"
    assert NoticeCell("a\nb", title="t:").text() == "t: a\nb"
    assert shown(NoticeCell("")) == [""]


def test_a_cell_that_cannot_be_drawn_says_so() -> None:
    (row,) = draw(Cell(), 80)
    assert plain(row).startswith("cannot draw this entry: NotImplementedError")


def command(*argv: str, output: str = "", **end: object) -> CommandCell:
    cell = CommandCell(argv, CWD)
    cell.begin(ev.ExecCommandBegin("c", argv, CWD))
    cell.end(ended("c", output, **end))
    return cell


@pytest.mark.parametrize(
    ("exit_code", "text"),
    [
        (0, "exit 0 · 1.23s"),
        (-1, "did not start"),
        (124, "timed out after 1.23s"),
        (130, "interrupted after 1.23s"),
        (137, "exit 137 · 1.23s"),
    ],
)
def test_how_a_command_ended(exit_code: int, text: str) -> None:
    assert shown(command("x", exit_code=exit_code))[-1].strip() == text


def test_a_command_is_written_as_a_person_would() -> None:
    assert command_text(("bash", "-lc", "a | b")) == "a | b"
    assert command_text(("ls", "a b")) == "ls 'a b'"
    assert shown(command("bash", "-lc", "\n"))[0].strip() == "$"


def test_lines_that_the_engine_left_out_are_counted() -> None:
    head = "".join(f"a{number}\n" for number in range(10))
    output = f"{head}[... 999 bytes, 100 lines left out ...]\n{head}"
    assert "  … 110 lines (Ctrl+T shows all)" in shown(command("x", output=output))


@pytest.mark.parametrize("shown", [6, 93, 95, 96])
def test_output_beyond_the_live_limit_is_completed_at_the_end(shown: int) -> None:
    rows = [f"line {number:02}\n" for number in range(100)]
    # As sandbox/output.py keeps it: the first and last five lines.
    kept = ["".join(rows[:5]), "[... 720 bytes, 90 lines left out ...]\n", "".join(rows[-5:])]
    cell = CommandCell(("make",), "/")
    cell.begin(ev.ExecCommandBegin("c", ("make",), "/"))
    cell.output("".join(rows[:shown]))
    cell.output("\n[... further output is not shown while the command runs ...]\n")
    cell.end(ended("c", "".join(kept)))
    text = [plain(row).strip() for row in cell.lines(60, full=True)][1:-1]
    left = [row for row in text if row.startswith("[")]
    whole = [row.strip() for row in rows]
    end = max(95, shown)
    count = end - shown
    assert left == ([f"[... {8 * count} bytes, {count} lines left out ...]"] if count else [])
    assert [row for row in text if row not in left] == whole[:shown] + whole[end:]


def test_a_running_command_shows_the_last_state_of_its_last_lines() -> None:
    cell = CommandCell(("x",), CWD)
    cell.begin(ev.ExecCommandBegin("c", ("x",), CWD))
    for percent in range(2000):
        cell.output(f"\r{percent} of 2000")
    assert shown(cell) == ["$ x", "  1999 of 2000", "  running"]
    assert cell.guess(60, full=True) > cell.guess(60, full=False)


def test_long_lines_of_output_are_whole_in_the_full_form() -> None:
    cell = command("x", output="y" * 200 + "\n")
    assert shown(cell)[1].endswith("y…")
    assert "".join(shown(cell, full=True)).count("y") == 200


def test_long_diffs_are_whole_in_the_full_form() -> None:
    cell = PatchCell({"/a": ev.Add("x\n" * 500)}, cwd="/", reason=None)
    cell.advance(PatchState.APPLIED)
    assert "… 440 lines (Ctrl+T shows all)" in shown(cell)
    assert sum("+x" in row for row in shown(cell, full=True)) == 500
    cell.advance(PatchState.FAILED, "no\nway")
    assert shown(cell)[-2:] == ["no", "way"]
    assert cell.text().endswith("no\nway")


def test_a_file_that_moves_unchanged_has_no_lines() -> None:
    rows = diff_lines({"/r/a": ev.Update("", "/r/b")}, 40, cwd="/r")
    assert [plain(row) for row in rows] == ["R a → b"]


def test_the_order_of_files_is_that_of_the_patch() -> None:
    names = [plain(row)[:1] for row in diff_lines(PATCH, 80, cwd=CWD) if row and row[0].style.bold]
    assert names == ["M", "A", "D", "R"]


def test_carriage_returns_and_controls_of_files_do_no_harm() -> None:
    rows = diff_lines({"/a": ev.Add("x\r\n\x1b[2Jy\rz\n")}, 40, cwd="/")
    assert [plain(row) for row in rows][1:] == ["1 +x", "2 +yz"]


def test_messages_of_any_state_have_their_text() -> None:
    cell = MessageCell(str)
    assert cell.text() == ""
    cell.append("a")
    cell.append("b")
    assert cell.guess(10, full=False) == 3
    assert cell.text() == "ab"
    cell.finish()
    assert cell.guess(10, full=False) == 2
    hidden = ReasoningCell(str, is_hidden=True)
    assert hidden.guess(10, full=False) == 2
    assert hidden.guess(10, full=True) == 3


@pytest.mark.parametrize(
    ("result", "texts"),
    [
        (None, []),
        ("x", ['"x"']),
        ({"content": "x"}, []),
        ({"content": [{"type": "text", "text": "a"}, 3]}, ["a", "3"]),
        ({"content": [{"type": "audio", "data": "AAAA"}]}, ["<audio , 3 bytes>"]),
        ({"content": [{"type": "resource_link", "uri": "u"}]}, ["<resource u>"]),
        (
            {"content": [{"type": "resource", "resource": {"uri": "u", "text": "t"}}]},
            ["<resource u>\nt"],
        ),
        ({"content": [{"type": "resource", "resource": {"uri": "u"}}]}, ["<resource u>"]),
        ({"content": [{"type": "resource", "resource": 3}]}, ["<resource >"]),
        ({"content": [{"type": "new"}]}, ['{"type":"new"}']),
        ({"content": [], "structuredContent": {"a": 1}}, ['{"a":1}']),
    ],
)
def test_results_of_tools_are_shown_by_item(result: object, texts: list[str]) -> None:
    assert result_texts(result) == texts


def test_long_results_are_whole_in_the_full_form() -> None:
    cell = ToolCell("s", "t", None)
    content = [{"type": "text", "text": "\n".join("abcdefghijklmnopqrst")}]
    cell.end(ev.McpToolCallEnd(call_id="m", success=True, result={"content": content}))
    assert "  … 10 lines (Ctrl+T shows all)" in shown(cell)
    assert len(shown(cell, full=True)) == 22
    assert cell.text().startswith("tool s.t()\na\nb")


def test_live_output_is_whole_in_the_full_form_in_any_pieces() -> None:
    output = "a\x1b[31mred\nstill\x1b[0m\r\n10%\r20%\r\nlong " + "word " * 30 + "\n\nend"
    whole = CommandCell(("x",), CWD)
    whole.output(output)
    pieces = CommandCell(("x",), CWD)
    for character in output:
        pieces.output(character)
        pieces.lines(20, full=True)
    assert pieces.lines(20, full=True) == whole.lines(20, full=True)
    assert pieces.lines(30, full=True) == whole.lines(30, full=True)
    assert shown(whole, full=True)[1:4] == ["  ared", "  still", "  20%"]
    whole.end(ended("x", "kept"))
    assert shown(whole, full=True)[1:4] == ["  ared", "  still", "  20%"]


def test_only_new_output_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(text: str, style: Style, base: Style) -> tuple[list[Line], Style]:
        read.append(len(text))
        return parse_ansi_part(text, style, base)

    monkeypatch.setattr("codex.tui.transcript.command_cell.parse_ansi_part", counted)
    cell = CommandCell(("x",), CWD)
    for number in range(100):
        cell.output(f"line {number}\n")
        cell.lines(40, full=True)
    assert sum(read) < 1000
