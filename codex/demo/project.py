"""The demo's project: a Git repository with a bug and a test that fails because of it.

The repository is made without git, and its scripts use POSIX sh builtins only: a shell is enough.
"""

from __future__ import annotations

import difflib
import os

FILES = {
    "total.sh": """\
# total PRICE... - print the sum of whole-number prices

total() {
    sum=0
    for price in "$@"; do
        sum=$price
    done
    echo "$sum"
}
""",
    "test.sh": """\
# Run me: sh test.sh

. ./total.sh
status=0

expect() {
    if [ "$1" = "$2" ]; then
        echo "ok    $3"
    else
        echo "FAIL  $3: expected $1, got $2"
        status=1
    fi
}

expect 0 "$(total)" "the total of nothing"
expect 7 "$(total 7)" "the total of one price"
expect 12 "$(total 3 4 5)" "the total of three prices"
exit $status
""",
}

_GIT = {
    "HEAD": "ref: refs/heads/main\n",
    "config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
}


def create(folder: str) -> None:
    """Write the project's files and a Git repository without commits into an empty folder."""
    for name in ("objects", "refs/heads"):
        os.makedirs(os.path.join(folder, ".git", name))
    for name, text in _GIT.items():
        _write(os.path.join(folder, ".git", name), text)
    for name, text in FILES.items():
        _write(os.path.join(folder, name), text)


def diff(folder: str) -> str:
    """Return the changes to FILES since `create` as a unified diff; empty if there are none."""
    parts: list[str] = []
    for name, before in FILES.items():
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            after = file.read()
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        parts += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(parts)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
