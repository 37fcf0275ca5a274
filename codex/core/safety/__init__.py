"""Decide whether a command or patch runs, needs approval, or is rejected. Must not run any.

README.md in this folder gives the reasons.
"""
