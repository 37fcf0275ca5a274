"""Whether the sandbox was what stopped a command: recognised by evidence, not by a failed exit.

Pure. The evidence is the command's own output: the kernel's words for a refusal, and a path that
the policy really forbids and that would be writable without it. The answer still says "probably":
a program may print such words on its own account.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from codex.sandbox.roots import is_inside, may_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.params import ExecResult

SIGSYS = 31
"""What the filter kills with: only a foreign architecture."""

FORBIDDEN = re.compile(r"permission denied|read-only file system|\bEACCES\b|\bEROFS\b", re.I)
"""What Landlock's refusals look like."""
NOT_PERMITTED = re.compile(r"operation not permitted|\bEPERM\b|no new privileges", re.I)
"""What seccomp's refusals look like."""
NO_NETWORK = re.compile(
    r"could not resolve|name resolution|name or service not known|network is unreachable"
    r"|failed to lookup address|no such host|getaddrinfo|\bEAI_AGAIN\b|\bENOTFOUND\b"
    r"|address family not supported"
    r"|(sock|connect|bind|network|dial|listen)[\s\S]{0,160}(operation not permitted|\bEPERM\b)",
    re.I,
)
QUOTED = re.compile("['\"`\u2018]([^'\"`\u2019]+)['\"`\u2019]")
ABSOLUTE = re.compile("(?<![^\\s:=('\"`\u2018])(/[^\\s:'\"`\u2019,;()]+)")
BEFORE_REASON = re.compile(r"(?:^|: |\s)([^\s:'\"]+): (?:permission denied|read-only file)", re.I)
LINES_BEFORE = 3
"""How far above the kernel's words a program may have named the path."""


def explain_denial(
    result: ExecResult,
    *,
    policy: SandboxPolicy,
    roots: tuple[str, ...],
    cwd: str,
    is_writable: Callable[[str], bool] = may_write,
) -> str | None:
    """What the sandbox probably refused and how to allow it; None when nothing speaks for that.

    Args: roots: the policy's writable folders. cwd: the command's, for relative paths.
        is_writable: whether the agent itself could write there: if not, the sandbox is not to
        blame, and a run without it would fail the same way.
    """
    if not result.is_sandboxed or result.exit_code == 0:
        return None
    if result.is_timed_out or result.is_interrupted:
        return None
    if result.signal == SIGSYS:
        return _text("a program made for another kind of processor (32-bit programs cannot run)")
    output = f"{result.stderr}\n{result.output}"
    if not policy.can_use_network and NO_NETWORK.search(output):
        mode = "" if _is_workspace(policy) else "use sandbox_mode = workspace-write and "
        return _text(
            "access to the network", f"{mode}set sandbox_workspace_write.network_access to true"
        )
    if not policy.can_write_everything and FORBIDDEN.search(output):
        refused = {root.path: root.reason for root in result.refused_roots}
        open_roots = tuple(root for root in roots if root not in refused)
        for path in _named_paths(output, cwd):
            if not _is_inside_any(path, open_roots) and is_writable(path):
                if not _is_workspace(policy):
                    return _explain_read_only(path, cwd)
                return _explain_write(path, open_roots, refused)
    if NOT_PERMITTED.search(output):
        return _text("a system call (such as mount, or one that changes other processes)")
    return None


def _is_workspace(policy: SandboxPolicy) -> bool:
    """Whether anything is writable: the settings of workspace-write mean nothing to read-only."""
    return policy.can_write_everything or policy.can_write_cwd or bool(policy.writable_roots)


def _explain_read_only(path: str, cwd: str) -> str:
    folder = "" if is_inside(path, cwd) else f" --add-dir '{os.path.dirname(path)}'"
    return _text(
        f"writing '{path}' (no folder is writable)", f"run codex with -s workspace-write{folder}"
    )


def _explain_write(path: str, roots: tuple[str, ...], refused: dict[str, str]) -> str:
    for root, reason in refused.items():
        if is_inside(path, root):
            return _text(f"writing '{path}', because '{root}' was not opened: {reason}")
    where = ", ".join(f"'{root}'" for root in roots) or "none"
    folder = os.path.dirname(path)
    return _text(
        f"writing '{path}' (writable folders: {where})",
        f"add '{folder}' to sandbox_workspace_write.writable_roots",
    )


def _text(what: str, remedy: str | None = None) -> str:
    text = f"Probably blocked by the sandbox: {what}."
    return text if remedy is None else f"{text} To allow it, {remedy}."


def _is_inside_any(path: str, roots: tuple[str, ...]) -> bool:
    return any(is_inside(path, root) for root in roots)


def _named_paths(output: str, cwd: str) -> Iterator[str]:
    """The paths named near the kernel's words, nearest first, absolute."""
    lines = output.splitlines()
    for index, line in enumerate(lines):
        if not FORBIDDEN.search(line):
            continue
        for near in reversed(lines[max(0, index - LINES_BEFORE) : index + 1]):
            for pattern in (BEFORE_REASON, QUOTED, ABSOLUTE):
                for found in pattern.findall(near):
                    yield os.path.normpath(os.path.join(cwd, found))
