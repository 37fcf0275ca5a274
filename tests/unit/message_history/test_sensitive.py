"""Messages that the history must not keep, and those that it must."""

from __future__ import annotations

import pytest

from codex.message_history.sensitive import DEFAULT_PATTERNS, SensitivePatterns

A20, A40 = "Abcdefghij0123456789", "Abcdefghij0123456789Abcdefghij0123456789"
SECRETS = [
    ("a private key", "-----BEGIN PRIVATE KEY-----\nMIIE"),
    ("a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("a private key", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
    ("an Authorization header", "curl -H 'Authorization: Bearer abc.def-123=' x"),
    ("an Authorization header", '{"authorization": "Basic dXNlcjpwYXNz"}'),
    ("an API key", f"sk-{A20}"),
    ("an API key", f"OPENAI_API_KEY=sk-proj-{A20}"),
    ("an API key", f"sk-ant-api03-{A20}"),
    ("an API key", f"sk_live_{A20}"),
    ("an AWS access key", "AKIAIOSFODNN7EXAMPLE"),
    ("a GitHub token", f"ghp_{A40}"),
    ("a GitHub token", f"gho_{A40}"),
    ("a GitHub token", f"github_pat_11ABC_{A40}"),
    ("a GitLab token", f"glpat-{A20}"),
    ("a Slack token", "xoxb-123456789012-abcdef"),
    ("a Google API key", "AIzaSyA-0123456789abcdefghijklmnopqrstu"),
    ("a Hugging Face token", f"hf_{A40}"),
    ("an npm token", f"npm_{A40}"),
    ("a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig"),
]
HARMLESS = [
    "revert 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "the password field needs a label; the secret token of the key",
    "the task-force-is-working-on-a-plan-for-2025",
    "why does .sk-folding-cube-container-left not spin?",
    "set Authorization: Bearer $TOKEN in the client",
    "the header is Authorization: Bearer <token>",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "550e8400-e29b-41d4-a716-446655440000",
    "rename ghp_token to github_pat_token",
    "AKIA is the prefix of their keys",
]


@pytest.mark.parametrize(("kind", "text"), SECRETS)
def test_a_secret_is_recognised_wherever_it_stands(kind: str, text: str) -> None:
    patterns = SensitivePatterns.of(None)
    for around in (text, f"look: {text} and go on", f"first\n{text}\nlast", f'"{text}"'):
        assert patterns.find(around) == kind


def test_every_built_in_pattern_has_an_example() -> None:
    for kind, expression in DEFAULT_PATTERNS:
        only = SensitivePatterns.of([expression])
        assert any(only.find(text) for name, text in SECRETS if name == kind), expression


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_odd_is_kept(text: str) -> None:
    assert SensitivePatterns.of(None).find(text) is None


def test_own_patterns_are_named_by_their_place() -> None:
    patterns = SensitivePatterns.of(["one", "t.o"])
    assert patterns.find("two") == "a match of history.sensitive_patterns[1]"
    assert SensitivePatterns.of([]).find(f"sk-{A20}") is None
