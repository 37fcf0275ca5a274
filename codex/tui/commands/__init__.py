"""The `/` commands: a row each in table.py, a method each in the file of its subject."""
