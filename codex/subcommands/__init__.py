"""The smaller subcommands, one module each, and `proto`, the front end for programs."""
