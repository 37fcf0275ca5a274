"""The instructions to the model: what they say of the environment, and where the user's text is."""

from __future__ import annotations

import msgspec
import pytest

from codex.core.instructions import base_instructions, combine_user_text
from codex.protocol.policy import READ_ONLY, AskForApproval, SandboxPolicy
from tests.support.engine import fake_config

CONFIG = fake_config("http://h/v1", "/work")


@pytest.mark.parametrize("approval", AskForApproval)
def test_the_instructions_say_where_the_model_is_and_what_it_may(approval: AskForApproval) -> None:
    config = msgspec.structs.replace(CONFIG, approval_policy=approval, sandbox_policy=READ_ONLY)
    text = base_instructions(config, roots=(), user_text=None)
    assert "- Working directory: /work\n- Sandbox: read-only; network blocked\n" in text
    assert text.endswith("\n")
    assert "- Approval: " in text


def test_the_users_text_stands_last_and_the_base_prompt_can_be_replaced() -> None:
    policy = SandboxPolicy(can_write_cwd=True, can_use_network=True)
    config = msgspec.structs.replace(CONFIG, base_instructions="BASE", sandbox_policy=policy)
    text = base_instructions(config, roots=("/work",), user_text="be brief")
    assert text.startswith("BASE\n# Where you are\n")
    assert "workspace-write [/work] with network; network allowed" in text
    assert text.endswith("\nbe brief")


@pytest.mark.parametrize(
    ("instructions", "docs", "expected"),
    [
        (None, None, None),
        ("a", None, "a"),
        (None, "b", "b"),
        ("a", "b", "a\n\n--- project-doc ---\n\nb"),
    ],
)
def test_instructions_and_documents_are_one_text(
    instructions: str | None, docs: str | None, expected: str | None
) -> None:
    assert combine_user_text(instructions, docs) == expected
