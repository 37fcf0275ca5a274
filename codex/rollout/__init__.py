"""Sessions on disk: one JSONL file each, written item by item, read to resume; shows nothing."""
