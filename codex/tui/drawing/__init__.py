"""Text as styled lines: width, wrapping, Markdown, code.

What is shown is Lines of Spans, made by pure functions of state and width, so that a test needs no
terminal. Only formatted.py and layout.py know prompt_toolkit.
"""
