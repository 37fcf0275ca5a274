"""`codex exec` against an OpenAI-compatible server from another project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codex.protocol.settings import WireApi
from tests.support.model.fake_model import Reply
from tests.support.program import provider_config
from tests.support.third_party.litellm import ANSWER

if TYPE_CHECKING:
    from tests.support.program import Program
    from tests.support.third_party.litellm import ThirdPartyServer


def test_it_completes_a_turn_on_chat(
    program: Program, third_party_server: ThirdPartyServer
) -> None:
    program.configure(provider_config(third_party_server.base_url, WireApi.CHAT))
    result = program.run("exec", "-m", third_party_server.scripted_model, "hi")
    assert (result.returncode, result.stdout) == (0, f"{ANSWER}\n"), result.stderr


@pytest.mark.parametrize("wire_api", WireApi)
def test_a_task_with_a_command_goes_through_it(
    program: Program, third_party_server: ThirdPartyServer, wire_api: WireApi
) -> None:
    call = Reply.call("shell", {"command": ["touch", "made"]})
    third_party_server.upstream.add(call, Reply.text("It is made."))
    program.configure(provider_config(third_party_server.base_url, wire_api))
    result = program.run("exec", "-m", third_party_server.relay_model, "make it")
    assert (result.returncode, result.stdout) == (0, "It is made.\n"), result.stderr
    assert (program.repo / "made").exists()
