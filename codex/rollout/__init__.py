"""Sessions on disk: a JSONL file for each, written item by item, and read to resume the session.

Must not show anything to the user.
"""
