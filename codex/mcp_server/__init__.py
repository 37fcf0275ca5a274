"""codex as an MCP server: a front end whose user is another program."""
