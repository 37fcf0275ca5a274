"""The user's messages of every session: one file and the thread that owns it.

Must not know what a session is.
"""
