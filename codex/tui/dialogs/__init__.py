"""Dialogs, which take the keys while they are open: approvals, forms, lists to choose from.

slot.py decides when keys go to a dialog. Must not act by itself: each dialog passes the user's
choice to a function.
"""
