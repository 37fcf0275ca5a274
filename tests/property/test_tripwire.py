"""Whatever a command does to protected names, they are unchanged afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from codex.protocol.policy import SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.snapshot import QUARANTINED
from codex.sandbox.guard.tripwire import Tripwire
from tests.support.examples import scaled

NAMES = (
    *(".git", ".git/config", ".git/hooks", ".git/hooks/a", ".git/hooks/b", ".git/info"),
    *(".vscode", ".vscode/s", ".vscode/s/t", ".mcp.json", ".git/index", "work", "work/file"),
)

names = st.sampled_from(NAMES)


def write(root: Path, name: str, other: str) -> None:
    (root / name).write_text(other)


def make(root: Path, name: str, _other: str) -> None:
    (root / name).mkdir()


def remove(root: Path, name: str, _other: str) -> None:
    path = root / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def rename(root: Path, name: str, other: str) -> None:
    (root / name).rename(root / other)


def link(root: Path, name: str, other: str) -> None:
    (root / name).symlink_to(root / other)


def hard_link(root: Path, name: str, other: str) -> None:
    os.link(root / name, root / other)


def close(root: Path, name: str, _other: str) -> None:
    (root / name).chmod(0)


Change = Callable[[Path, str, str], None]
CHANGES: tuple[Change, ...] = (write, make, remove, rename, link, hard_link, close)
changes = st.lists(st.tuples(st.sampled_from(CHANGES), names, names), max_size=8)


def protected_state(root: Path) -> dict[str, object]:
    """Return what is at the protected names, without what was moved aside."""
    state: dict[str, object] = {}
    for top in (".git/config", ".git/hooks", ".git/info", ".vscode", ".mcp.json"):
        for path in (root / top, *sorted((root / top).rglob("*"))):
            name = str(path.relative_to(root))
            if QUARANTINED in name:
                continue
            if path.is_symlink():
                state[name] = os.readlink(path)
            elif path.exists():
                mode = stat.S_IMODE(path.stat().st_mode)
                state[name] = (mode, path.read_bytes() if path.is_file() else None)
    return state


@settings(max_examples=scaled(150))
@given(commands=st.lists(changes, min_size=1, max_size=3))
def test_protected_names_are_what_they_were(
    commands: list[list[tuple[Change, str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder).resolve() / "outside"
        root = Path(folder).resolve() / "root"
        for name in (".git/hooks", ".git/info", ".vscode/s", "work"):
            (root / name).mkdir(parents=True)
        for name in (".git/config", ".git/hooks/a", ".vscode/s/t", "work/file"):
            (root / name).write_text(name)
        outside.mkdir()
        before = protected_state(root)
        tripwire = Tripwire()
        has_gone = False
        for command in commands:
            found = confine(
                SandboxPolicy(can_write_cwd=True),
                UNENFORCED,
                cwd=str(root),
                tmpdir=None,
                codex_home="/nowhere/.codex",
                home=None,
            ).protection
            with tripwire.watching(found, is_mounted=False, into=[]):
                for change, name, other in command:
                    with contextlib.suppress(OSError):
                        change(root, name, other)
            has_gone = has_gone or not (root / ".git").is_dir()
        after = protected_state(root)
        if has_gone:
            # The whole repository went: no piece of it is put back, and nothing else that runs.
            for name in [name for name in after if name.startswith(".git/")]:
                assert (root / name).is_dir() or after[name] == before[name]
            before = {name: value for name, value in before.items() if ".git" not in name}
            after = {name: value for name, value in after.items() if ".git" not in name}
        assert after == before
