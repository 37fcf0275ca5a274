"""The history of the user's messages in all sessions: one file, and the thread that owns it.

Must not know what a session is.
"""
