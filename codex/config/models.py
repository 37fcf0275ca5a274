"""What is known about models by name: the default ones, and how much fits into their window.

Only what a vendor fixes for a name stands here. The window of a model on one's own server is the
server's choice: `model_context_window` says it, or nobody knows.
"""

from __future__ import annotations

DEFAULT_MODEL = "o4-mini"
DEFAULT_OSS_MODEL = "gpt-oss:20b"

CONTEXT_WINDOWS: tuple[tuple[str, int], ...] = (
    ("codex-mini", 200_000),
    ("gpt-3.5-turbo", 16_385),
    ("gpt-4-turbo", 128_000),
    ("gpt-4.1", 1_047_576),
    ("gpt-4o", 128_000),
    ("gpt-5", 272_000),
    ("o1", 200_000),
    ("o3", 200_000),
    ("o4-mini", 200_000),
    ("gemini-2.0", 1_048_576),
    ("gemini-2.5", 1_048_576),
    ("claude-", 200_000),
)
"""Prefix of the name, tokens."""


def context_window(model: str) -> int | None:
    """The tokens that fit into `model`'s window, by its name; None when that does not say.

    A vendor before a slash (`openai/gpt-4.1`, as routers write it) does not count.
    """
    name = model.rpartition("/")[2]
    for prefix, tokens in CONTEXT_WINDOWS:
        if name.startswith(prefix):
            return tokens
    return None
