"""Patches: parse them, check that they fit the files, write the files.

Must not ask the user or know a policy.
"""
