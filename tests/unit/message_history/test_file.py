"""history.jsonl on the disk: complete lines, its permissions, its lock and its maximum size."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest

from codex.message_history.file import (
    HistoryError,
    HistoryFile,
    NotShortenedError,
    open_for_reading,
)


def line(number: int, size: int = 10) -> bytes:
    return b"%0*d\n" % (size - 1, number)


def lines(*numbers: int) -> bytes:
    return b"".join(line(number) for number in numbers)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def test_the_folder_and_the_file_are_made_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(0o700, parents=True)
    previous = os.umask(0o777)
    try:
        assert HistoryFile(str(folder)).append(line(1))
    finally:
        os.umask(previous)
    for name in ("history.jsonl", "history.jsonl.lock"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert (folder / "history.jsonl").read_bytes() == line(1)


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    assert HistoryFile(str(tmp_path / "gone")).append(line(1))
    assert (tmp_path / "gone" / "history.jsonl").read_bytes() == line(1)


def test_the_mode_is_mended_before_anything_is_written(path: Path) -> None:
    path.write_bytes(line(1))
    path.chmod(0o644)
    assert HistoryFile(str(path.parent)).append(line(2))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == lines(1, 2)


def test_what_a_crash_left_unfinished_spoils_no_other_line(path: Path) -> None:
    path.write_bytes(line(1) + b'{"session_id":"x","te')
    assert HistoryFile(str(path.parent)).append(line(2))
    assert path.read_bytes().splitlines(keepends=True)[2] == line(2)


@pytest.mark.parametrize("name", ["history.jsonl", "history.jsonl.lock"])
def test_a_lock_of_another_program_is_respected(path: Path, name: str) -> None:
    file = HistoryFile(str(path.parent))
    assert file.append(line(1))
    with (path.parent / name).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not file.append(line(2))
        assert not file.rewrite(lambda _number, _line: True)
    assert path.read_bytes() == line(1)
    assert file.append(line(2))
    assert path.read_bytes() == lines(1, 2)


@pytest.mark.parametrize("kind", ["history.jsonl", "history.jsonl.lock"])
def test_a_link_is_not_followed(path: Path, kind: str) -> None:
    target = path.parent / "target"
    target.write_bytes(b"")
    (path.parent / kind).symlink_to(target)
    with pytest.raises(HistoryError, match=f'"{path.parent / kind}": it is a symbolic link'):
        HistoryFile(str(path.parent)).append(line(1))
    assert target.read_bytes() == b""


def test_a_folder_or_a_pipe_in_its_place_is_refused_at_once(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(HistoryError, match="not a regular file"):
        HistoryFile(str(path.parent)).append(line(1))
    with pytest.raises(HistoryError, match="not a regular file"):
        open_for_reading(str(path))
    path.unlink()
    path.mkdir()
    with pytest.raises(HistoryError, match="Is a directory"):
        HistoryFile(str(path.parent)).append(line(1))


def test_what_is_wrong_with_the_lock_is_said_of_the_lock(path: Path) -> None:
    lock = path.parent / "history.jsonl.lock"
    lock.mkdir()
    with pytest.raises(HistoryError, match=f'cannot add to "{path}": "{lock}": Is a directory'):
        HistoryFile(str(path.parent)).append(line(1))


def test_the_oldest_lines_go_into_nothing_and_the_inode_is_another(path: Path) -> None:
    file = HistoryFile(str(path.parent), max_bytes=100)
    for number in range(10):
        file.append(line(number))
    before = path.stat()
    assert path.read_bytes() == lines(*range(10))
    file.append(line(10))
    assert path.read_bytes() == lines(*range(3, 11))
    assert path.stat().st_ino != before.st_ino
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(path.parent)) == ["history.jsonl", "history.jsonl.lock"]


@pytest.mark.parametrize("size", [90, 150, 200_000])
def test_the_newest_line_stays_however_long_it_is(path: Path, size: int) -> None:
    file = HistoryFile(str(path.parent), max_bytes=100)
    for number in range(10):
        file.append(line(number))
    file.append(line(10, size))
    assert path.read_bytes() == line(10, size)
    file.append(line(11, size))
    assert path.read_bytes() == line(11, size)


def test_lines_longer_than_a_block_are_cut_at_their_ends(path: Path) -> None:
    file = HistoryFile(str(path.parent), max_bytes=1_000_000)
    for number in range(4):
        file.append(line(number, 300_000))
    assert path.read_bytes() == line(2, 300_000) + line(3, 300_000)


def test_zero_is_no_limit(path: Path) -> None:
    file = HistoryFile(str(path.parent), max_bytes=0)
    file.append(line(1))
    assert path.read_bytes() == line(1)


def test_the_remains_of_a_killed_rewriter_are_cleaned_up(path: Path) -> None:
    remains = path.parent / "history.jsonl.new"
    remains.write_bytes(b"half a li")
    file = HistoryFile(str(path.parent), max_bytes=20)
    file.append(lines(1, 2, 3))
    assert path.read_bytes() == line(3)
    assert not remains.exists()


def test_what_cannot_be_shortened_is_kept_whole(path: Path) -> None:
    (path.parent / "history.jsonl.new").mkdir()
    file = HistoryFile(str(path.parent), max_bytes=20)
    with pytest.raises(NotShortenedError, match=f'cannot shorten "{path}" to 20 bytes'):
        file.append(lines(1, 2, 3))
    assert path.read_bytes() == lines(1, 2, 3)


def test_a_rewrite_keeps_what_it_is_told_in_a_new_inode(path: Path) -> None:
    path.write_bytes(lines(0, 1, 2) + b"unfinished")
    inode = path.stat().st_ino
    seen: list[tuple[int, bytes]] = []

    def keep(number: int, data: bytes) -> bool:
        seen.append((number, data))
        return number != 1

    assert HistoryFile(str(path.parent)).rewrite(keep)
    assert path.read_bytes() == lines(0, 2) + b"unfinished\n"
    assert path.stat().st_ino != inode
    assert [number for number, _ in seen] == [0, 1, 2, 3]
    assert seen[1][1] == line(1).strip()


def test_a_rewrite_that_is_given_up_changes_nothing(path: Path) -> None:
    path.write_bytes(lines(0, 1))

    def keep(number: int, _line: bytes) -> bool:
        if number == 1:
            raise HistoryError("changed")
        return True

    with pytest.raises(HistoryError, match="changed"):
        HistoryFile(str(path.parent)).rewrite(keep)
    assert path.read_bytes() == lines(0, 1)
    assert not (path.parent / "history.jsonl.new").exists()
