"""Recognise whether the sandbox stopped a command, by evidence and not by a failed exit.

The evidence is the command's own output: the kernel's words for a refusal, and a path that the
policy forbids and that would be writable without it. A denial that is only inferred says
"probably", because a program may print these words for reasons of its own. Reads the file system
as it is after the command, changes nothing.

A denial is one line, the same for the user, the model and the approval request for a retry without
the sandbox: what was blocked, by which rule, and how to allow it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from codex.base.bash import join
from codex.sandbox.roots import KERNEL_TREES, is_inside, may_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.params import ExecResult

SIGSYS = 31
"""Number of the signal that the seccomp filter sends to programs of a foreign architecture."""

REASONS = (
    r"permission denied|read-only file system|device or resource busy|\bE(?:ACCES|ROFS|BUSY)\b"
)
FILE_REFUSAL = re.compile(REASONS, re.I)
"""Texts of refusals by Landlock and by read-only mounts."""
BUSY_REFUSAL = re.compile(r"device or resource busy|\bEBUSY\b", re.I)
"""Text of the refusal to rename a mount point; evidence for protected names only."""
READ_ONLY_REFUSAL = re.compile(r"read-only file system|\bEROFS\b", re.I)
"""Text of a refusal by a read-only mount; rare, so evidence even for an unknown path."""
NOT_PERMITTED = re.compile(r"operation not permitted|\bEPERM\b", re.I)
"""Texts of refusals by seccomp."""
DENIED = r"(?:operation not permitted|permission denied|\bEPERM\b|\bEACCES\b)"
NO_NETWORK = re.compile(
    r"could not resolve|name resolution|name or service not known|network is unreachable"
    r"|failed to lookup address|no such host|getaddrinfo|\bEAI_AGAIN\b|\bENOTFOUND\b"
    r"|address family not supported"
    r"|failed to connect to (?!localhost|127\.|\[?::1)\S+ port"
    r"|(sock|connect|bind|network|dial|listen)[\s\S]{0,160}(operation not permitted|\bEPERM\b)",
    re.I,
)
UNIX_SOCKET = re.compile(
    rf"(?:\bunix\b[^\n]{{0,80}}?|^)(/[^\s:'\"]+\.sock\w*)[^\n]*{DENIED}", re.I | re.M
)
SYSTEM_PROGRAMS = re.compile(
    r"^(?:[\w/.-]+: (?:line )?(?:\d+: )?)?(?:[\w/.-]*/)?"
    r"(u?mount|unshare|nsenter|chroot|pivot_root|swapo(?:n|ff)|insmod|modprobe|rmmod|losetup|mknod"
    rf"|hostname|sysctl|iptables|nft|dmesg|reboot)(?=[:( ])[^\n]*{DENIED}",
    re.I | re.M,
)
TRACING = re.compile(rf"ptrace[^\n]*{DENIED}|could not attach to process|attach: {DENIED}", re.I)
SIGNALLING = re.compile(rf"\bp?kill(?:all)?:[^\n]*{DENIED}", re.I)
PRIVILEGES = re.compile(r"no new privileges|effective uid is not 0|setuid root", re.I)
QUOTED = re.compile("['\"`\u2018]([^'\"`\u2019]+)['\"`\u2019]")
ABSOLUTE = re.compile("(?<![^\\s:=('\"`\u2018])(/[^\\s:'\"`\u2019,;()]+)")
BEFORE_REASON = re.compile(
    r"(?:^|: |\s)([^\s:'\"]+): (?:permission denied|read-only file|device or resource busy)", re.I
)
ADVICE = " - "
"""Separator between what was blocked and how to allow it."""
LINES_BEFORE = 3
"""Number of lines above the kernel's words in which a path may be named."""

TOO_WIDE = frozenset(
    {
        *("/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt"),
        *("/opt", "/run", "/sbin", "/srv", "/usr", "/usr/bin", "/usr/lib", "/usr/local"),
        *("/usr/sbin", "/var", "/var/lib", "/var/run"),
    }
)
"""Folders too large to advise `--add-dir` for because of one file."""


def explain_denial(
    result: ExecResult,
    confinement: Confinement,
    *,
    cwd: str,
    is_writable: Callable[[str], bool] = may_write,
    next_step: str | None = None,
) -> str | None:
    """Return a line: what the sandbox refused and how to allow it. None without evidence of that.

    A command that exited with 0, timed out or was stopped by the user gives None without a search.

    Args: confinement: the one that the command ran under. cwd: the command's working directory, for
        relative paths. is_writable: whether the agent itself could write a path; if not, the
        sandbox is not to blame, and a run without it would fail too. next_step: text that says what
        happens next, in place of the advice.
    """
    line = _explain(result, _Evidence(confinement, cwd, is_writable))
    if line is None or next_step is None:
        return line
    return f"{line.rpartition(ADVICE)[0]}{ADVICE}{next_step}"


class _Evidence(NamedTuple):
    """The facts that a command's output is compared with."""

    confinement: Confinement
    cwd: str
    is_writable: Callable[[str], bool]


def _explain(result: ExecResult, evidence: _Evidence) -> str | None:
    if not result.is_sandboxed or result.exit_code == 0:
        return None
    if result.is_timed_out or result.is_interrupted:
        return None
    if result.signal == SIGSYS:
        return _blocked("a program for another kind of processor", "32-bit programs cannot run")
    output = f"{result.stderr}\n{result.output}"
    return (
        _explain_call(output)
        or _explain_network(output, evidence.confinement.policy)
        or _explain_file(output, evidence)
        or _explain_rest(output)
    )


def _explain_call(output: str) -> str | None:
    """Return the line for a call that no command may make; None without evidence of one."""
    if PRIVILEGES.search(output):
        return _probably("more privileges", "set-user-ID programs such as sudo have no effect")
    if found := SYSTEM_PROGRAMS.search(output):
        return _probably(found[1].lower(), "commands cannot change the system")
    if found := UNIX_SOCKET.search(output):
        return _probably(
            f"connect to {os.path.normpath(found[1])}", "a socket of a service outside the sandbox"
        )
    if TRACING.search(output):
        return _probably("ptrace", "commands can trace only what they have started")
    if SIGNALLING.search(output):
        return _probably("a signal", "commands can signal only what they have started")
    return None


def _explain_network(output: str, policy: SandboxPolicy) -> str | None:
    if policy.can_use_network or not NO_NETWORK.search(output):
        return None
    lists = {"connect": policy.connect_ports, "bind": policy.bind_ports}
    ports = [f"{verb} {', '.join(map(str, some))}" for verb, some in lists.items() if some]
    rule = f"only TCP ports: {'; '.join(ports)}" if ports else "the sandbox has no network"
    return _probably("network access", rule, "-c sandbox.network=full")


def _explain_file(output: str, evidence: _Evidence) -> str | None:
    if not FILE_REFUSAL.search(output):
        return None
    confinement = evidence.confinement
    policy, protection = confinement.policy, confinement.protection
    refused = {root.path for root in confinement.refused}
    open_roots = tuple(root for root in confinement.roots if root not in refused)
    for path, reason in _named_paths(output, evidence.cwd):
        folder, last = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), last)
        if name := protection.holding(real):
            return _probably(f"write {path}", f"{name} is protected: other programs obey it")
        if BUSY_REFUSAL.search(reason) and real in protection.pinned:
            return _probably(f"rename {path}", "what is in it is protected: other programs obey it")
        if BUSY_REFUSAL.search(reason) or policy.can_write_everything:
            continue
        if not _is_inside_any(path, open_roots) and evidence.is_writable(path):
            return _explain_write(path, evidence)
        if READ_ONLY_REFUSAL.search(reason) and _is_inside_any(path, open_roots):
            # The path is writable, so the command must have changed its working directory.
            return _probably("a write", "outside the writable folders", "--add-dir FOLDER")
    return None


def _explain_write(path: str, evidence: _Evidence) -> str:
    policy = evidence.confinement.policy
    for root, reason in evidence.confinement.refused:
        if is_inside(path, root):
            return _probably(
                f"write {path}", f"the writable folder {root} was not opened: {reason}"
            )
    folder = os.path.dirname(path)
    add = "" if _is_too_wide(folder) else f"--add-dir {join((folder,))}"
    if policy.can_write_cwd or policy.writable_roots:
        return _probably(f"write {path}", "outside the writable folders", add or None)
    remedy = None
    if is_inside(path, evidence.cwd):
        remedy = "-s workspace-write"
    elif add:
        remedy = f"-s workspace-write {add}"
    return _probably(f"write {path}", "the sandbox is read-only", remedy)


def _explain_rest(output: str) -> str | None:
    if not NOT_PERMITTED.search(output):
        return None
    return _probably("a system call", "such as mount, or one that changes other processes")


def _is_too_wide(folder: str) -> bool:
    return folder in TOO_WIDE or any(is_inside(folder, tree) for tree in KERNEL_TREES)


def _probably(what: str, rule: str, remedy: str | None = None) -> str:
    return "probably " + _blocked(what, rule, remedy)


def _blocked(what: str, rule: str, remedy: str | None = None) -> str:
    how = "possible only outside the sandbox" if remedy is None else f"allow with {remedy}"
    return f"blocked: {what} ({rule}){ADVICE}{how}"


def _is_inside_any(path: str, roots: tuple[str, ...]) -> bool:
    return any(is_inside(path, root) for root in roots)


def _named_paths(output: str, cwd: str) -> Iterator[tuple[str, str]]:
    """Yield absolute paths named near the kernel's words, nearest first, and the words' line."""
    lines = output.splitlines()
    for index, line in enumerate(lines):
        if not FILE_REFUSAL.search(line):
            continue
        for near in reversed(lines[max(0, index - LINES_BEFORE) : index + 1]):
            for pattern in (BEFORE_REASON, QUOTED, ABSOLUTE):
                for found in filter(_can_be_path, pattern.findall(near)):
                    yield os.path.normpath(os.path.join(cwd, found)), line


def _can_be_path(text: str) -> bool:
    """Whether a system call accepts the text as a path; output may hold anything."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
