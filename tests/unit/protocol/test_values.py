"""What the shared values compute: token sums and writable folders."""

from __future__ import annotations

import pytest

from codex.protocol.items import TokenUsage
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    WORKSPACE_WRITE,
    SandboxPolicy,
    WorkspaceWrite,
    policy_of_mode,
)


def test_token_counts_add_up_field_by_field() -> None:
    assert TokenUsage(1, 2, 3, 4, 5).plus(TokenUsage(10, 20, 30, 40, 50)) == TokenUsage(
        11, 22, 33, 44, 55
    )


def test_writable_folders_are_absolute_normal_and_not_repeated() -> None:
    policy = SandboxPolicy(can_write_cwd=True, writable_roots=("sub/../x", "/work/.", "/y"))
    assert policy.roots(cwd="/work", tmpdir="/t") == ("/work", "/work/x", "/y")
    assert DANGER_FULL_ACCESS.roots(cwd="/work", tmpdir="/t") == ()


@pytest.mark.parametrize(
    ("tmpdir", "roots"),
    [
        ("/t/", ("/work", "/tmp", "/t")),
        ("/tmp", ("/work", "/tmp")),
        ("relative", ("/work", "/tmp")),
        ("", ("/work", "/tmp")),
        (None, ("/work", "/tmp")),
    ],
)
def test_the_users_folder_for_temporary_files_counts_when_it_is_absolute(
    tmpdir: str | None, roots: tuple[str, ...]
) -> None:
    assert WORKSPACE_WRITE.roots(cwd="/work", tmpdir=tmpdir) == roots


def test_the_table_of_workspace_write_counts_for_no_other_mode() -> None:
    table = WorkspaceWrite(writable_roots=("/x",), network_access=True, exclude_slash_tmp=True)
    assert policy_of_mode("read-only", table) == SandboxPolicy()
    assert policy_of_mode("workspace-write", table) == SandboxPolicy(
        can_write_cwd=True, can_write_tmpdir=True, can_use_network=True, writable_roots=("/x",)
    )
