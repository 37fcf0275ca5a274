"""What every package stands on: the machine, text, files, processes; nothing of the agent."""
