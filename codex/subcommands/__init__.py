"""Subcommands that run no task of their own: each reads its options and does one thing."""
