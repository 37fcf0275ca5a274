"""Hosts for tests: a folder, an environment, and streams that can be read afterwards."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, TextIO

from codex.base.host import Host

if TYPE_CHECKING:
    from collections.abc import Mapping


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def make_host(
    cwd: object = "/",
    *,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> Host:
    """Return a Host whose streams are StringIOs and whose clock does not move."""
    return Host(
        argv=(),
        environ=environ or {},
        cwd=os.fspath(cwd) if isinstance(cwd, os.PathLike) else str(cwd),
        stdin=stdin or io.StringIO(),
        stdout=stdout or io.StringIO(),
        stderr=stderr or io.StringIO(),
        clock=lambda: 1_800_000_000.0,
    )


def written(stream: TextIO) -> str:
    """Return the text written to a stream of `make_host`."""
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()
