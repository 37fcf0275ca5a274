"""The transcript: what has happened, as cells and lines.

Only pager.py may know keys, only scrollback.py the terminal.

A cell stores what happened, never how it looked, and draws itself as Lines at any width. Only cells
near the visible rows are drawn; of the others only the height is stored.
"""
