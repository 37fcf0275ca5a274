"""The tools' schemas, and their arguments as settings."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from codex.base.errors import CodexError
from codex.config.overrides import Overrides
from codex.mcp_server.tools import CodexArguments, ReplyArguments, overrides_of, tool_list
from codex.protocol.policy import AskForApproval


def overrides(**arguments: Any) -> Overrides:
    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    return overrides_of(msgspec.convert({"prompt": "x", **named}, CodexArguments))


def test_the_schema_and_the_arguments_name_the_same() -> None:
    schemas = {tool["name"]: tool["inputSchema"]["properties"] for tool in tool_list()}
    assert set(schemas["codex"]) == set(CodexArguments.__struct_encode_fields__)
    assert set(schemas["codex-reply"]) == set(ReplyArguments.__struct_encode_fields__)


def test_nothing_given_changes_nothing() -> None:
    assert overrides() == Overrides()
    assert overrides(unknown=1) == Overrides()


def test_every_argument_becomes_a_setting() -> None:
    found = overrides(
        model="m",
        profile="p",
        cwd="/c",
        approval_policy="unless-allow-listed",
        sandbox="read-only",
        disable_response_storage=False,
        config={"a.b": 1, "t": {"x y": [1, {"z": "ü"}]}, "n": None, "s": 'a"b', "e": {}},
    )
    assert found == Overrides(
        model="m",
        profile="p",
        cwd="/c",
        approval_policy=AskForApproval.UNTRUSTED,
        sandbox_mode="read-only",
        config=(
            "a.b=1",
            't."x y"=[1, {"z" = "ü"}]',
            's="a\\"b"',
            "e={}",
            "disable_response_storage=false",
        ),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"approval_policy": "x"}, 'approval-policy "x": expected one of'),
        ({"sandbox": "x"}, 'sandbox "x": expected one of'),
        ({"sandbox_permissions": ["x"]}, 'sandbox-permissions "x"'),
        ({"sandbox": "read-only", "sandbox_permissions": []}, "got both"),
    ],
)
def test_what_cannot_be_is_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(CodexError, match=words):
        overrides(**arguments)


def test_a_session_has_two_names() -> None:
    for name in ("threadId", "conversationId"):
        assert msgspec.convert({"prompt": "x", name: "i"}, ReplyArguments).session_id == "i"
