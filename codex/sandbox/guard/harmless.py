"""Judge whether files that a command put into a new `.git` make git run programs. Pure.

`git init` and `git clone` are normal work, so a new repository stays, except for files that this
module does not know to be harmless.
"""

from __future__ import annotations

import os
import re

HOOKS = "hooks"
INFO = "info"
SAMPLE_HOOK = ".sample"
"""Suffix of the hooks that git installs and never runs."""

_SECTION = re.compile(r'\[\s*([a-z]+)(?:\s+"[^"\\\]]*")?\s*\]', re.I)
_SETTING = re.compile(r"([a-z][a-z0-9]*)\s*(?:=\s*([^\\]*))?", re.I)
HARMLESS = {
    "core": {
        *("repositoryformatversion", "filemode", "bare", "logallrefupdates", "ignorecase"),
        *("precomposeunicode", "symlinks", "autocrlf", "eol", "sharedrepository"),
        *("safecrlf", "quotepath", "longpaths", "abbrev"),
    },
    "user": {"name", "email"},
    "remote": {"url", "fetch", "pushurl"},
    "branch": {"remote", "merge", "rebase"},
    "submodule": {"active", "url"},
    "extensions": {"objectformat", "refstorage"},
    "init": {"defaultbranch"},
    "pull": {"rebase", "ff"},
    "push": {"default", "autosetupremote", "followtags"},
    "fetch": {"prune", "prunetags"},
    "merge": {"ff", "conflictstyle"},
    "rebase": {"autosquash", "autostash"},
    "commit": {"gpgsign", "verbose"},
    "tag": {"gpgsign", "sort"},
    "diff": {"renames", "algorithm"},
    "color": {"ui"},
    "gc": {"auto", "autodetach"},
    "rerere": {"enabled"},
}
"""Keys of a git configuration that name neither a program nor another file, by section."""


def is_harmless(path: str, data: bytes | None) -> bool:
    """Whether a file that a command made in a new `.git` is known to make git run no program.

    Args: path: path of the file, with its folders inside `.git`. data: content of the file; None
        when it is too large or cannot be read.
    """
    folder, name = os.path.split(path)
    if os.path.basename(folder) == INFO:
        return True
    if os.path.basename(folder) == HOOKS:
        return name.endswith(SAMPLE_HOOK)
    if data is None:
        return False
    if os.path.basename(os.path.dirname(folder)) == "worktrees" and name != "config.worktree":
        return name == "gitdir" or data.strip() == b"../.."
    return name in ("config", "config.worktree") and is_harmless_config(data)


def is_harmless_config(data: bytes) -> bool:
    """Whether a git configuration holds only keys of HARMLESS, and no value that names a program.

    Strict: an unknown key, or a line that goes on in the next one, is not harmless.
    """
    section = ""
    for raw in data.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if found := _SECTION.fullmatch(line):
            section = found[1].lower()
            continue
        setting = _SETTING.fullmatch(line)
        if setting is None or setting[1].lower() not in HARMLESS.get(section, ()):
            return False
        if "::" in (setting[2] or ""):
            return False  # it names a remote helper, which is a program
    return True
