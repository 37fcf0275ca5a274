"""What every test stands on."""

from __future__ import annotations

import signal

# A run in the background of a script, or under nohup, is started with these ignored, and so would
# be every program that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
