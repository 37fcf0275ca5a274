"""Bytes to and from servers: what the model and MCP clients share. Knows neither."""
