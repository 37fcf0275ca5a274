"""Skip steps that are done: hashes of their inputs, stamp files, and locks between builds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from console import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def digest(files: Iterable[Path], *words: str) -> str:
    """Return a hash in hex of `words` and the names and contents of `files`.

    A folder stands for all files below it, except hidden and compiled ones.
    """
    total = hashlib.sha256()
    for word in words:
        total.update(word.encode() + b"\0")
    for path in files:
        for file in _walk(path):
            total.update(os.fspath(file.relative_to(path.parent)).encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:32]


def _walk(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in file.relative_to(path).parts)
        is_made = file.suffix in (".so", ".pyc") or file.name == "_sandbox_server"
        if file.is_file() and not hidden and not is_made:
            yield file


def is_fresh(stamp: Path, key: str, *products: Path) -> bool:
    """Whether `stamp` holds `key` and all `products` still exist."""
    try:
        return stamp.read_text(encoding="utf-8") == key and all(p.exists() for p in products)
    except OSError:
        return False


def write_stamp(stamp: Path, key: str) -> None:
    """Record in `stamp` that the step whose inputs have the hash `key` is done; call this last."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key, encoding="utf-8")


@contextlib.contextmanager
def locked(name: Path) -> Iterator[None]:
    """Hold the lock file `name` during the block; while another build holds it, say so and wait."""
    name.parent.mkdir(parents=True, exist_ok=True)
    with name.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another build that holds '{name}'")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(folder: Path, make: Callable[[Path], Path]) -> Path:
    """Return `folder`, which `make` makes if it is missing.

    `make` works in a temporary folder beside it and returns the result, which is moved to `folder`
    whole, so a killed or concurrent build never leaves half a folder there.
    """
    if folder.exists():
        return folder
    with locked(folder.with_name(folder.name + ".lock")):
        if not folder.exists():
            work = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
            try:
                make(work).rename(folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return folder
