"""The composer, where the user writes: the draft, its keys, popups and history.

Must not know the engine.

No draft may be lost. Whatever replaces a draft (recall, search, Ctrl+C, a text put in from outside)
first makes it an entry that Up finds. A response of the engine changes the editor only if the text
in the editor is still the one for which the composer asked.
"""
