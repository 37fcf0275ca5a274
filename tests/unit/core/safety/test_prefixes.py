"""Which prefix of a command is offered to the user to approve, and which commands have none."""

from __future__ import annotations

import shlex

import pytest

from codex.core.safety.prefixes import propose_prefix


@pytest.mark.parametrize(
    ("line", "prefix"),
    [
        ("git commit -m x", "git commit"),
        ("git stash pop", "git stash pop"),
        ("npm run test -- --watch", "npm run test"),
        ("npm test", "npm test"),
        ("cargo build --release", "cargo build"),
        ("make", "make"),
        ("make test -j2", "make test"),
        ("pytest -x tests", "pytest"),
        ("touch a", "touch"),
        ("uv run pytest -x", "uv run pytest"),
        ("uv pip install x", "uv pip install"),
        ("docker compose up -d", "docker compose up"),
        ("./configure --prefix=/x", "./configure"),
    ],
)
def test_the_prefix_says_what_is_done(line: str, prefix: str) -> None:
    argv = shlex.split(line)
    assert propose_prefix(argv) == tuple(prefix.split())
    for script in (line, f"cd sub && {line}", f"{line} | tail -n 5", f"ls; {line} || true"):
        assert propose_prefix(["bash", "-lc", script]) == tuple(prefix.split())


@pytest.mark.parametrize(
    "line",
    [
        "python3 -c pass",
        "fd -x touch made",
        "tar -cf x --checkpoint=1 --checkpoint-action=exec=sh .",
        "python3.11 x.py",
        "/usr/bin/python3 x.py",
        "node -e 1",
        "bash x.sh",
        "sudo make",
        "env A=1 make",
        "xargs make",
        "timeout 5 make",
        "rm x",
        "rm -rf x",
        "find . -delete",
        "sed -i s/a/b/ f",
        "curl http://x",
        "git -c core.pager=x commit",
        "git config alias.x y",
        "git rebase --exec x",
        "git stash",
        "npm run",
        "npm --prefix x test",
        "npx x",
        "uv run python x.py",
        "uv run --with x pytest",
        "docker run x",
        "go run .",
        "make CC=evil",
        "make -f evil",
        "ls",
        "kill 1",
    ],
)
def test_nothing_is_offered_for_what_could_be_anything(line: str) -> None:
    assert propose_prefix(shlex.split(line)) is None
    assert propose_prefix(["bash", "-lc", line]) is None


@pytest.mark.parametrize(
    "script",
    [
        "make > log",
        "make $(id)",
        "make && npm test",
        "make; touch x",
        "A=1 make",
        "make &",
        "make *",
        "(make)",
    ],
)
def test_nothing_is_offered_for_a_script_that_is_more_than_one_command(script: str) -> None:
    assert propose_prefix(["bash", "-lc", script]) is None


def test_nothing_is_offered_for_a_shell_of_unknown_origin() -> None:
    assert propose_prefix(["./bash", "-lc", "make"]) is None
    assert propose_prefix([]) is None
