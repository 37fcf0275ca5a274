"""Rules about commands: the policy language, its rules, and their verdict on an execv call.

Must not run anything, or know the engine.
"""
