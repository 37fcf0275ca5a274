"""Citations of a model, `【F:path†L10-L20】`, made links that open the file. Pure.

Source: spec/tui.md, section 9; `file_opener` names the editor.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote

OPENERS = ("vscode", "vscode-insiders", "windsurf", "cursor")
"""The editors that open `<name>://file<path>:<line>`; any other value leaves citations alone."""

_CITATION = re.compile(r"【F:([^†】\n]+)†L(\d+)(?:-L(?:\d+|\?))?】")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def with_links(text: str, *, opener: str, cwd: str) -> str:
    """Markdown in which each citation is a link. Args: cwd: where relative paths begin."""
    if opener not in OPENERS or "【" not in text:
        return text

    def link(match: re.Match[str]) -> str:
        path, first = match[1], match[2]
        absolute = os.path.normpath(os.path.join(cwd, path)).replace("\\", "/")
        label = _MARKUP.sub(r"\\\1", f"{path}:{first}")
        return f"[{label}](<{opener}://file{quote(absolute)}:{first}>) "

    return _CITATION.sub(link, text)


def is_file_link(url: str) -> bool:
    """It was made here: its label already says where it leads."""
    return url.partition("://")[0] in OPENERS and "://file/" in url
