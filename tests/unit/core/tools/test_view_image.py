"""Image files as data URLs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.base.errors import CodexError
from codex.core.tools.view_image import MAX_IMAGE_BYTES, image_url

PNG = b"\x89PNG\r\n\x1a\nrest"


def test_the_type_comes_from_the_content(tmp_path: Path) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(PNG)
    assert image_url(str(path)) == "data:image/png;base64,iVBORw0KGgpyZXN0"


def test_webp_is_recognised_behind_its_container(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    assert image_url(str(path)).startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"no image", "is not a PNG"),
        (None, "No such file"),
        (b"\x89PNG" + b"x" * MAX_IMAGE_BYTES, "limit"),
    ],
)
def test_what_cannot_be_attached_is_named_with_its_cause(
    tmp_path: Path, content: bytes | None, cause: str
) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CodexError, match=cause) as caught:
        image_url(str(path))
    assert str(path) in caught.value.message


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    os.mkfifo(path)
    with pytest.raises(CodexError, match="not a regular file"):
        image_url(str(path))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodexError, match="Is a directory"):
        image_url(str(tmp_path))


@pytest.mark.parametrize("name", ["a\0b", "a\ud83d"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CodexError, match="no file can have this name"):
        image_url(f"{tmp_path}/{name}")
