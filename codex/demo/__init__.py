"""`codex demo`: shows the real engine at work, with a script in place of the model."""
