"""One command under a policy."""
