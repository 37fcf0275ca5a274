"""What a row of the list of old sessions says."""

from __future__ import annotations

from codex.rollout.files import SessionSummary
from codex.tui.dialogs.old_sessions import TITLE_WIDTH, session_rows
from tests.support.rollouts import ID

SESSION = SessionSummary(
    id=ID,
    path="/h/sessions/x.jsonl",
    updated_s=1000.0,
    size=18_400,
    is_archived=False,
    name=None,
    started="2026-11-23T01:37:49.042Z",
    cwd="/home/me/work",
    first_message="fix the\n parser",
    source="exec",
)


def row(session: SessionSummary, now_s: float = 1000.0) -> tuple[str, str]:
    (found,) = session_rows([session], now_s, home="/home/me")
    return found.label, found.detail


def test_a_row_tells_message_time_size_folder_and_id() -> None:
    assert row(SESSION, 1130.0) == (
        "fix the parser",
        f"2 min ago · 18 kB · ~/work · {ID[:13]}",
    )


def test_a_name_comes_first_and_takes_one_line() -> None:
    assert row(SESSION._replace(name="my\nwork"))[0] == "my work"


def test_what_is_not_known_is_said() -> None:
    label, detail = row(SESSION._replace(first_message="", cwd=None))
    assert label == "(no message)"
    assert "unknown folder" in detail


def test_a_long_message_leaves_room_for_the_rest() -> None:
    label, _ = row(SESSION._replace(first_message="many words " * 20))
    assert len(label) == TITLE_WIDTH
    assert label.endswith("…")
