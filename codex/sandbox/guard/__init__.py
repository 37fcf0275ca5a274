"""Protected names: what programs outside the sandbox obey is kept as it was."""
