"""`codex exec`: the headless front end, which works on one prompt."""
