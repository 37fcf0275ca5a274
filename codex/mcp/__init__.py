"""The client of the Model Context Protocol: servers, transports, tools and their results."""
