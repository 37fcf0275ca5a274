"""`codex demo`: the engine at work, for a machine that has no model."""
