"""`codex demo`: the engine at work on a machine without a model."""
