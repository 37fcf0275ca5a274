"""Prefix rules: decisions about every command that begins with certain words."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Decision(enum.Enum):
    """The decision of a rule; the members are ordered from the least to the most strict."""

    ALLOW = "allow"
    PROMPT = "prompt"
    FORBIDDEN = "forbidden"


STRICTNESS = {decision: rank for rank, decision in enumerate(Decision)}


def strictest(decisions: Sequence[Decision]) -> Decision | None:
    """Return the strictest decision, which wins; None if there are no decisions."""
    return max(decisions, key=STRICTNESS.__getitem__, default=None)


class PrefixRule(NamedTuple):
    """One rule of `prefix_rule`: a decision about commands that begin with certain words."""

    pattern: tuple[tuple[str, ...], ...]
    """Accepted words for each position of the prefix."""
    decision: Decision = Decision.ALLOW
    justification: str | None = None
    origin: str = ""
    """Source of the rule, for messages: `FILE:LINE`, or for example "this session"."""

    def matches(self, argv: Sequence[str]) -> bool:
        """Whether a command begins with the prefix."""
        return len(argv) >= len(self.pattern) and all(
            word in words for word, words in zip(argv, self.pattern, strict=False)
        )


class PrefixMatch(NamedTuple):
    """A prefix rule that matches a command."""

    rule: PrefixRule
    prefix: tuple[str, ...]
    """Words of the command that matched; with `resolved_program`, the first is the base name."""
    resolved_program: str | None = None
    """Path by which the command names its program, if the rule matched the base name; else None."""

    @property
    def json(self) -> dict[str, object]:
        """The match in the JSON that the CLI prints."""
        found: dict[str, object] = {
            "matchedPrefix": list(self.prefix),
            "decision": self.rule.decision.value,
        }
        if self.resolved_program is not None:
            found["resolvedProgram"] = self.resolved_program
        if self.rule.justification is not None:
            found["justification"] = self.rule.justification
        return {"prefixRuleMatch": found}
