"""Fuzz targets: files of rules, and shell text that is judged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from codex.base.embedded import text as embedded_text
from codex.base.errors import PolicyError
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.program import ExecCall
from tests.support.fuzz import Target

RULES = [
    embedded_text("execpolicy/default.policy"),
    """
RUNNERS = ["npm", "pnpm"]
def rules(names, *, word = "run", decision = "allow"):
    for name in names:
        if name == "x" or not name:
            continue
        prefix_rule(pattern = [name, [word, "r" * 2]], decision = decision, match = [name + " run"])
rules(RUNNERS)
forbid_substrings(["%s" % "../"])
forbid_program_regex("^mk[a-z]+$", f"{RUNNERS} {{}}")
host_executable(name = "git", paths = ["/usr/bin/git"])
x = {k: v for k, v in [("a", 1), ("b", (2,))]}
y = (lambda a, b = 3: a[0:b] + [a[-1]])(list(x.keys()), b = 1) if len(x) >= 2 else fail("no")
""",
    'prefix_rule(["rm", "-rf"], "forbidden", justification = "no", not_match = [["rm"]])\n',
]


def _rules(_: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        with contextlib.suppress(PolicyError):
            policy = parse_policy(text, name="fuzz")
            policy.check(ExecCall("cat", ("a", "-n")))
            policy.match_prefixes(("/usr/bin/git", "push"))

    return take


TARGETS = {"rules": Target(_rules, RULES)}
