"""Build dist/codex: the program as one static executable, compiled by Nuitka with our own CPython.

Linux only. The recipe, in order: the interpreter (static_python.py), the native code of the
packages (extensions.py), the Python code with its texts embedded (embed.py) and a few patches
(patches.py), Nuitka, and the checks of the result (verify.py).
"""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import embed
import environment
import extensions
import patches
import static_python
import system
import verify
from console import BuildError, run, say
from paths import BINARY, BUILD, DIST, NATIVE, PACKAGE, REQUIREMENTS, VENV_PYTHON, WORK, cache_dir
from stamps import digest, is_fresh, locked, write_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from system import Need

OPTIONS = (
    # One program with everything in it; "onefile" would unpack itself at every start (60-100 ms).
    "--standalone",
    # The interpreter is linked in, not loaded.
    "--static-libpython=yes",
    # Link-time optimization takes minutes and brings no measurable gain at start.
    "--lto=no",
    # Leave out the checks that help only while porting a program to Nuitka.
    "--deployment",
    # The same bytes for the same inputs.
    "--reproducible=yes",
    # Ignore the machine's site-packages, user folder and PYTHON* variables.
    "--python-flag=no_site",
    "--python-flag=isolated",
    # Help texts are passed to argparse as arguments, never taken from docstrings.
    "--python-flag=no_docstrings",
    # libgcc is linked statically; no file may be placed beside the executable.
    "--noinclude-dlls=libgcc_s*",
    # Modules stay bytecode; the plug-in says why.
    f"--user-plugin={BUILD / 'nuitka_plugin.py'}",
    # orjson and msgspec import these from C, where Nuitka cannot see it; orjson crashes without.
    "--include-module=json",
    "--include-module=uuid",
    "--include-module=dataclasses",
    "--include-module=enum",
    "--include-module=datetime",
    "--include-module=decimal",
    "--include-module=abc",
    "--include-module=re",
    "--include-module=types",
    "--include-module=typing",
    "--include-package=msgspec",
    # Include modules that are imported only inside functions, so that none is missed silently.
    "--include-package=codex",
    # These become built-in modules (build/builtins.c), so Nuitka would find no file.
    "--nofollow-import-to=msgspec._core",
    "--nofollow-import-to=codex._landlock_shim",
    # The standard library imports it optionally and we never use it, but Nuitka's own plug-in would
    # include it.
    "--disable-plugin=multiprocessing",
    "--nofollow-import-to=multiprocessing",
    # prompt_toolkit imports it optionally: on Windows, and for programs that change signals from C.
    "--nofollow-import-to=ctypes",
    # Optional imports that are not used here: a debugger, XML, fallbacks of C modules.
    *(f"--nofollow-import-to={name}" for name in ("pdb", "xml", "_pydecimal", "_pyio")),
    # Settings of the machine that built CPython.
    "--nofollow-import-to=_sysconfigdata*",
)

STAMP = WORK / "binary.stamp"
NEEDS = (
    *static_python.NEEDS,
    *extensions.RUST_NEEDS,
    system.program("patchelf"),
    system.program("file"),
)


def inputs_key() -> str:
    """Return a hash of everything in the tree that the executable is made from."""
    return digest([PACKAGE, NATIVE, BUILD, REQUIREMENTS], sys.platform)


def needs() -> Sequence[Need]:
    """Return what the system must provide to make dist/codex; nothing if it is up to date.

    Raises: BuildError, when it cannot be made here, whatever is installed.
    """
    if not sys.platform.startswith("linux"):
        raise BuildError(
            "the static executable can be built on Linux only; run `build.py wheel` here"
        )
    if is_fresh(STAMP, inputs_key(), BINARY):
        return ()
    check_cache_path(cache_dir())
    return NEEDS


def ensure() -> None:
    """Make dist/codex, unless it is up to date with the tree; what `needs` returns must be there.

    Raises: BuildError, when a step or a check of the result fails.
    """
    with locked(WORK / "binary.lock"):
        key = inputs_key()
        if is_fresh(STAMP, key, BINARY):
            say("dist/codex is up to date")
            return
        environment.ensure_binary()
        prefix = static_python.ensure()
        made = _compile(prefix, extensions.link_inputs(prefix))
        run(["strip", made], what="stripping the executable")
        verify.check(made)
        DIST.mkdir(exist_ok=True)
        fresh = BINARY.with_name(".codex.new")
        shutil.copy(made, fresh)
        fresh.rename(BINARY)
        write_stamp(STAMP, key)
    say(f"made {BINARY} ({BINARY.stat().st_size / 1e6:.1f} MB)")


def check_cache_path(folder: Path) -> None:
    """Refuse a cache folder that CPython's own build cannot handle.

    Raises: BuildError.
    """
    if any(character.isspace() for character in str(folder)):
        raise BuildError(
            f"the cache folder '{folder}' has a space in its path, where CPython cannot be built:"
            " set XDG_CACHE_HOME to a folder without one"
        )


def _compile(prefix: Path, objects: list[Path]) -> Path:
    """Compile the program with Nuitka; return the path of the executable, alone in its folder."""
    work = WORK / "binary"
    shutil.rmtree(work, ignore_errors=True)
    packages = _install_packages(work / "packages")
    sources = work / "sources"
    embed.copy_package(sources / "codex", packages / "certifi" / "cacert.pem")
    shutil.copy(BUILD / "launcher.py", sources / "launcher.py")
    compiler = work / "nuitka"
    shutil.copytree(extensions.source_of("nuitka"), compiler)
    patches.apply(patches.NUITKA, compiler)
    say("compiling the program with Nuitka (takes a few minutes the first time)")
    output = work / "output"
    run(
        [
            static_python.python(prefix),
            "-m",
            "nuitka",
            *OPTIONS,
            f"--output-dir={output}",
            "--output-filename=codex",
            sources / "launcher.py",
        ],
        what="compiling the program with Nuitka",
        cwd=work,
        environ=_nuitka_environ(work, prefix, objects),
        log=WORK / "nuitka.log",
    )
    return output / "launcher.dist" / "codex"


def _nuitka_environ(work: Path, prefix: Path, objects: list[Path]) -> dict[str, str]:
    path = ":".join(str(work / name) for name in ("nuitka", "sources", "packages"))
    static = ["-static", f"-L{prefix / 'lib' / 'archives'}", *map(str, objects)]
    return {
        **static_python.ccache_environ(),
        "PYTHONPATH": path,
        "LDFLAGS": shlex.join(static),
        "NUITKA_CACHE_DIR": str(work / "cache"),
        # Nuitka gives the program the UTF-8 mode that it runs in itself, so the program's texts are
        # UTF-8 in every locale, and without one.
        "PYTHONUTF8": "1",
        # Hash order affects what is compiled in, so it must be the same in every build.
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": static_python.ENVIRON["SOURCE_DATE_EPOCH"],
    }


def _install_packages(folder: Path) -> Path:
    """Install the packages that codex imports into `folder`, as Python files only; return `folder`.

    The static executable could not load a shared library.
    """
    requirements = REQUIREMENTS / "embedded.txt"
    pure = ["--platform=any", "--implementation=py", "--abi=none"]
    run(
        [
            *environment.pip_install(VENV_PYTHON, requirements),
            *pure,
            f"--python-version={static_python.VERSION}",
            f"--target={folder}",
        ],
        what=f"installing '{requirements}'",
        advice=environment.ADVICE,
    )
    shutil.copytree(extensions.source_of("msgspec") / "src" / "msgspec", folder / "msgspec")
    patches.apply(patches.PACKAGES, folder)
    return folder
