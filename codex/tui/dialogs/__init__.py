"""Dialogs, which receive the keys while they are open: approvals, forms, lists to choose from.

slot.py decides when keys go to a dialog. A dialog must not act on the user's choice: it passes the
choice to a callback.
"""
