from __future__ import annotations

from pathlib import Path

from codex.tui.composer import attachments as module
from codex.tui.composer.attachments import Attachments
from codex.tui.composer.paste import clean_input


def test_pastes_are_written_out_and_images_are_named() -> None:
    attachments = Attachments()
    text = f"a{attachments.add_paste('long')}b{attachments.add_image('/x/y z.png')}"
    assert attachments.expand(text) == "along" + "b[image: y z.png #1]"
    assert attachments.images(text) == ("/x/y z.png",)
    assert [attachments.label(char) for char in text] == [
        None,
        "[Pasted 4 characters #1]",
        None,
        "[image: y z.png #1]",
    ]
    assert len(text) == 4


def test_a_label_that_comes_back_is_the_image_again() -> None:
    attachments = Attachments()
    char = attachments.add_image("/x.png")
    assert attachments.restore(attachments.expand(f"see {char}")) == f"see {char}"


def test_text_from_outside_holds_no_attachment() -> None:
    char = Attachments().add_paste("x")
    assert clean_input(f"a{char}b") == "ab"


def test_an_image_that_is_gone_is_named(tmp_path: Path) -> None:
    attachments = Attachments()
    here = tmp_path / "here.png"
    here.touch()
    text = attachments.add_image(str(here))
    assert attachments.missing(text) is None
    assert attachments.missing(text + attachments.add_image("/gone.png")) == "/gone.png"


def test_when_no_characters_are_left_the_text_stands_for_itself() -> None:
    attachments = Attachments()
    for _ in range(module.LAST - module.FIRST + 1):
        attachments.add_paste("x")
    assert attachments.add_paste("text") == "text"
    assert attachments.add_image("/a b.png") == '"/a b.png"'
