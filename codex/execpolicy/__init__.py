"""Rules about commands: the policy language, its rules, and their verdict on the call of a program.

Must not run anything or know the engine.
"""
