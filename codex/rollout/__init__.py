"""Sessions on disk: one JSONL file each, written item by item and read to resume it.

Must not show anything to the user.
"""
