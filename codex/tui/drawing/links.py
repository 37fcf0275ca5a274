"""Turns the model's citations, `【F:path†L10-L20】`, into links that open an editor. Pure.

`file_opener` in config.toml names the editor.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote

OPENERS = ("vscode", "vscode-insiders", "windsurf", "cursor")
"""Values of `file_opener` for which a link is `<value>://file<path>:<line>`; others make none."""

_CITATION = re.compile(r"【F:([^†】\n]+)†L(\d+)(?:-L(?:\d+|\?))?】")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def with_links(text: str, *, opener: str, cwd: str) -> str:
    """Return Markdown with each citation as a link; unchanged if `opener` is not in OPENERS.

    Args: opener: the setting `file_opener`. cwd: directory that relative paths start from.
    """
    if opener not in OPENERS or "【" not in text:
        return text

    def link(match: re.Match[str]) -> str:
        path, first = match[1], match[2]
        absolute = os.path.normpath(os.path.join(cwd, path)).replace("\\", "/")
        label = _MARKUP.sub(r"\\\1", f"{path}:{first}")
        return f"[{label}](<{opener}://file{quote(absolute)}:{first}>) "

    return _CITATION.sub(link, text)


def is_file_link(url: str) -> bool:
    """Whether a URL has the form that `with_links` makes; a model may also have written it."""
    return url.partition("://")[0] in OPENERS and "://file/" in url
