"""The executable is one static file of a size people will download, with its texts inside."""

from __future__ import annotations

import gzip
from pathlib import Path

from codex import __version__
from tests.packaged import elf
from tests.support.program import ROOT, Program

MOST_BYTES = 35_000_000
MOST_COMPRESSED_BYTES = 12_000_000


def test_it_asks_for_no_loader_and_no_shared_library(binary: Path) -> None:
    kinds = [segment.kind for segment in elf.segments(binary)]
    assert elf.PT_INTERP not in kinds
    assert elf.PT_DYNAMIC not in kinds


def test_its_stack_is_not_executable(binary: Path) -> None:
    stacks = [s.flags for s in elf.segments(binary) if s.kind == elf.PT_GNU_STACK]
    assert stacks
    assert not any(flags & elf.PF_X for flags in stacks)


def test_it_is_small_enough_to_carry_and_to_download(binary: Path) -> None:
    data = binary.read_bytes()
    assert len(data) <= MOST_BYTES
    assert len(gzip.compress(data, 9)) <= MOST_COMPRESSED_BYTES


def test_the_version_and_every_text_that_the_program_reads_are_inside(binary: Path) -> None:
    """The README of a package is for readers of the source."""
    data = binary.read_bytes()
    assert __version__.encode() in data
    texts = {path: path.name != "README.md" for path in (ROOT / "codex").rglob("*.md")}
    assert set(texts.values()) == {True, False}
    for path, is_read in texts.items():
        assert (path.read_bytes() in data) == is_read, path


def test_no_path_of_the_machine_that_built_it_is_inside(binary: Path) -> None:
    data = binary.read_bytes()
    # By the folders below the tree: its own name may be as short as others' `/src`.
    for folder in ("codex", "build", "native", ".build", ".venv"):
        assert f"{ROOT}/{folder}/".encode() not in data
    assert str(Path.home()).encode() + b"/" not in data


def test_it_works_away_from_everything_it_was_built_with(binary: Path, program: Program) -> None:
    lonely = program.repo / "renamed"
    lonely.write_bytes(binary.read_bytes())
    lonely.chmod(0o755)
    program.argv = (str(lonely),)
    assert program.run("--version").stdout == f"codex {__version__}\n"
    assert {path.name for path in program.repo.iterdir()} == {".git", "renamed"}
