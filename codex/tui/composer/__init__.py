"""Where the user writes: the draft, its keys, popups and history; it sends nothing itself."""
