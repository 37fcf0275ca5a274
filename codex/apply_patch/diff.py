"""Make the unified diff of two texts, for people to read. Must not be used to change a file.

difflib is not used: on a large file with many equal lines it takes minutes, and importing it costs
more than importing this file. The algorithm is from E. W. Myers, "An O(ND) difference algorithm and
its variations".
"""

from __future__ import annotations

MAX_EDITS = 600
"""Number of removed plus added lines from which the diff is one replaced block."""
_MAX_STEPS = 3_000_000
"""Number of equal lines met during the search above which the diff is one replaced block."""

NO_NEWLINE = "\\ No newline at end of file\n"

Change = tuple[int, int, int, int]
"""Line indexes from 0: lines `[0]:[1]` of the old text become lines `[2]:[3]` of the new one."""


CONTEXT_LINES = 1
"""Number of unchanged lines around a change in the diffs that people see."""


def unified_diff(old: str, new: str, *, context: int = CONTEXT_LINES) -> str:
    """Return the hunks of the diff, without file headers; "" if the texts are equal.

    Args: context: number of unchanged lines to show before each change, and after it.
    """
    a, b = _lines(old), _lines(new)
    hunks = _grouped(_changes(a, b), distance=2 * context)
    return "".join(_hunk(a, b, changes, context) for changes in hunks)


def _lines(text: str) -> list[str]:
    *whole, last = text.split("\n")
    return [line + "\n" for line in whole] + ([last] if last else [])


def _grouped(changes: list[Change], *, distance: int) -> list[list[Change]]:
    groups: list[list[Change]] = []
    for change in changes:
        if groups and change[0] - groups[-1][-1][1] <= distance:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(a: list[str], b: list[str], changes: list[Change], context: int) -> str:
    before = min(context, changes[0][0])
    after = min(context, len(a) - changes[-1][1])
    old = _range(changes[0][0] - before, changes[-1][1] + after)
    new = _range(changes[0][2] - before, changes[-1][3] + after)
    parts = [f"@@ -{old} +{new} @@\n"]
    position = changes[0][0] - before
    for i1, i2, j1, j2 in changes:
        parts += [_line(" ", line) for line in a[position:i1]]
        parts += [_line("-", line) for line in a[i1:i2]]
        parts += [_line("+", line) for line in b[j1:j2]]
        position = i2
    parts += [_line(" ", line) for line in a[position : position + after]]
    return "".join(parts)


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n{NO_NEWLINE}"


def _changes(a: list[str], b: list[str]) -> list[Change]:
    """Return the changes from `a` to `b`, in order; equal lines at both ends are cut off first."""
    shortest = min(len(a), len(b))
    head = 0
    while head < shortest and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < shortest - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if not middle_a and not middle_b:
        return []
    found = _myers(middle_a, middle_b) or [(0, len(middle_a), 0, len(middle_b))]
    return [(i1 + head, i2 + head, j1 + head, j2 + head) for i1, i2, j1, j2 in found]


def _myers(a: list[str], b: list[str]) -> list[Change] | None:
    """Return the fewest changes that turn `a` into `b`; None if finding them exceeds a limit.

    After x lines of `a` and y lines of `b`, the search is on the diagonal x - y. `reach[d][i]` is
    the greatest x that d removed or added lines reach on the diagonal 2 * i - d.
    """
    reach: list[list[int]] = []
    steps = 0
    for depth in range(MAX_EDITS):
        reach.append([])
        for i in range(depth + 1):
            x = 0 if depth == 0 else _step(reach[depth - 1], i)[0]
            y = x - (2 * i - depth)
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y, steps = x + 1, y + 1, steps + 1
            reach[depth].append(x)
            if x >= len(a) and y >= len(b):
                return _backtracked(reach, x - y)
        if steps > _MAX_STEPS:
            return None
    return None


def _step(shorter: list[int], i: int) -> tuple[int, bool]:
    """Return the greatest x after one more edit, in place `i` of the next row of `reach`.

    Also return whether that edit inserts a line. Args: shorter: the last row of `reach`.
    """
    is_insertion = i == 0 or (i < len(shorter) and shorter[i - 1] < shorter[i])
    return (shorter[i], True) if is_insertion else (shorter[i - 1] + 1, False)


def _backtracked(reach: list[list[int]], diagonal: int) -> list[Change]:
    """Follow `reach` back from the end; return the changes in order, adjacent edits joined."""
    changes: list[Change] = []
    for depth in range(len(reach) - 1, 0, -1):
        x, is_insertion = _step(reach[depth - 1], (diagonal + depth) // 2)
        y = x - diagonal
        edit = (x, x, y - 1, y) if is_insertion else (x - 1, x, y, y)
        diagonal += 1 if is_insertion else -1
        if changes and changes[-1][0] == edit[1] and changes[-1][2] == edit[3]:
            last = changes.pop()
            edit = (edit[0], last[1], edit[2], last[3])
        changes.append(edit)
    changes.reverse()
    return changes
