"""The full-screen front end.

Only options.py may be imported by the subcommands without a full screen, so that they start fast.

From the top layer down: main.py starts and ends everything; app.py puts the parts together;
keys.py, screen.py and frame.py are the keyboard and the display; commands/ holds the `/` commands;
conversation.py is the exchange with the engine, which engine.py starts and whose events bridge.py
carries; then come dialogs/, composer/ and transcript/; terminal/ and drawing/ are the lowest layer.
"""
