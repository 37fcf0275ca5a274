"""The transcript: what has happened, as cells and lines. Must not know keys or the terminal.

A cell keeps what happened, never how it looked, and draws itself as Lines at any width. Only cells
near the window are drawn; of the others a height is kept.
"""
