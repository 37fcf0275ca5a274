"""Directory trees as plain values, to write, read back and compare."""

from __future__ import annotations

import os
from pathlib import Path


def write_tree(root: Path, files: dict[str, str | bytes]) -> None:
    """Create files by relative path; a path that ends in `/` is an empty directory."""
    for name, content in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def read_tree(root: Path) -> dict[str, bytes | None]:
    """Return the contents of every file by relative path; a directory, whose path gets a `/`, has
    None, a link its target behind `-> `."""
    found: dict[str, bytes | None] = {}
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            path = Path(folder, name)
            key = str(path.relative_to(root))
            if path.is_symlink():
                found[key] = b"-> " + os.fsencode(path.readlink())
            elif path.is_dir():
                found[key + "/"] = None
            elif path.is_file():
                found[key] = path.read_bytes()
            else:
                found[key] = b"no file"
    return found
