"""Model Context Protocol: what both directions share, and the client."""
