"""Compile the C code of `native/`; cffi reads its declarations from the header that the C includes.

Run as a program, in an environment that has cffi, it writes the extension and the fork server:

    python build/native.py [FOLDER]

The results are `codex/_landlock_shim.*.so` and `codex/_sandbox_server` in FOLDER, by default the
root of the tree. The static executable is made without them: extensions.py links the same C files,
and the module that `emit_c` writes, with the interpreter.
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
"""C files, without their suffix, that the extension and the fork server both need."""
SHIM = (*SHARED, "landlock_shim", "filter", "client")
"""C files of the extension module, which Python calls."""
SERVER = (*SHARED, "server", "init", "mounts", "namespaces", "supervisor", "unix_peers")
"""C files of the fork server."""
ENTRY = "entry"
"""C file that starts the fork server: by `main` in its program, by a constructor in dist/codex."""
PROGRAM = "codex/_sandbox_server"
MODULE = "codex._landlock_shim"
CDEF_BEGIN = "/* cdef begin */"
CDEF_END = "/* cdef end */"

STRICT = ("-std=gnu17", "-Wall", "-Wextra", "-Werror")
"""Options for our own files; what cffi generates is compiled without them."""


def declarations() -> str:
    """Return the part of the header that cffi reads, between the two marker lines.

    Raises: ValueError, unless each marker occurs exactly once, and in this order.
    """
    text = HEADER.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    if lines.count(CDEF_BEGIN) != 1 or lines.count(CDEF_END) != 1:
        raise ValueError(f"'{HEADER}' must have one line '{CDEF_BEGIN}' and one line '{CDEF_END}'")
    begin, end = lines.index(CDEF_BEGIN), lines.index(CDEF_END)
    if end < begin:
        raise ValueError(f"'{HEADER}': '{CDEF_END}' must come after '{CDEF_BEGIN}'")
    return "\n".join(text.splitlines()[begin + 1 : end]) + "\n"


def emit_c(destination: Path, module: str = MODULE) -> None:
    """Write the C source of the extension module `module`, which includes the shim's header.

    Raises: ValueError, when cffi cannot read the header's declarations.
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
    """Return the paths of the C files `names`, which are given without their suffix."""
    return [NATIVE / f"{name}.c" for name in names]


def compile_extension(root: Path) -> Path:
    """Compile the extension and the fork server into `root`/codex; return the extension's path.

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
        # Rename each into place, so that a program started meanwhile never loads half a file.
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
