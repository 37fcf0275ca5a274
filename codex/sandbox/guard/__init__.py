"""The names in writable folders that programs outside the sandbox obey, kept as they were."""
