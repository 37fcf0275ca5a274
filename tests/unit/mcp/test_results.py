"""The model's view of a tool's result."""

from __future__ import annotations

import pytest

from codex.base.jsonio import dumps
from codex.mcp.results import (
    MAX_IMAGE_CHARS,
    MAX_RESULT_BYTES,
    MAX_RESULT_CHARS,
    ToolResult,
    capped,
    resource_text,
    result_text,
    shortened,
    tool_result,
)

IMAGE = {"type": "image", "data": "AAAA", "mimeType": "image/png"}


def test_texts_are_joined_and_images_are_images() -> None:
    result = {"content": [{"type": "text", "text": "a"}, IMAGE, {"type": "text", "text": "b"}]}
    assert tool_result(result, takes_images=True) == ToolResult(
        "a\nb", ("data:image/png;base64,AAAA",), is_error=False
    )


def test_an_image_is_named_for_a_model_that_takes_none() -> None:
    found = tool_result({"content": [IMAGE]}, takes_images=False)
    assert found == ToolResult(
        "[image, image/png: the model does not accept images]", (), is_error=False
    )


@pytest.mark.parametrize(
    "image",
    [
        {**IMAGE, "mimeType": "image/tiff"},
        {**IMAGE, "data": 3},
        {**IMAGE, "data": "A" * (MAX_IMAGE_CHARS + 1)},
    ],
)
def test_an_image_that_no_model_takes_is_named(image: dict[str, object]) -> None:
    found = tool_result({"content": [image]}, takes_images=True)
    assert found.image_urls == ()
    assert found.text.startswith("[image, ")


def test_an_image_alone_still_has_a_text() -> None:
    found = tool_result({"content": [IMAGE]}, takes_images=True)
    assert found.text == "The image follows."


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "audio", "data": "A", "mimeType": "audio/wav"}, "[audio, audio/wav: not shown]"),
        (
            {"type": "resource", "resource": {"uri": "u:1", "text": "inside"}},
            "[resource u:1]\ninside",
        ),
        (
            {
                "type": "resource",
                "resource": {"uri": "u:1", "blob": "AAAA", "mimeType": "a/b"},
            },
            "[resource u:1, a/b: 3 bytes of binary data, not shown]",
        ),
        ({"type": "resource_link", "uri": "u:1", "name": "n"}, "[resource u:1: n]"),
        ({"type": "new", "x": 1}, '{"type":"new","x":1}'),
        ("bare", '"bare"'),
    ],
)
def test_every_kind_of_content_has_its_words(block: object, text: str) -> None:
    assert tool_result({"content": [block]}, takes_images=True).text == text


def test_structured_content_stands_in_for_missing_text() -> None:
    assert tool_result({"structuredContent": {"a": 1}}, takes_images=True).text == '{"a":1}'
    both = {"structuredContent": {"a": 1}, "content": [{"type": "text", "text": "one"}]}
    assert tool_result(both, takes_images=True).text == "one"


@pytest.mark.parametrize("result", [None, "x", 3, []])
def test_an_answer_that_is_no_result_is_an_error(result: object) -> None:
    assert tool_result(result, takes_images=True).is_error


def test_an_error_is_told_and_nothing_is_said_to_be_nothing() -> None:
    assert tool_result({"isError": True, "content": []}, takes_images=True) == ToolResult(
        "(no output)", (), is_error=True
    )


def test_long_text_keeps_its_head_and_tail() -> None:
    text = "a" * MAX_RESULT_CHARS + "b" * MAX_RESULT_CHARS
    found = shortened(text)
    assert found.startswith("aaa")
    assert found.endswith("bbb")
    assert f"[... {MAX_RESULT_CHARS:,} characters cut ...]" in found
    assert shortened("short") == "short"


def test_resources_are_read() -> None:
    read = {"contents": [{"uri": "u:1", "text": "one"}, {"uri": "u:2", "text": "two"}]}
    assert resource_text(read) == "[resource u:1]\none\n[resource u:2]\ntwo"
    assert resource_text({}) == "(empty)"
    assert result_text(read) == resource_text(read)
    assert result_text([1]) == "[1]"


def test_a_result_of_any_size_fits_an_event() -> None:
    small = {"content": [{"type": "text", "text": "x"}], "structuredContent": {"x": 1}}
    assert capped(small) is small
    image = {"type": "image", "mimeType": "image/png", "data": "A" * MAX_RESULT_BYTES}
    text = {"type": "text", "text": "é\n" * MAX_RESULT_BYTES}
    for large in (
        {"content": [image, text], "isError": True},
        {"contents": [{"uri": "u:1", "text": "x" * MAX_RESULT_BYTES}]},
        [{"uri": "u" * MAX_RESULT_BYTES}],
    ):
        found = capped(large)
        assert len(dumps(found)) < 64_000
        assert isinstance(found, dict)
        assert found.get("isError") == (True if "content" in large else None)
    assert "[image, image/png" in str(capped({"content": [image]}))
