"""Protected names: keep commands from changing files that programs outside the sandbox obey."""
