"""Compile the C shim: the header's own declarations become cffi's, so they cannot drift apart.

Run as a program, inside an environment that has cffi, it writes the extension and, beside it, the
fork server, which the static executable has inside itself:

    python build/native.py [FOLDER]

FOLDER gets `codex/_landlock_shim.*.so` and `codex/_sandbox_server`; it is the root of the tree
unless named. `emit_c` is the half that the static executable needs, which compiles the module and
the server into the interpreter instead.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NATIVE = Path(__file__).resolve().parent.parent / "native"
HEADER = NATIVE / "landlock_shim.h"
SHARED = ("rules", "child", "request")
SHIM = (*SHARED, "landlock_shim", "filter", "client")
"""What Python calls."""
SERVER = (*SHARED, "server", "init", "mounts", "namespaces", "supervisor", "unix_peers")
ENTRY = "entry"
"""Where the server starts; compiled in one of two ways."""
PROGRAM = "codex/_sandbox_server"
MODULE = "codex._landlock_shim"
CDEF_BEGIN = "/* cdef begin */"
CDEF_END = "/* cdef end */"

STRICT = ("-std=gnu17", "-Wall", "-Wextra", "-Werror")
"""For our own files; what cffi generates is compiled without."""


def declarations() -> str:
    """The part of the header that cffi reads: what stands between the two marker lines.

    Raises: ValueError, when the markers are not there, in this order, once.
    """
    text = HEADER.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    if lines.count(CDEF_BEGIN) != 1 or lines.count(CDEF_END) != 1:
        raise ValueError(f"'{HEADER}' needs one line '{CDEF_BEGIN}' and one line '{CDEF_END}'")
    begin, end = lines.index(CDEF_BEGIN), lines.index(CDEF_END)
    if end < begin:
        raise ValueError(f"'{HEADER}': '{CDEF_END}' stands before '{CDEF_BEGIN}'")
    return "\n".join(text.splitlines()[begin + 1 : end]) + "\n"


def emit_c(destination: Path, module: str = MODULE) -> None:
    """Write the C text of the extension module `module`, which includes the shim's header.

    Raises: ValueError, when the header's declarations are beyond cffi.
    """
    from cffi import FFI, CDefError

    ffi = FFI()
    try:
        ffi.cdef(declarations())
    except CDefError as exc:
        raise ValueError(f"'{HEADER}', between the cdef markers: {exc}") from exc
    ffi.set_source(module, '#include "landlock_shim.h"')
    ffi.emit_c_code(str(destination))


def sources(names: Iterable[str]) -> list[Path]:
    """The C files of these names."""
    return [NATIVE / f"{name}.c" for name in names]


def compile_extension(root: Path) -> Path:
    """Compile the module into `root`, beside the package's Python files, and the server; its path.

    Raises: subprocess.CalledProcessError, after the compiler has written its errors to stderr.
    """
    target = root.joinpath(*MODULE.split(".")).with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".native-", dir=target.parent) as name:
        work = Path(name)
        emit_c(work / "module.c")
        common = ["cc", "-O2", "-fPIC", "-fvisibility=hidden", f"-I{NATIVE}"]
        python = f"-I{sysconfig.get_path('include')}"
        module = work / "module.o"
        _run([*common, python, "-c", str(work / "module.c"), "-o", str(module)])
        made = work / target.name
        own = list(map(str, sources(SHIM)))
        _run([*common, *STRICT, "-shared", "-o", str(made), *own, str(module), "-lseccomp"])
        server = work / "server"
        own = list(map(str, sources((*SERVER, ENTRY))))
        _run([*common, *STRICT, "-DSERVER_PROGRAM", "-o", str(server), *own])
        # A rename each, so that a program that runs meanwhile never loads half a file.
        server.rename(root / PROGRAM)
        made.rename(target)
    return target


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    try:
        compile_extension(Path(sys.argv[1]).resolve() if sys.argv[1:] else NATIVE.parent)
    except (OSError, ValueError, subprocess.CalledProcessError) as exc:
        sys.exit(str(exc))
