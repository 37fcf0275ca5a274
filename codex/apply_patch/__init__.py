"""The patch language: parse, verify, write. Must not ask the user, or know a policy."""
