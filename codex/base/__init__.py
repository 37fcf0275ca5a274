"""The foundation of every package: machine, text, files, processes. Knows nothing of the agent."""
