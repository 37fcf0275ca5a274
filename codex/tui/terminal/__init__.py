"""The user's terminal and desktop: modes, reports, notifications, the log. Draws nothing."""
