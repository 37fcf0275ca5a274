"""SandboxPolicy -> the arguments of macOS's sandbox-exec. Pure text.

The profile denies by default and names what every program needs. Paths are parameters, never part
of the profile's text, so no folder's name can change its meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy

SANDBOX_EXEC = "/usr/bin/sandbox-exec"
"""By this path alone: one found in PATH could be anything."""

BASE = """\
(version 1)
(deny default)
(allow process-exec)
(allow process-fork)
(allow process-info* (target same-sandbox))
(allow signal (target same-sandbox))
(allow file-write-data (require-all (path "/dev/null") (vnode-type CHARACTER-DEVICE)))
(allow pseudo-tty)
(allow file-read* file-write* file-ioctl (literal "/dev/ptmx"))
(allow file-read* file-write*
  (require-all (regex #"^/dev/ttys[0-9]+") (extension "com.apple.sandbox.pty")))
(allow ipc-posix-sem)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow sysctl-read
"""
SYSCTL_NAMES = (
    *("hw.activecpu", "hw.busfrequency_compat", "hw.byteorder", "hw.cacheconfig"),
    *("hw.cachelinesize_compat", "hw.cpufamily", "hw.cpufrequency_compat", "hw.cputype"),
    *("hw.l1dcachesize_compat", "hw.l1icachesize_compat", "hw.l2cachesize_compat"),
    *("hw.l3cachesize_compat", "hw.logicalcpu", "hw.logicalcpu_max", "hw.machine", "hw.memsize"),
    *("hw.ncpu", "hw.nperflevels", "hw.packages", "hw.pagesize", "hw.pagesize_compat"),
    *("hw.physicalcpu", "hw.physicalcpu_max", "hw.tbfrequency_compat", "hw.vectorunit"),
    *("kern.argmax", "kern.hostname", "kern.maxfilesperproc", "kern.osproductversion"),
    *("kern.osrelease", "kern.ostype", "kern.osvariant_status", "kern.osversion"),
    *("kern.secure_kernel", "kern.usrstack64", "kern.version", "sysctl.proc_cputype"),
)
SYSCTL_PREFIXES = ("hw.optional.arm.", "hw.optional.armv8_", "hw.perflevel")


def seatbelt_argv(
    argv: tuple[str, ...], *, policy: SandboxPolicy, roots: tuple[str, ...]
) -> tuple[str, ...]:
    """The command line that runs `argv` under a policy.

    Args: roots: the writable folders by their physical paths: Seatbelt compares those, and
        `/tmp` is a link there.
    """
    parameters = [f"-DWRITABLE_ROOT_{index}={root}" for index, root in enumerate(roots)]
    return (SANDBOX_EXEC, "-p", profile(policy, len(roots)), *parameters, "--", *argv)


def profile(policy: SandboxPolicy, n_roots: int) -> str:
    """The profile's text, for as many roots as there are parameters."""
    return "\n".join(
        part for part in (_base(), _read(policy), _write(policy, n_roots), _network(policy)) if part
    )


def _base() -> str:
    names = [f'  (sysctl-name "{name}")' for name in SYSCTL_NAMES]
    prefixes = [f'  (sysctl-name-prefix "{prefix}")' for prefix in SYSCTL_PREFIXES]
    return BASE + "\n".join((*names, *prefixes)) + ")"


def _read(policy: SandboxPolicy) -> str:
    return "(allow file-read*)" if policy.can_read_everything else ""


def _write(policy: SandboxPolicy, n_roots: int) -> str:
    if policy.can_write_everything:
        return '(allow file-write* (regex #"^/"))'
    if n_roots == 0:
        return ""
    # What is written there may be read there, also when the policy does not let all be read.
    roots = " ".join(f'(subpath (param "WRITABLE_ROOT_{index}"))' for index in range(n_roots))
    return f"(allow file-read* file-write* {roots})"


def _network(policy: SandboxPolicy) -> str:
    if not policy.can_use_network:
        return ""
    return "(allow network-outbound)\n(allow network-inbound)\n(allow system-socket)"
