"""Prefix rules: what is decided about every command that begins with certain words.

Source: spec/execpolicy.md, section 8.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Decision(enum.Enum):
    """What a rule says; in order of strictness."""

    ALLOW = "allow"
    PROMPT = "prompt"
    FORBIDDEN = "forbidden"


STRICTNESS = {decision: rank for rank, decision in enumerate(Decision)}


def strictest(decisions: Sequence[Decision]) -> Decision | None:
    """The one that wins; None of none."""
    return max(decisions, key=STRICTNESS.__getitem__, default=None)


class PrefixRule(NamedTuple):
    """One `prefix_rule`."""

    pattern: tuple[tuple[str, ...], ...]
    """For each word of the prefix, the words that may stand there."""
    decision: Decision = Decision.ALLOW
    justification: str | None = None
    origin: str = ""
    """`FILE:LINE`, for the user."""

    def matches(self, argv: Sequence[str]) -> bool:
        """Whether a command begins with the prefix."""
        return len(argv) >= len(self.pattern) and all(
            word in words for word, words in zip(argv, self.pattern, strict=False)
        )


class PrefixMatch(NamedTuple):
    """A rule that speaks about a command."""

    rule: PrefixRule
    prefix: tuple[str, ...]
    """The words of the command that matched."""
    resolved_program: str | None = None
    """The path that was given, where the rule names the program without one."""

    @property
    def json(self) -> dict[str, Any]:
        """As the CLI prints it."""
        found: dict[str, Any] = {
            "matchedPrefix": list(self.prefix),
            "decision": self.rule.decision.value,
        }
        if self.resolved_program is not None:
            found["resolvedProgram"] = self.resolved_program
        if self.rule.justification is not None:
            found["justification"] = self.rule.justification
        return {"prefixRuleMatch": found}
