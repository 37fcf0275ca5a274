from __future__ import annotations

import pytest

from codex.protocol.items import TokenUsage
from codex.tui.drawing.text import line_width, plain
from codex.tui.transcript.status import FRAME_S, FRAMES, Report, StatusState, status, status_report


def state(**changes: object) -> StatusState:
    values: dict[str, object] = {
        "model": "qwen3-coder",
        "approval": "untrusted",
        "sandbox": "workspace-write [/repo, /tmp]",
        "context_left_percent": 87,
        "total_tokens": 12345,
    }
    return StatusState(**{**values, **changes})  # type: ignore[arg-type]


def shown(width: int = 200, **changes: object) -> str:
    return plain(status(state(**changes), width))


def test_an_idle_line() -> None:
    assert shown() == "qwen3-coder · untrusted · workspace-write · 12.3k tokens · 87% left"
    assert shown(context_left_percent=None, total_tokens=0) == (
        "qwen3-coder · untrusted · workspace-write"
    )


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        ({"elapsed_s": 5.0}, f"{FRAMES[0]} 5s · ", " · Esc stops"),
        ({"elapsed_s": 65 + 1.5 * FRAME_S}, f"{FRAMES[1]} 1m05s · ", " · Esc stops"),
        ({"elapsed_s": 3700.0, "queued_count": 2}, f"{FRAMES[0]} 1h01m · ", " · 2 queued"),
        ({"elapsed_s": 5.0, "is_waiting": True}, "? waiting for you · ", " · Esc stops"),
        ({"hint": "Ctrl+C again to quit"}, "qwen3", " · Ctrl+C again to quit"),
    ],
)
def test_a_busy_line(changes: dict[str, object], start: str, end: str) -> None:
    text = shown(200, **changes)
    assert text.startswith(start)
    assert text.endswith(end)


def test_what_matters_least_gives_way_first() -> None:
    busy: dict[str, object] = {"elapsed_s": 5.0}
    assert (
        shown(70, **busy) == "⠋ 5s · qwen3-coder · untrusted · 12.3k tokens · 87% left · Esc stops"
    )
    assert shown(60, **busy) == "⠋ 5s · qwen3-coder · untrusted · 87% left · Esc stops"
    assert shown(50, **busy) == "⠋ 5s · qwen3-coder · 87% left · Esc stops"
    assert shown(30, **busy) == "⠋ 5s · 87% left · Esc stops"
    assert shown(20, **busy) == "⠋ 5s · Esc stops"
    assert shown(12, **busy) == "Esc stops"
    assert shown(5, **busy) == "Esc …"
    assert shown(5) == "87% …"


@pytest.mark.parametrize("width", range(81))
def test_every_width_is_kept(width: int) -> None:
    for changes in (
        {},
        {"elapsed_s": 1.0},
        {"hint": "a long hint that says much", "model": "漢字"},
    ):
        assert line_width(status(state(**changes), width)) <= width


def test_little_context_is_a_warning() -> None:
    assert any(span.style.fg == "yellow" for span in status(state(context_left_percent=10), 90))


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 tokens"), (999_999, "1.0M tokens"), (4_500_000, "4.5M tokens")]
)
def test_counts_are_short(count: int, text: str) -> None:
    assert text in shown(total_tokens=count)


def test_a_whole_report() -> None:
    report = Report(
        version="1.0",
        session_id="abc",
        name="parser",
        rollout_path="/home/ann/.codex/sessions/r.jsonl",
        model="qwen3-coder",
        provider="Ollama",
        cwd="/home/ann/repo",
        home="/home/ann",
        approval="untrusted",
        sandbox="read-only",
        project_docs=("/home/ann/.codex/AGENTS.md", "/srv/AGENTS.md"),
        usage=TokenUsage(input_tokens=12345, cached_input_tokens=1000, output_tokens=12),
        context_window=32768,
        context_left_percent=62,
    )
    assert [plain(row) for row in status_report(report)] == [
        "codex 1.0",
        "model     qwen3-coder (Ollama)",
        "workdir   ~/repo",
        "approval  untrusted",
        "sandbox   read-only",
        "session   abc (parser)",
        "recorded  ~/.codex/sessions/r.jsonl",
        "AGENTS.md ~/.codex/AGENTS.md, /srv/AGENTS.md",
        "tokens    12,345 in (1,000 cached), 12 out",
        "context   62% of 32,768 tokens left",
    ]


def test_a_report_of_little() -> None:
    report = Report(
        version="1", session_id="a", model="m", provider="p", cwd="/", home="/",
        approval="never", sandbox="none", project_docs=(),
    )  # fmt: skip
    rows = [plain(row) for row in status_report(report)]
    assert "recorded  no" in rows
    assert "AGENTS.md none" in rows
    assert rows[-2] == "tokens    0 in, 0 out"
    assert rows[-1].startswith("context   the model's window is unknown")
    known = Report(
        version="1", session_id="a", model="m", provider="p", cwd="/",
        approval="never", sandbox="none", context_window=10,
    )  # fmt: skip
    rows = [plain(row) for row in status_report(known)]
    assert rows[-1] == "context   10 tokens"
    assert not any(row.startswith("AGENTS.md") for row in rows)
