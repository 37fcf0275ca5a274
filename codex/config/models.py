"""Facts about models: the names of the default ones, and the sizes of context windows by name.

Only what a vendor fixes for a name belongs here. A local server chooses the context windows of its
models: they come from `model_context_window`, or from the server's list (model/catalog.py).
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
"""Prefixes of model names, each with the context window in tokens; the first that fits counts."""


def context_window(model: str) -> int | None:
    """Return the context window of `model` in tokens, by its name; None if unknown.

    A vendor prefix before a slash (`openai/gpt-4.1`, as routers write it) is ignored.
    """
    name = model.rpartition("/")[2]
    for prefix, tokens in CONTEXT_WINDOWS:
        if name.startswith(prefix):
            return tokens
    return None
