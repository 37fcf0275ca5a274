"""Which messages hold a secret that the message history must not keep. Pure.

The built-in patterns are those of things that cannot be mistaken: the wide net of "any word of
twenty characters" would catch every Git commit. Source: spec/history.md, sections 1 and 11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PATTERNS: tuple[tuple[str, str], ...] = (
    ("a private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
    (
        "an Authorization header",
        r"(?i)\bauthorization[\"']?\s{0,9}[:=]\s{0,9}[\"']?(?:bearer|basic|token)\s{1,9}[\w.~+/=-]{8}",
    ),
    ("an API key", r"\bsk-(?=[\w-]{0,40}\d)[\w-]{20}"),
    ("an API key", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16}"),
    ("an access key of AWS", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a token of GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{30}|github_pat_\w{30})"),
    ("a token of GitLab", r"\bglpat-[\w-]{20}"),
    ("a token of Slack", r"\bxox[abeoprs]-[A-Za-z0-9-]{10}"),
    ("a key of Google", r"\bAIza[\w-]{35}"),
    ("a token of Hugging Face", r"\bhf_[A-Za-z0-9]{30}"),
    ("a token of npm", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a JSON web token", r"\beyJ[\w-]{10,400}\.eyJ[\w-]{10}"),
)
"""What each finds, and its regular expression; the bounds keep them quick on any text."""


class SensitivePatterns(NamedTuple):
    """What the history withholds."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, expressions: Sequence[str] | None) -> SensitivePatterns:
        """Args: expressions: `history.sensitive_patterns`, valid; None is the built-in ones."""
        named = DEFAULT_PATTERNS
        if expressions is not None:
            named = tuple(
                (f"what history.sensitive_patterns[{index}] describes", expression)
                for index, expression in enumerate(expressions)
            )
        return cls(tuple((name, re.compile(expression)) for name, expression in named))

    def find(self, text: str) -> str | None:
        """What kind of secret a text holds, in words that do not repeat it; None for none."""
        return next((name for name, pattern in self.patterns if pattern.search(text)), None)
