"""AGENTS.md: which ones are read, in what order, and how much of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.core.project_doc import ProjectDocs, collect


class Project:
    """A CODEX_HOME and a repository with a folder two levels down."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.root = root / "repo"
        self.middle = self.root / "middle"
        self.cwd = self.middle / "deep"
        self.home.mkdir()
        self.cwd.mkdir(parents=True)
        (self.root / ".git").write_text("gitdir: elsewhere\n")

    def collect(self, max_bytes: int = 32_768, fallback: tuple[str, ...] = ()) -> ProjectDocs:
        return collect(str(self.home), str(self.cwd), max_bytes, fallback)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path.resolve())


def test_without_documents_there_is_no_text(project: Project) -> None:
    assert project.collect() == ProjectDocs(None, (), ())


def test_documents_stand_from_the_outermost_to_the_innermost(project: Project) -> None:
    for number, folder in enumerate((project.home, project.root, project.middle, project.cwd)):
        (folder / "AGENTS.md").write_text(f"text {number}")
    docs = project.collect()
    assert docs.text == "text 0\n\ntext 1\n\ntext 2\n\ntext 3"
    assert docs.files == tuple(
        str(folder / "AGENTS.md")
        for folder in (project.home, project.root, project.middle, project.cwd)
    )


def test_nothing_above_the_root_is_read(project: Project) -> None:
    (project.root.parent / "AGENTS.md").write_text("outside")
    assert project.collect().text is None


def test_without_a_root_only_the_working_directory_counts(project: Project) -> None:
    (project.root / ".git").unlink()
    (project.middle / "AGENTS.md").write_text("above")
    (project.cwd / "AGENTS.md").write_text("here")
    assert project.collect().text == "here"


def test_other_root_markers_may_be_chosen(project: Project) -> None:
    (project.root / ".git").unlink()
    (project.middle / "pyproject.toml").write_text("")
    (project.middle / "AGENTS.md").write_text("above")
    docs = collect(str(project.home), str(project.cwd), 100, root_markers=("pyproject.toml",))
    assert docs.text == "above"


def test_text_is_kept_as_it_stands(project: Project) -> None:
    (project.cwd / "AGENTS.md").write_text("  x \n\n")
    assert project.collect().text == "  x \n\n"


def test_blank_documents_do_not_count(project: Project) -> None:
    (project.cwd / "AGENTS.md").write_text(" \n\t\n")
    assert project.collect() == ProjectDocs(None, (), ())


def test_a_fallback_name_stands_in_where_there_is_no_document(project: Project) -> None:
    (project.root / "AGENTS.md").write_text("root")
    (project.root / "CLAUDE.md").write_text("not this one")
    (project.cwd / "CLAUDE.md").write_text("here")
    docs = project.collect(fallback=("MISSING.md", "CLAUDE.md"))
    assert docs.text == "root\n\nhere"


def test_the_limit_counts_all_documents_and_the_cut_is_told(project: Project) -> None:
    (project.root / "AGENTS.md").write_text("a" * 10)
    (project.middle / "AGENTS.md").write_text("b" * 10)
    (project.cwd / "AGENTS.md").write_text("c" * 10)
    docs = project.collect(max_bytes=15)
    assert docs.text == "a" * 10 + "\n\n" + "b" * 5
    assert docs.files == (str(project.root / "AGENTS.md"), str(project.middle / "AGENTS.md"))
    assert len(docs.warnings) == 2
    assert "only its first 5 bytes are used" in docs.warnings[0]
    assert str(project.cwd / "AGENTS.md") in docs.warnings[1]
    assert "not used" in docs.warnings[1]


def test_a_document_of_exactly_the_limit_is_whole(project: Project) -> None:
    (project.cwd / "AGENTS.md").write_text("x" * 10)
    assert project.collect(max_bytes=10) == ProjectDocs(
        "x" * 10, (str(project.cwd / "AGENTS.md"),), ()
    )


@pytest.mark.parametrize("max_bytes", range(1, 9))
def test_the_cut_never_splits_a_character(project: Project, max_bytes: int) -> None:
    (project.cwd / "AGENTS.md").write_text("€€ä🙂", encoding="utf-8")
    text = project.collect(max_bytes=max_bytes).text or ""
    assert "€€ä🙂".startswith(text)
    assert max_bytes - 3 <= len(text.encode()) <= max_bytes


def test_bytes_that_are_no_utf8_are_replaced(project: Project) -> None:
    (project.cwd / "AGENTS.md").write_bytes(b"a\xffb")
    assert project.collect().text == "a\ufffdb"


def test_a_limit_of_zero_turns_documents_off(project: Project) -> None:
    (project.cwd / "AGENTS.md").write_text("x")
    assert project.collect(max_bytes=0) == ProjectDocs(None, (), ())


def test_a_pipe_or_folder_by_that_name_is_passed_over(project: Project) -> None:
    os.mkfifo(project.cwd / "AGENTS.md")
    (project.root / "AGENTS.md").mkdir()
    assert project.collect() == ProjectDocs(None, (), ())


def test_a_document_that_cannot_be_read_becomes_a_warning(project: Project) -> None:
    # A file that even root cannot read: nothing is mapped at address 0.
    (project.cwd / "AGENTS.md").symlink_to("/proc/self/mem")
    docs = project.collect()
    assert docs.text is None
    assert "AGENTS.md" in docs.warnings[0]


def test_the_home_is_not_read_twice_when_work_is_done_in_it(project: Project) -> None:
    (project.home / "AGENTS.md").write_text("global")
    docs = collect(str(project.home), str(project.home), 100)
    assert docs.text == "global"
