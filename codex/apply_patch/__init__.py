"""The patch language: parse, verify, write."""
