"""The engine: session, task, turn."""
