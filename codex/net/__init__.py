"""Bytes to and from servers, for the model and the MCP clients; must not know either."""
