"""Decide whether a command or patch runs, is asked about, or is rejected. Must not start any.

README.md in this folder gives the reasons.
"""
