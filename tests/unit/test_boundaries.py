"""The boundaries in pyproject.toml: each file named exists, and needs its exemption."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = ROOT / "pyproject.toml"
EXEMPTIONS: dict[str, list[str]] = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"][
    "ruff"
]["lint"]["per-file-ignores"]
CODES = {"TID251": ("TID251",), "T20": ("T201", "T203")}
"""The rules that an entry stands for."""


def uses() -> set[tuple[str, str]]:
    """(file, rule), for every use of what only boundary files may use."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--exit-zero"),
            *("--select=TID251,T20", "--config=lint.per-file-ignores={}"),
            *("--output-format=json", "codex"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(done.stdout)
    return {(str(Path(use["filename"]).relative_to(ROOT)), use["code"]) for use in found}


def test_every_pattern_of_an_exemption_names_a_file() -> None:
    assert [pattern for pattern in EXEMPTIONS if not any(ROOT.glob(pattern))] == []


def test_every_file_of_the_program_that_the_settings_mention_exists() -> None:
    mentioned = re.findall(r"codex/[\w/]+\.py", PYPROJECT.read_text(encoding="utf-8"))
    assert [name for name in mentioned if not (ROOT / name).exists()] == []


def test_no_exemption_is_unneeded() -> None:
    used = uses()
    unneeded = [
        (name, rule)
        for name, rules in EXEMPTIONS.items()
        for rule in rules
        if name.startswith("codex/") and not any((name, code) in used for code in CODES[rule])
    ]
    assert unneeded == []
