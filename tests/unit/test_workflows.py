"""The workflows run pinned code only, and the tools' versions are the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

USES = re.compile(r"^\s*(?:- )?uses:\s*(.*)$", re.MULTILINE)
PINNED = re.compile(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


def uses_of(path: Path) -> list[str]:
    return USES.findall(path.read_text(encoding="utf-8"))


def requirement(file: str, package: str) -> str:
    text = (ROOT / "build" / "requirements" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==(\S+)", text, re.MULTILINE)
    assert found is not None, f"{package} is not in {file}"
    return found[1]


def test_there_are_workflows_to_look_at() -> None:
    assert {path.name for path in WORKFLOWS} >= {"check.yml", "fuzz.yml", "release.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_a_whole_commit_with_its_version(path: Path) -> None:
    wrong = [text for text in uses_of(path) if PINNED.fullmatch(text) is None]
    assert wrong == []


def test_one_action_has_one_version() -> None:
    pins = {PINNED.fullmatch(text) for path in WORKFLOWS for text in uses_of(path)}
    versions: dict[str, set[tuple[str, str]]] = {}
    for pin in pins:
        assert pin is not None
        versions.setdefault(pin[1], set()).add((pin[2], pin[3]))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_gets_no_more_rights_than_reading(path: Path) -> None:
    assert "\npermissions:\n  contents: read\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_commands_of_a_workflow_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    build = (ROOT / "build" / "build.py").read_text(encoding="utf-8")
    known = re.search(r"^COMMANDS = \(([^)]*)\)", build, re.MULTILINE)
    assert known is not None
    for command in re.findall(r"build/build\.py (\w+)", text):
        assert f'"{command}"' in known[1]
    for script in re.findall(r"run: (\.ci/\w+)", text):
        assert (ROOT / script).is_file()


def test_the_hooks_use_the_linter_of_the_checks() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    versions = re.findall(r"ruff==([\w.]+)", text)
    assert versions
    assert set(versions) == {requirement("dev.txt", "ruff")}
