"""Compile all native code besides CPython's into objects that the executable is linked with.

The parts are cffi's backend, the cores of msgspec and orjson, and our shim. None is loaded at run
time: `build/builtins.c` registers them as built-in modules before the interpreter starts, so that
CPython need not be rebuilt for them.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import environment
import patches
import static_python
import system
from console import BuildError, output_of, run, say
from paths import BUILD, NATIVE, REQUIREMENTS, VENV, VENV_PYTHON, WORK, cache_dir
from stamps import cached, digest, is_fresh, write_stamp

from native import ENTRY, SERVER, SHIM, STRICT, sources

if TYPE_CHECKING:
    from pathlib import Path

SDISTS = REQUIREMENTS / "sdists.txt"
ORJSON_NEEDS_RUST = (1, 95)
COMPILE = ("ccache", "gcc", "-O2", "-DNDEBUG", "-fwrapv", "-fno-semantic-interposition")

RUST_NEEDS = (
    system.program("cc", "gcc"),
    # Debian 12's own rustc is 1.63; the "-web" packages have the version that browsers need.
    system.Need(
        "cargo-web",
        lambda: _find_cargo() is not None,
        note=f"Rust {ORJSON_NEEDS_RUST[0]}.{ORJSON_NEEDS_RUST[1]} or later is needed. For Debian "
        "12, add the suite bookworm-security, which has it, to /etc/apt/sources.list.",
    ),
)


def unpack_sdists() -> Path:
    """Fetch and unpack the sources that sdists.txt lists, unless that was done before.

    Returns the folder that holds one folder for each package.
    """
    folder = WORK / "sdists"
    stamp = WORK / "sdists.stamp"
    key = digest([SDISTS])
    if is_fresh(stamp, key, folder):
        return folder
    environment.ensure_binary()
    say("fetching the sources of the compiled packages")
    shutil.rmtree(folder, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    options += ["--no-binary=:all:", "--require-hashes"]
    run(
        [VENV_PYTHON, "-m", "pip", "download", *options, "-r", SDISTS, "-d", folder],
        what=f"fetching the sources of '{SDISTS}'",
        advice=environment.ADVICE,
        # pip prepares each source's metadata with cargo and the tools of requirements/binary.txt.
        environ={"PATH": f"{VENV / 'bin'}:{_cargo().parent}:{os.environ['PATH']}"},
    )
    for archive in sorted(folder.glob("*.tar.gz")):
        run(["tar", "-xf", archive, "-C", folder], what=f"unpacking '{archive}'")
    write_stamp(stamp, key)
    return folder


def source_of(name: str) -> Path:
    """Return the folder with the unpacked source of the package `name`, fetched if it is missing.

    Raises: BuildError, also if there is not exactly one such folder.
    """
    found = [path for path in unpack_sdists().glob(f"{name}-*") if path.is_dir()]
    if len(found) != 1:
        raise BuildError(f"the source of '{name}': expected one folder, found {found}")
    return found[0]


def link_inputs(prefix: Path) -> list[Path]:
    """Compile what is linked with the CPython at `prefix`; return the files in link order."""
    packages = _packages(prefix)
    folder = WORK / "shim"
    folder.mkdir(parents=True, exist_ok=True)
    include = f"-I{prefix / 'include' / f'python{static_python.VERSION}'}"
    module = folder / "module.c"
    run(
        [VENV_PYTHON, "-c", _EMIT, BUILD, module],
        what="generating the shim's module from native/landlock_shim.h",
    )
    own = sources(dict.fromkeys((*SHIM, *SERVER, ENTRY)))
    for source, options in (
        *((source, STRICT) for source in own),
        (module, (f"-I{NATIVE}", include)),
        (BUILD / "builtins.c", (*STRICT, include)),
    ):
        _compile(source, folder / f"{source.stem}.o", *options)
    names = ("builtins", "module", *(source.stem for source in own))
    return [*(folder / f"{name}.o" for name in names), *sorted(packages.iterdir())]


_EMIT = "import sys; sys.path.insert(0, sys.argv[1]); import native; native.emit_c(sys.argv[2])"


def _packages(prefix: Path) -> Path:
    cargo = _cargo()
    version = output_of([str(cargo), "--version"], what="asking for cargo's version")
    key = digest([SDISTS, BUILD / "extensions.py"], prefix.name, version, repr(patches.ORJSON))
    folder = cache_dir() / f"objects-{key}"
    if not folder.exists():
        say("compiling cffi, msgspec and orjson for linking")
        cached(folder, lambda work: _build_packages(work, prefix, cargo))
    return folder


def _build_packages(work: Path, prefix: Path, cargo: Path) -> Path:
    include = f"-I{prefix / 'include' / f'python{static_python.VERSION}'}"
    made = work / "made"
    made.mkdir()
    backend = source_of("cffi") / "src" / "c" / "_cffi_backend.c"
    _compile(backend, made / "cffi.o", include, "-DUSE__THREAD", "-DHAVE_SYNC_SYNCHRONIZE")
    core = source_of("msgspec") / "src" / "msgspec" / "_core.c"
    # "core" alone is too general a name in the single namespace of a static program.
    _compile(core, made / "msgspec.o", include, "-DPyInit__core=PyInit_msgspec_core")
    orjson = work / "orjson"
    shutil.copytree(source_of("orjson"), orjson)
    patches.apply(patches.ORJSON, orjson)
    target = work / "rust"
    run(
        [cargo, "rustc", "--release", "--offline", "--lib", "--crate-type", "staticlib"],
        what="compiling orjson",
        cwd=orjson,
        environ={
            "CARGO_TARGET_DIR": str(target),
            "RUSTC": str(cargo.with_name("rustc")),
            # Keep the names of this machine's folders out of the result.
            "RUSTFLAGS": f"--remap-path-prefix={orjson}=orjson",
            "PYO3_PYTHON": str(static_python.python(prefix)),
            # Otherwise the archive would hold a second copy of half of libpython.
            "PYO3_BUILD_EXTENSION_MODULE": "1",
        },
    )
    shutil.copy(target / "release" / "liborjson.a", made)
    return made


def _compile(source: Path, target: Path, *options: str) -> None:
    run(
        [*COMPILE, *options, "-c", source, "-o", target],
        what=f"compiling {source.name}",
        environ=static_python.ccache_environ(),
    )


def _cargo() -> Path:
    """Return the path of cargo; RUST_NEEDS must be met."""
    cargo = _find_cargo()
    assert cargo is not None
    return cargo


def _find_cargo() -> Path | None:
    return system.find_tool("cargo", lambda text: _version(text) >= ORJSON_NEEDS_RUST)


def _version(text: str) -> tuple[int, ...]:
    """Parse the output of `cargo --version`, such as `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`."""
    return tuple(int(part) for part in text.split()[1].split("-")[0].split("+")[0].split("."))
