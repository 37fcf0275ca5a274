"""The values of an elicitation's form."""

from __future__ import annotations

import pytest

from codex.tui.dialogs.form import Form


def form(about: dict[str, object]) -> Form:
    return Form({"type": "object", "properties": {"x": about}})


@pytest.mark.parametrize(
    ("about", "text", "value"),
    [
        ({"type": "string"}, "nan", "nan"),
        ({"type": "integer"}, "-3", -3),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "boolean"}, "yes", True),
        ({"enum": ["a", "b"]}, "b", "b"),
        ({"type": "integer", "enum": [1, 2]}, "2", 2),
    ],
)
def test_a_value_has_the_type_that_the_server_asked_for(
    about: dict[str, object], text: str, value: object
) -> None:
    filled = form(about)
    assert filled.take(text)
    assert filled.content == {"x": value}
    assert type(filled.content["x"]) is type(value)


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "ten"])
def test_a_number_that_json_cannot_hold_is_refused(text: str) -> None:
    filled = form({"type": "number"})
    assert not filled.take(text)
    assert filled.complaint == "Not a valid value: expected number."
    assert filled.content == {}
