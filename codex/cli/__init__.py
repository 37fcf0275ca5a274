"""The command line: find the subcommand, parse its arguments, and run it."""
