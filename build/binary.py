"""dist/codex: the whole program as one static executable, made by Nuitka from our static CPython.

Linux only. The recipe, in order: the interpreter (static_python.py), the native code of the
packages (extensions.py), the Python code with its texts embedded (embed.py) and a few patches
(patches.py), Nuitka, and the checks of the result (verify.py).
"""

from __future__ import annotations

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
from paths import BINARY, BUILD, DIST, NATIVE, PACKAGE, REQUIREMENTS, VENV_PYTHON, WORK
from stamps import digest, is_fresh, locked, write_stamp

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = (
    # One program with everything in it; "onefile" would unpack itself at every start (60-100 ms).
    "--standalone",
    # The interpreter is linked in, not loaded.
    "--static-libpython=yes",
    # No measurable gain at start, and minutes of link time.
    "--lto=no",
    # No checks that help only while porting a program to Nuitka.
    "--deployment",
    # The same bytes for the same inputs.
    "--reproducible=yes",
    # No site-packages, user folder or PYTHON* variable of the machine has a say.
    "--python-flag=no_site",
    "--python-flag=isolated",
    # Help texts are written as arguments of argparse, never taken from docstrings.
    "--python-flag=no_docstrings",
    # Linked statically; nothing is to be laid beside the executable.
    "--noinclude-dlls=libgcc_s*",
    # Modules stay bytecode, for the reasons given there.
    f"--user-plugin={BUILD / 'nuitka_plugin.py'}",
    # Imported from C, where Nuitka cannot see it, by orjson (which crashes without) and msgspec.
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
    # What is imported inside functions is there too, and nothing is missed silently.
    "--include-package=codex",
    # Built in (build/builtins.c), so there is no file to follow.
    "--nofollow-import-to=msgspec._core",
    "--nofollow-import-to=codex._landlock_shim",
    # Reached by optional imports of the standard library, never used; the plug-in would insist.
    "--disable-plugin=multiprocessing",
    "--nofollow-import-to=multiprocessing",
    # Optional imports of prompt_toolkit, for Windows and for programs that changed signals from C.
    "--nofollow-import-to=ctypes",
    # Optional imports of modules that are not used here: debuggers, XML, fallbacks of C modules.
    *(f"--nofollow-import-to={name}" for name in ("pdb", "xml", "_pydecimal", "_pyio")),
    # Settings of the machine that built CPython.
    "--nofollow-import-to=_sysconfigdata*",
)

NEEDS = (
    *static_python.NEEDS,
    *extensions.RUST_NEEDS,
    system.program("patchelf"),
    system.program("file"),
)


def inputs_key() -> str:
    """A hash of everything in the tree that the executable is made from."""
    return digest([PACKAGE, NATIVE, BUILD, REQUIREMENTS], sys.platform)


def ensure() -> None:
    """Make dist/codex, unless it was made from what the tree holds now.

    Raises: BuildError, when a step or a check of the result fails.
    """
    if not sys.platform.startswith("linux"):
        raise BuildError("the static executable is built on Linux only; use `build.py wheel` here")
    with locked(WORK / "binary.lock"):
        stamp = WORK / "binary.stamp"
        key = inputs_key()
        if is_fresh(stamp, key, BINARY):
            say("dist/codex is up to date")
            return
        system.ensure(NEEDS)
        environment.ensure_binary()
        prefix = static_python.ensure()
        made = _compile(prefix, extensions.link_inputs(prefix))
        run(["strip", made], what="stripping the executable")
        verify.check(made)
        DIST.mkdir(exist_ok=True)
        fresh = BINARY.with_name(".codex.new")
        shutil.copy(made, fresh)
        fresh.rename(BINARY)
        write_stamp(stamp, key)
    say(f"made {BINARY} ({BINARY.stat().st_size / 1e6:.1f} MB)")


def _compile(prefix: Path, objects: list[Path]) -> Path:
    """Run Nuitka; the executable in its folder."""
    work = WORK / "binary"
    shutil.rmtree(work, ignore_errors=True)
    packages = _install_packages(work / "packages")
    sources = work / "sources"
    embed.copy_package(sources / "codex", packages / "certifi" / "cacert.pem")
    shutil.copy(BUILD / "launcher.py", sources / "launcher.py")
    compiler = work / "nuitka"
    shutil.copytree(extensions.source_of("nuitka"), compiler)
    patches.apply(patches.NUITKA, compiler)
    say("compiling the program with Nuitka (a few minutes at first)")
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
        "LDFLAGS": " ".join(static),
        "NUITKA_CACHE_DIR": str(work / "cache"),
        # Nuitka hands on its own UTF-8 mode: texts are UTF-8 whatever the locale says or lacks.
        "PYTHONUTF8": "1",
        # Part of what is compiled in: hash order must not differ between two builds.
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": static_python.ENVIRON["SOURCE_DATE_EPOCH"],
    }


def _install_packages(folder: Path) -> Path:
    """The packages that the program imports, as Python files: a shared library could not load."""
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
