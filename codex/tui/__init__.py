"""The full-screen front end. Other subcommands must not import it, to start fast.

From the top layer down: app.py puts the parts together; keys.py, screen.py and frame.py are the
keyboard and the display; commands/ holds the `/` commands; conversation.py is the exchange with the
engine; then come dialogs/, composer/ and transcript/; terminal/ and drawing/ are the lowest layer.
"""
