from __future__ import annotations

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from codex.sandbox.seatbelt import profile, seatbelt_argv


def test_the_command_follows_the_profile_and_the_folders() -> None:
    policy = SandboxPolicy(can_write_cwd=True)
    argv = seatbelt_argv(("ls", "-l"), policy=policy, roots=("/a", '/b") (allow default'))
    assert argv[:2] == ("/usr/bin/sandbox-exec", "-p")
    assert argv[3:] == (
        "-DWRITABLE_ROOT_0=/a",
        '-DWRITABLE_ROOT_1=/b") (allow default',
        "--",
        "ls",
        "-l",
    )
    assert '(subpath (param "WRITABLE_ROOT_1"))' in argv[2]
    assert "allow default" not in argv[2]


def test_everything_is_denied_first() -> None:
    assert profile(READ_ONLY, 0).startswith("(version 1)\n(deny default)\n")


def test_reading_writing_and_the_network_are_allowed_as_the_policy_says() -> None:
    assert "(allow file-read*)" in profile(READ_ONLY, 0)
    assert "subpath" not in profile(READ_ONLY, 0)
    assert "network" not in profile(READ_ONLY, 0)
    assert "(allow file-read*)" not in profile(SandboxPolicy(can_read_everything=False), 0)
    free = profile(DANGER_FULL_ACCESS, 0)
    assert '(allow file-write* (regex #"^/"))' in free
    assert "(allow network-outbound)" in free


def test_the_parentheses_of_a_profile_balance() -> None:
    for policy in (READ_ONLY, DANGER_FULL_ACCESS, SandboxPolicy(can_write_cwd=True)):
        text = profile(policy, 2)
        assert text.count("(") == text.count(")")
        depth = 0
        for character in text:
            depth += (character == "(") - (character == ")")
            assert depth >= 0
