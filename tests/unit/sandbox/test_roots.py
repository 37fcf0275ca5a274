from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from codex.sandbox.roots import direct_roots, may_write, writable_roots


def folders(*roots: Path | str, cwd: Path | str = "/nowhere", **flags: bool) -> tuple[str, ...]:
    policy = msgspec.structs.replace(SandboxPolicy(writable_roots=tuple(map(str, roots))), **flags)
    return writable_roots(policy.roots(cwd=str(cwd), tmpdir=None)).folders


def refused(*roots: Path | str) -> dict[str, str]:
    policy = SandboxPolicy(writable_roots=tuple(map(str, roots)))
    return dict(writable_roots(policy.roots(cwd="/nowhere", tmpdir=None)).refused)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A folder without links in its own path."""
    return tmp_path.resolve()


def test_folders_come_in_the_order_of_the_policy(real: Path) -> None:
    (real / "b").mkdir()
    (real / "a").mkdir()
    assert folders(real / "b", real / "a") == (str(real / "b"), str(real / "a"))


def test_the_sessions_folder_and_tmpdir_are_roots_when_the_policy_says_so(real: Path) -> None:
    (real / "work").mkdir()
    (real / "tmp").mkdir()
    policy = SandboxPolicy(can_write_cwd=True, can_write_tmpdir=True)
    found = writable_roots(policy.roots(cwd=str(real / "work"), tmpdir=str(real / "tmp")))
    assert found.folders == (str(real / "work"), str(real / "tmp"))
    assert writable_roots(policy.roots(cwd=str(real / "work"), tmpdir="relative")).folders == (
        str(real / "work"),
    )


def test_a_missing_root_is_named_with_its_reason(real: Path) -> None:
    assert folders(real / "missing") == ()
    assert refused(real / "missing") == {str(real / "missing"): "No such file or directory"}


def test_a_root_inside_another_is_part_of_it(real: Path) -> None:
    (real / "a/b").mkdir(parents=True)
    assert folders(real / "a/b", real / "a") == (str(real / "a"),)
    assert refused(real / "a/b", real / "a") == {}


def test_neighbours_with_a_common_beginning_are_not_inside_each_other(real: Path) -> None:
    (real / "a").mkdir()
    (real / "ab").mkdir()
    assert folders(real / "a", real / "ab") == (str(real / "a"), str(real / "ab"))


def test_a_link_stands_for_where_it_leads(real: Path) -> None:
    (real / "target").mkdir()
    (real / "link").symlink_to(real / "target")
    assert folders(real / "link") == (str(real / "target"),)
    assert folders(real / "link", real / "target") == (str(real / "target"),)


def test_a_root_that_a_command_replaced_by_a_link_is_refused(real: Path) -> None:
    (real / "tmp").mkdir()
    (real / "tmp/work").symlink_to("/")
    assert folders(real / "tmp", real / "tmp/work") == (str(real / "tmp"),)
    assert (
        "a link inside the writable folder"
        in refused(real / "tmp", real / "tmp/work")[str(real / "tmp/work")]
    )


def test_a_path_through_a_writable_folder_is_refused_even_by_way_of_links(real: Path) -> None:
    (real / "tmp/d").mkdir(parents=True)
    (real / "tmp/d/c").symlink_to("/usr")
    (real / "way").symlink_to(real / "tmp/d")
    assert folders(real / "tmp", real / "way/c") == (str(real / "tmp"),)


def test_a_relative_link_and_dots_are_followed(real: Path) -> None:
    (real / "tmp").mkdir()
    (real / "out").mkdir()
    (real / "tmp/up").symlink_to("../out")
    assert folders(real / "tmp", real / "tmp/up") == (str(real / "tmp"),)
    assert folders(real / "tmp", f"{real}/tmp/../out") == (str(real / "tmp"), str(real / "out"))


def test_a_loop_of_links_is_refused(real: Path) -> None:
    (real / "loop").symlink_to(real / "loop")
    assert folders(real / "loop") == ()
    assert refused(real / "loop") == {str(real / "loop"): "Too many levels of symbolic links"}


def test_a_link_with_dots_in_its_target_is_followed_by_steps(real: Path) -> None:
    for name in ("tmp", "side", "out"):
        (real / name).mkdir()
    (real / "side/way").symlink_to("../tmp/./link")
    (real / "tmp/link").symlink_to("../out")
    assert folders(real / "tmp", real / "side/way") == (str(real / "tmp"),)


@pytest.mark.parametrize("root", ["/proc", "/proc/self", "/sys", "/dev"])
def test_the_kernels_own_trees_are_never_writable(root: str) -> None:
    assert folders(root) == ()
    assert list(refused(root).values()) == ["it belongs to the kernel"]


def test_the_whole_file_system_is_granted_without_the_kernels_trees() -> None:
    found = folders(cwd="/", can_write_cwd=True)
    assert "/usr" in found
    assert not {"/", "/proc", "/sys", "/dev"} & set(found)


def test_writing_everything_needs_no_roots() -> None:
    assert writable_roots(DANGER_FULL_ACCESS.roots(cwd="/", tmpdir=None)).folders == ()


def test_what_may_be_written_is_told_from_the_nearest_folder_that_exists(real: Path) -> None:
    assert may_write(str(real))
    assert may_write(str(real / "new/file"))
    assert not may_write("/proc/self/status/x")


def test_roots_behind_a_link_in_a_writable_folder_are_not_direct(real: Path) -> None:
    for name in ("tmp", "out", "way"):
        (real / name).mkdir()
    (real / "tmp/link").symlink_to(real / "out")
    (real / "outer").symlink_to(real / "way")
    roots = (str(real / "tmp"), str(real / "tmp/link"), str(real / "outer"), str(real / "new"))
    assert direct_roots(roots) == (str(real / "tmp"), str(real / "outer"), str(real / "new"))
