"""Check that dist/codex is one static file, not too large, and runs without any other file."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from console import BuildError, output_of, say

MOST_BYTES = 35_000_000
MOST_COMPRESSED_BYTES = 12_000_000
"""Size limit of the executable after gzip -9."""


def check(binary: Path) -> None:
    """Check the executable `binary`, which must be the only file in its folder.

    Raises: BuildError, naming the check that fails.
    """
    others = sorted(path.name for path in binary.parent.iterdir() if path != binary)
    if others:
        raise BuildError(f"the executable is not one file: beside it are {', '.join(others)}")
    headers = output_of(["readelf", "-l", "-d", binary], what="reading the ELF headers")
    for word, meaning in (("INTERP", "a dynamic loader"), ("NEEDED", "a shared library")):
        if word in headers:
            raise BuildError(f"'{binary}' is not static: it needs {meaning}")
    size = binary.stat().st_size
    compressed = len(gzip.compress(binary.read_bytes(), 9))
    say(f"the executable is {size / 1e6:.1f} MB ({compressed / 1e6:.1f} MB compressed)")
    for what, have, most in (
        ("size", size, MOST_BYTES),
        ("compressed size", compressed, MOST_COMPRESSED_BYTES),
    ):
        if have > most:
            raise BuildError(f"the executable's {what} is {have:,} bytes; the limit is {most:,}")
    _check_runs_alone(binary)


def _check_runs_alone(binary: Path) -> None:
    """Run `codex --version` in a root that holds only the executable and /proc; needs root."""
    if os.geteuid() != 0:
        say("skipped the run in an empty root: only root can do it")
        return
    with tempfile.TemporaryDirectory(prefix="codex-root-") as name:
        root = Path(name)
        (root / "proc").mkdir()
        shutil.copy(binary, root / "codex")
        script = (
            'mount -t proc proc "$1/proc" && LC_ALL=xx_XX.UTF-8 exec chroot "$1" /codex --version'
        )
        # In a mount namespace of its own, so that the mount ends with the command.
        command = ["unshare", "--mount", "sh", "-c", script, "sh", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "unshare" in done.stderr or "mount" in done.stderr:
            say(f"skipped the run in an empty root: {done.stderr.strip()}")
        elif done.returncode != 0 or not done.stdout.startswith("codex "):
            raise BuildError(
                f"in an empty root, `codex --version` ended with status {done.returncode}: "
                f"{done.stdout}{done.stderr}"
            )
