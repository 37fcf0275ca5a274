"""Text as styled lines: width, wrapping, Markdown, code; pure functions."""
