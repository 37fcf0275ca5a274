"""A root directory that holds the executable, an empty /proc to mount on, and what a test adds."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.support.program import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INSIDE = 'mount -t proc proc "$1/proc" && root=$1 && shift && exec chroot "$root" "$@"'


def why_not_possible() -> str | None:
    """The reason why this process cannot make such a root and change into it, if there is one."""
    if os.geteuid() != 0:
        return "changing the root directory needs root"
    if shutil.which("chroot") is None:
        return "no `chroot` program on PATH"
    try:
        tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    except OSError as exc:
        return f"no `unshare` program: {exc.strerror}"
    return None if tried.returncode == 0 else f"no mount name space: {tried.stderr.decode()}"


class EmptyRoot:
    """The root; each `run` has its own mount name space, so nothing stays mounted."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.folder = folder
        (folder / "proc").mkdir(parents=True)
        shutil.copy(binary, folder / "codex")

    def write(self, path: str, text: str) -> None:
        """Add a file, with its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(
        self, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the executable in the root, with nothing on stdin and hardly an environment."""
        inside = ["sh", "-c", INSIDE, "sh", str(self.folder), "/codex", *arguments]
        return subprocess.run(
            ["unshare", "--mount", *inside],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
