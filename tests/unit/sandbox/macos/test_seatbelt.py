from __future__ import annotations

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.macos.seatbelt import profile, seatbelt_argv, under_seatbelt
from codex.sandbox.params import Program, ProtectedPaths

WORKSPACE = SandboxPolicy(can_write_cwd=True)


def test_the_command_follows_the_profile_and_the_folders() -> None:
    argv = seatbelt_argv(
        ("ls", "-l"),
        policy=WORKSPACE,
        roots=("/a", '/b") (allow default'),
        protected=ProtectedPaths(("/a/.git/hooks",), ("/a/.git",)),
    )
    assert argv[:2] == ("/usr/bin/sandbox-exec", "-p")
    assert argv[3:] == (
        "-DWRITABLE_ROOT_0=/a",
        '-DWRITABLE_ROOT_1=/b") (allow default',
        "-DPROTECTED_0=/a/.git/hooks",
        "-DPINNED_0=/a/.git",
        "--",
        "ls",
        "-l",
    )
    assert '(subpath (param "WRITABLE_ROOT_1"))' in argv[2]
    assert "allow default" not in argv[2]


def test_the_program_that_runs_is_the_systems_and_the_child_can_see_where_it_is() -> None:
    confinement = confine(
        WORKSPACE, UNENFORCED, cwd="/work", tmpdir=None, codex_home="/nowhere", home=None
    )
    make = Program("/usr/bin/make", ("make", "test"), {"A": "b"}, "/work")
    found = under_seatbelt(make, confinement)
    assert found.path == found.argv[0] == "/usr/bin/sandbox-exec"
    assert found.argv[-3:] == ("--", "/usr/bin/make", "test")
    assert found.env == {"A": "b", "CODEX_SANDBOX": "seatbelt"}
    assert found.cwd == "/work"


def test_everything_is_denied_first() -> None:
    assert profile(READ_ONLY).startswith("(version 1)\n(deny default)\n")


def test_reading_writing_and_the_network_are_allowed_as_the_policy_says() -> None:
    assert "(allow file-read*)" in profile(READ_ONLY)
    assert "subpath" not in profile(READ_ONLY)
    assert "network" not in profile(READ_ONLY)
    assert "(allow file-read*)" not in profile(SandboxPolicy(can_read_everything=False))
    free = profile(DANGER_FULL_ACCESS)
    assert '(allow file-write* (regex #"^/"))' in free
    assert "(allow network-outbound)" in free


def test_protected_names_are_taken_out_of_every_folder() -> None:
    text = profile(WORKSPACE, n_roots=2, n_protected=1, n_pinned=1)
    for index in range(2):
        assert (
            f'(require-all (subpath (param "WRITABLE_ROOT_{index}"))'
            ' (require-not (subpath (param "PROTECTED_0")))'
            ' (require-not (literal (param "PINNED_0"))))'
        ) in text
    everything = profile(SandboxPolicy(can_write_everything=True), n_protected=1)
    assert (
        '(allow file-write* (require-all (regex #"^/")'
        ' (require-not (subpath (param "PROTECTED_0")))))'
    ) in everything


def test_protected_names_can_still_be_read() -> None:
    text = profile(SandboxPolicy(can_read_everything=False), n_roots=1, n_protected=1)
    assert '(allow file-read* (subpath (param "WRITABLE_ROOT_0")))' in text


def test_single_ports_are_opened_by_their_numbers() -> None:
    text = profile(SandboxPolicy(connect_ports=(443,), bind_ports=(8000,)))
    assert '(allow network-outbound (remote tcp "*:443"))' in text
    assert '(allow network-bind (local tcp "*:8000"))' in text
    assert '(allow network-inbound (local tcp "*:8000"))' in text
    assert "(allow network-outbound)" not in text


@pytest.mark.parametrize(
    "needed",
    [
        "(allow pseudo-tty)",
        "(allow ipc-posix-sem)",
        '(sysctl-name "hw.ncpu")',
        "(allow signal (target same-sandbox))",
    ],
)
def test_what_every_program_needs_is_there(needed: str) -> None:
    assert needed in profile(READ_ONLY)


def test_the_parentheses_of_a_profile_balance() -> None:
    for policy in (READ_ONLY, DANGER_FULL_ACCESS, WORKSPACE, SandboxPolicy(bind_ports=(1, 2))):
        text = profile(policy, n_roots=2, n_protected=2, n_pinned=1)
        assert text.count("(") == text.count(")")
        depth = 0
        for character in text:
            depth += (character == "(") - (character == ")")
            assert depth >= 0
