"""The user's messages of every session: one file, and its thread; it knows no session."""
