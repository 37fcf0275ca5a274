from __future__ import annotations

import pytest

from codex.protocol.settings import EnvironmentInherit, ShellEnvironmentPolicy
from codex.sandbox.env import command_environment

USER = {
    "HOME": "/home/u",
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "OPENAI_API_KEY": "sk-1",
    "github_token": "t",
    "MY_SECRET_THING": "s",
    "LD_PRELOAD": "/x.so",
    "LD_LIBRARY_PATH": "/opt/lib",
    "SSH_AUTH_SOCK": "/run/agent",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus",
}
POLICY = ShellEnvironmentPolicy


def environment(policy: ShellEnvironmentPolicy, *, has_network: bool = True) -> dict[str, str]:
    return command_environment(USER, policy, has_network=has_network)


def test_secrets_and_injected_code_are_left_out_by_default() -> None:
    assert set(environment(POLICY())) == {
        "HOME",
        "PATH",
        "LANG",
        "LD_LIBRARY_PATH",
        "SSH_AUTH_SOCK",
        "DBUS_SESSION_BUS_ADDRESS",
    }


def test_without_a_network_local_services_are_left_out_too() -> None:
    found = environment(POLICY(), has_network=False)
    assert set(found) == {
        "HOME",
        "PATH",
        "LANG",
        "LD_LIBRARY_PATH",
        "CODEX_SANDBOX_NETWORK_DISABLED",
    }


def test_the_network_is_called_disabled_only_when_it_is() -> None:
    assert environment(POLICY(), has_network=False)["CODEX_SANDBOX_NETWORK_DISABLED"] == "1"
    assert "CODEX_SANDBOX_NETWORK_DISABLED" not in environment(POLICY(), has_network=True)


def test_the_default_excludes_can_be_switched_off() -> None:
    found = environment(POLICY(ignore_default_excludes=True), has_network=False)
    assert found == {**USER, "CODEX_SANDBOX_NETWORK_DISABLED": "1"}


def test_core_keeps_what_every_program_expects() -> None:
    assert set(environment(POLICY(inherit=EnvironmentInherit.CORE))) == {"HOME", "PATH"}


def test_none_starts_empty() -> None:
    assert environment(POLICY(inherit=EnvironmentInherit.NONE)) == {}


@pytest.mark.parametrize("pattern", ["L*", "l*", "LANG", "LAN?"])
def test_patterns_ignore_case(pattern: str) -> None:
    assert "LANG" not in environment(POLICY(exclude=(pattern,)))


def test_what_is_set_comes_after_the_excludes_and_may_be_a_secret() -> None:
    found = environment(POLICY(exclude=("LANG",), set={"LANG": "C", "MY_KEY": "k"}))
    assert found["LANG"] == "C"
    assert found["MY_KEY"] == "k"


def test_include_only_comes_last_and_holds_for_what_is_set() -> None:
    policy = POLICY(set={"ADDED": "1", "PATH": "/opt/bin"}, include_only=("path",))
    assert environment(policy) == {"PATH": "/opt/bin"}


def test_the_agents_own_environment_stays_as_it_is() -> None:
    before = dict(USER)
    environment(POLICY(set={"HOME": "/"}))
    assert before == USER
