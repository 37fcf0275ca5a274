from __future__ import annotations

from urllib.parse import quote

import pytest

from codex.tui.composer.paste import clean_input, image_paths, is_large

SHOT = "/home/me/a shot.png"
FILES = {SHOT, "/work/b.jpg", "/home/me/C.WEBP"}


def images(text: str) -> tuple[str, ...]:
    return image_paths(text, cwd="/work", home="/home/me", is_file=FILES.__contains__)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00\x07\x7f\x9b1mb\tc", "ab\tc"),
        ("\udc80a\U0010f000", "a"),
        ("é日👍🏽", "é日👍🏽"),
    ],
)
def test_controls_are_dropped(raw: str, cleaned: str) -> None:
    assert clean_input(raw) == cleaned


def test_what_is_large() -> None:
    assert not is_large("x" * 1000)
    assert is_large("x" * 1001)
    assert not is_large("x\n" * 9 + "x")
    assert is_large("x\n" * 10 + "x")


@pytest.mark.parametrize(
    "text",
    [
        SHOT,
        f"  {SHOT}\n",
        f"'{SHOT}'",
        f'"{SHOT}"',
        SHOT.replace(" ", "\\ "),
        f"file://{quote(SHOT)}",
        f"file://localhost{quote(SHOT)}",
        "'~/a shot.png'",
        "../home/me/a shot.png",
    ],
)
def test_an_image_is_known_however_it_is_written(text: str) -> None:
    assert images(text) == (SHOT,)


def test_several_images_and_relative_ones() -> None:
    assert images(f"'{SHOT}' b.jpg\n~/C.WEBP") == (SHOT, "/work/b.jpg", "/home/me/C.WEBP")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "look at b.jpg",
        "b.jpg and more",
        "gone.png",
        "b.txt",
        "it's b.jpg",
        "file://elsewhere/work/b.jpg",
        "file://[/work/b.jpg",
        "/work/b\0.jpg",
        "x" * 200_000 + ".jpg",
    ],
)
def test_other_text_is_text(text: str) -> None:
    assert images(text) == ()
