"""The `/` commands: each has a row in table.py and a method in the file of its subject."""
