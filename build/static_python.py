"""Build a static CPython 3.11, whose library holds every extension module, to link codex with.

3.11 because later versions start 2 ms slower; Debian's source because it has the security patches.
The result is cached under a hash of its inputs, so each recipe is built once.
"""

from __future__ import annotations

import os
import platform
import shutil
from typing import TYPE_CHECKING

import apt_source
import patches
import system
from console import run, say
from paths import BUILD, cache_dir
from stamps import cached, digest

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "3.11"
MODULES = BUILD / "python_modules.setup"

NEEDS = (
    *(system.program(name) for name in ("gcc", "make", "patch", "ccache")),
    system.program("dpkg-source", "dpkg-dev"),
    system.header("stdio.h", "libc6-dev"),
    system.header("openssl/ssl.h", "libssl-dev"),
    system.header("zlib.h", "zlib1g-dev"),
    system.header("ffi.h", "libffi-dev"),
    system.header("seccomp.h", "libseccomp-dev"),
)

CONFIGURE = (
    "--disable-shared",
    "--disable-test-modules",
    "--with-ensurepip=no",
    # The standard library's docstrings are never shown; argparse takes its texts from our code.
    "--without-doc-strings",
)

PREFIX = "/cpython"
"""Prefix that is compiled in, the same on every machine; the real folder is in the cache."""

LINKED = ("ssl", "crypto", "z", "ffi", "seccomp", "m", "dl", "pthread")
"""Static libraries that the extension modules use, CPython's and ours."""

ENVIRON = {
    "CC": "ccache gcc",
    # -fwrapv is given here because configure would leave it out: its test for the option runs "$CC"
    # as one word, which fails for "ccache gcc". CPython's arithmetic relies on the option.
    "OPT": "-DNDEBUG -fwrapv -O3 -Wall",
    "CFLAGS": "-fno-semantic-interposition",
    "SOURCE_DATE_EPOCH": "1700000000",
}

NEEDS_EAST_ASIA = (
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_codecs_iso",
)
"""C modules that are left out: the files of the package `encodings` that name one are deleted."""


def ensure() -> Path:
    """Return the prefix of the static CPython, which is built if the cache has none."""
    recipe = BUILD / "static_python.py"
    key = digest([recipe, MODULES], platform.machine(), repr(patches.STDLIB))
    prefix = cache_dir() / f"python-{key}"
    if not prefix.exists():
        say(f"building a static CPython {VERSION} (a few minutes, once)")
        cached(prefix, _build)
    return prefix


def python(prefix: Path) -> Path:
    """Return the path of the interpreter in `prefix`."""
    return prefix / "bin" / f"python{VERSION}"


def ccache_environ() -> dict[str, str]:
    """Return environment variables that make ccache use our cache and ignore the working directory.

    So a file that was compiled in another folder is found again.
    """
    return {
        "CCACHE_DIR": str(cache_dir() / "ccache"),
        "CCACHE_MAXSIZE": "1G",
        "CCACHE_NOHASHDIR": "1",
    }


def _build(work: Path) -> Path:
    """Build CPython in `work`; return its prefix, which may be moved: it finds its own files."""
    source = apt_source.fetch(f"python{VERSION}", work)
    objects = work / "objects"
    objects.mkdir()
    environ = {**ENVIRON, **ccache_environ(), "MODULE_BUILDTYPE": "static"}
    # Keep the name of this temporary folder out of the result.
    environ["CFLAGS"] += f" -ffile-prefix-map={source}=cpython"
    run(
        # A relative path, because CPython records the name of its source folder.
        [f"../{source.name}/configure", f"--prefix={PREFIX}", *CONFIGURE],
        what="configuring CPython",
        cwd=objects,
        environ=environ,
    )
    shutil.copy(MODULES, objects / "Modules" / "Setup.local")
    jobs = f"-j{os.cpu_count() or 2}"
    run(["make", jobs], what="compiling CPython", cwd=objects, environ=environ)
    staged = work / "staged"
    install = ["make", f"DESTDIR={staged}", "install"]
    run(install, what="installing CPython", cwd=objects, environ=environ)
    made = staged / PREFIX.lstrip("/")
    run([python(made), "-c", "import ssl, zlib, _decimal"], what="trying the static CPython")
    _trim_encodings(made)
    patches.apply(patches.STDLIB, made / "lib" / f"python{VERSION}")
    _write_library(objects, made)
    return made


def _trim_encodings(made: Path) -> None:
    """Delete the codecs whose C modules are left out: Nuitka's scan of `encodings` stops there."""
    for file in (made / "lib" / f"python{VERSION}" / "encodings").glob("*.py"):
        text = file.read_text(encoding="utf-8", errors="replace")
        if "_multibytecodec" in text or any(name in text for name in NEEDS_EAST_ASIA):
            file.unlink()


def _write_library(objects: Path, made: Path) -> None:
    """Replace libpython3.11.a with a linker script that brings in all the archives.

    Nuitka names one library on its command line; a group behind that name lets the linker resolve
    references among the archives in any order.
    """
    folder = made / "lib" / "archives"
    folder.mkdir()
    library = f"libpython{VERSION}.a"
    shutil.copy(objects / library, folder / "libpython-objects.a")
    shutil.copy(objects / "Modules/_decimal/libmpdec/libmpdec.a", folder / "libmpdec-python.a")
    run(["strip", "--strip-debug", *folder.iterdir()], what="stripping libpython")
    names = " ".join(f"-l{name}" for name in ("python-objects", "mpdec-python", *LINKED))
    for place in (made / "lib", *(made / "lib" / f"python{VERSION}").glob("config-*")):
        (place / library).unlink(missing_ok=True)
        (place / library).write_text(f"GROUP ( {names} )\n")
