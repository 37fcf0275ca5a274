"""The engine: runs a session, its tasks and their turns. Must not know any front end."""
