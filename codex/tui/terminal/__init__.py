"""The user's terminal and desktop: modes, keys, clipboard, notifications, log. Draws nothing."""
