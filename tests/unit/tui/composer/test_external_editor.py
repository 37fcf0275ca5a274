from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from codex.tui.composer.external_editor import EditorError, edit_draft, editor_command


def environment(folder: Path, script: str) -> dict[str, str]:
    """An environment whose editor is a shell script; it gets the file as its first argument."""
    program = folder / "my editor"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    drafts = folder / "drafts"
    drafts.mkdir()
    return {"VISUAL": f"'{program}'", "TMPDIR": str(drafts), "PATH": os.environ["PATH"]}


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    environ = environment(tmp_path, 'sed -i s/draft/message/ "$1"')
    assert edit_draft("my draft, é", environ) == "my message, é"


def test_the_newline_that_editors_add_is_taken_off(tmp_path: Path) -> None:
    environ = environment(tmp_path, 'printf "a\\r\\nb\\n" > "$1"')
    assert edit_draft("x", environ) == "a\nb"
    assert edit_draft("x\n", environ) == "a\nb\n"


def test_the_file_is_the_users_alone_and_is_gone_afterwards(tmp_path: Path) -> None:
    environ = environment(tmp_path, f'cp -p "$1" "{tmp_path}/copy"')
    edit_draft("secret", environ)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert list((tmp_path / "drafts").iterdir()) == []


def test_an_editor_that_saves_by_renaming_works(tmp_path: Path) -> None:
    environ = environment(tmp_path, 'echo new > "$1.tmp" && mv "$1.tmp" "$1"')
    assert edit_draft("old", environ) == "new"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "ended with status 3"),
        ("kill -9 $$", "was killed by signal 9"),
        ('rm "$1"', "cannot be read: .*No such file"),
        ('printf "\\377" > "$1"', "cannot be read: it is not UTF-8"),
    ],
)
def test_a_failure_is_said(tmp_path: Path, script: str, message: str) -> None:
    environ = environment(tmp_path, script)
    with pytest.raises(EditorError, match=message):
        edit_draft("draft", environ)
    assert list((tmp_path / "drafts").iterdir()) == []


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {"EDITOR": "/nowhere/editor -w", "TMPDIR": str(tmp_path)}
    with pytest.raises(
        EditorError, match='"/nowhere/editor" cannot be run: No such file'
    ) as caught:
        edit_draft("draft", environ)
    assert caught.value.advice is not None


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {"EDITOR": "true", "TMPDIR": str(tmp_path / "gone"), "PATH": os.environ["PATH"]}
    with pytest.raises(EditorError, match=r'cannot make .*/gone": No such file'):
        edit_draft("draft", environ)


def test_visual_goes_before_editor_and_both_before_what_is_installed(tmp_path: Path) -> None:
    (tmp_path / "vi").touch(mode=0o755)
    path = {"PATH": str(tmp_path)}
    assert editor_command({**path, "VISUAL": "code --wait", "EDITOR": "ed"}) == ["code", "--wait"]
    assert editor_command({**path, "VISUAL": " ", "EDITOR": "ed"}) == ["ed"]
    assert editor_command(path) == ["vi"]


def test_without_an_editor_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="no editor was found"):
        editor_command({"PATH": str(tmp_path)})
    with pytest.raises(EditorError, match="cannot be parsed"):
        editor_command({"VISUAL": "'vim"})


def test_ctrl_c_in_the_editor_is_not_ours(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    environ = environment(tmp_path, f'kill -INT {os.getpid()}; echo kept > "$1"')
    assert edit_draft("draft", environ) == "kept"
    assert signal.getsignal(signal.SIGINT) is before
