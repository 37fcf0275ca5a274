from __future__ import annotations

from pathlib import Path

from codex.protocol.policy import READ_ONLY, SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED, Enforcement, NetworkMode
from codex.sandbox.explain import explain

RULES = Enforcement(
    has_rules=True,
    has_namespaces=False,
    landlock_abi=7,
    landlock_errata=5,
    network=NetworkMode.NONE,
    without_namespaces="the kernel says no",
    notice=None,
)
BOTH = RULES._replace(has_namespaces=True, network=NetworkMode.LOOPBACK, without_namespaces=None)


def text(policy: SandboxPolicy, enforcement: Enforcement, cwd: Path) -> str:
    where = str(cwd)
    return explain(
        confine(policy, enforcement, cwd=where, tmpdir=None, codex_home="/nowhere", home=None)
    )


def test_rules_and_namespaces_are_named_with_what_they_are_made_of(tmp_path: Path) -> None:
    alone = text(READ_ONLY, RULES, tmp_path)
    assert "enforced:   rules (Landlock ABI 7, errata 0x5; seccomp)\n" in alone
    assert "no namespaces: the kernel says no\n" in alone
    assert "            namespaces\n" in text(READ_ONLY, BOTH, tmp_path)


def test_protected_names_say_how_they_are_held(tmp_path: Path) -> None:
    work = tmp_path.resolve()
    (work / ".vscode").mkdir()
    policy = SandboxPolicy(can_write_cwd=True)
    alone, both = text(policy, RULES, work), text(policy, BOTH, work)
    assert f"{work}/.vscode (put back when changed)\n" in alone
    assert f"{work}/.vscode (read-only)\n" in both
    for found in (alone, both):
        assert f"{work}/.mcp.json (moved aside when made)\n" in found


def test_a_folder_that_could_not_be_opened_is_named(tmp_path: Path) -> None:
    policy = SandboxPolicy(writable_roots=(str(tmp_path / "gone"),))
    found = text(policy, RULES, tmp_path)
    assert f"not {tmp_path}/gone: No such file or directory" in found


def test_rights_are_named_and_what_is_never_given_is_seen(tmp_path: Path) -> None:
    found = text(SandboxPolicy(can_write_cwd=True), RULES, tmp_path)
    assert f"{tmp_path.resolve()}: all but make_char make_block ioctl_dev\n" in found
    assert "/: execute read_file read_dir\n" in found
    assert "only inside the sandbox: abstract_unix_socket signal\n" in found


def test_where_nothing_is_enforced_there_are_no_rules() -> None:
    found = text(READ_ONLY, UNENFORCED, Path("/"))
    assert "enforced:   nothing\n" in found
    assert "Landlock" not in found
    assert "protected:  nothing\n" in found


def test_a_folders_name_cannot_forge_a_row(tmp_path: Path) -> None:
    evil = tmp_path / "a\nenforced: all\x1b[2J"
    evil.mkdir()
    found = text(SandboxPolicy(can_write_cwd=True), RULES, evil)
    assert "\x1b" not in found
    assert "\nenforced: all" not in found
