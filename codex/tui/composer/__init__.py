"""The composer: the draft, its keys, popups and history. Must not know the engine.

What takes the place of a draft keeps it: recall, search, Ctrl+C and a text put in from outside make
the draft an entry that Up finds. A late answer of the engine is placed only if the editor still
holds what it held when it asked.
"""
