"""The hints that the demo ends with: how to connect codex to a model."""

from __future__ import annotations

PROVIDER_COMMANDS = {
    "OpenAI": """\
export OPENAI_API_KEY=...
codex exec "explain this repository"
""",
    "Ollama": """\
codex exec -c model_provider=ollama -m qwen3-coder "explain this repository"
""",
    "vLLM": """\
codex exec -c model_provider=local -c model_providers.local.wire_api=chat \\
  -c model_providers.local.base_url=http://localhost:8000/v1 -m MODEL "explain this repository"
""",
    "llama.cpp": """\
codex exec -c model_provider=local -c model_providers.local.wire_api=chat \\
  -c model_providers.local.base_url=http://localhost:8080/v1 -m MODEL "explain this repository"
""",
}
"""Shell commands that run codex in a repository, by the name of the provider that they use."""

CONFIG_EXAMPLE = """\
model = "MODEL"
model_provider = "local"

[model_providers.local]
base_url = "http://localhost:8000/v1"
wire_api = "chat"
"""
"""Text of a config.toml that chooses the provider `local` for every run."""


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


HINTS = (
    "To use a model (MODEL stands for its name), in a repository of your own:\n\n"
    + "\n".join(f"{name}\n{_indented(text)}" for name, text in PROVIDER_COMMANDS.items())
    + "\nTo use the same provider in every run, write this (for vLLM) to ~/.codex/config.toml:\n\n"
    + _indented(CONFIG_EXAMPLE)
)
