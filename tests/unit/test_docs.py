"""What the documentation names exists: links, files of the tree, and commands of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codex.cli.commands import ALIASES, COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md")))

LINK = re.compile(r"\]\(([^)\s]+)\)")
TREE = re.compile(r"`((?:codex|build|docs|native|tests)/[\w./-]*(?:\.\w+|/))`")
COMMAND = re.compile(r"^    codex ([a-z][\w-]*)", re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        # The pages of the repository's host, one of which is below the tree's.
        if link.startswith(("https://", "../../releases")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = TREE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_files_of_the_kinds_of_changes_exist() -> None:
    page = (ROOT / "docs" / "where-changes-go.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`([\w/-]+/[\w.-]+\.\w+)`", row)]
    assert len(named) > 40
    folders = (ROOT, ROOT / "codex")
    assert [name for name in named if not any((f / name).exists() for f in folders)] == []


def test_the_readme_runs_commands_that_exist() -> None:
    words = set(COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "exec", "sandbox"} <= words
    assert words - {*COMMANDS, *ALIASES} == set()
