"""Recognise messages that hold a secret, which the message history must not store. Pure.

The built-in patterns match unmistakable secrets only: a pattern like "any word of twenty
characters" would match every Git commit.
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
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{30}|github_pat_\w{30})"),
    ("a GitLab token", r"\bglpat-[\w-]{20}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10}"),
    ("a Google API key", r"\bAIza[\w-]{35}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a JSON web token", r"\beyJ[\w-]{10,400}\.eyJ[\w-]{10}"),
)
"""Kinds of secrets with their regular expressions; bounded repetition keeps these quick."""


class SensitivePatterns(NamedTuple):
    """The patterns of secrets; a message that matches one is not added to the history."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    """Kinds of secrets, as a warning names them, each with its pattern."""

    @classmethod
    def of(cls, expressions: Sequence[str] | None) -> SensitivePatterns:
        """Compile the patterns.

        Args: expressions: the valid regular expressions of the key `history.sensitive_patterns`;
            None means the built-in patterns.
        """
        named = DEFAULT_PATTERNS
        if expressions is not None:
            named = tuple(
                (f"a match of history.sensitive_patterns[{index}]", expression)
                for index, expression in enumerate(expressions)
            )
        return cls(tuple((name, re.compile(expression)) for name, expression in named))

    def find(self, text: str) -> str | None:
        """Return the kind of the secret in a text, not the secret itself; None if there is none."""
        return next((name for name, pattern in self.patterns if pattern.search(text)), None)
