"""The user's terminal and desktop: modes, reports, notifications, the log of a run."""
