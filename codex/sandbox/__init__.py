"""One command under a policy; README.md says what holds it, and which file does what."""
