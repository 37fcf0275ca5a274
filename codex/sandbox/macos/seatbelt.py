"""Turn a SandboxPolicy into a command line of macOS's sandbox-exec. Pure. Not run on a Mac yet.

The profile denies by default and names what every program needs. Paths are parameters, never part
of the profile's text, so the name of a folder cannot change its meaning. Seatbelt can exclude a
name from a folder, so protected names need no mounts here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.sandbox.params import ProtectedPaths

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.params import Program

SEATBELT_VARIABLE = "CODEX_SANDBOX"
"""Variable that is `seatbelt` in the child. Seatbelt sandboxes cannot be nested, and the variable
tells programs that would try."""
SANDBOX_EXEC = "/usr/bin/sandbox-exec"
"""Path of sandbox-exec; a program of that name in PATH could be anything."""

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


def under_seatbelt(program: Program, confinement: Confinement) -> Program:
    """Return the sandbox-exec command that runs `program` under its confinement.

    sandbox-exec looks up its program in PATH, so it gets the path that was found. Seatbelt holds
    protected names whether they exist or not.
    """
    protection = confinement.protection
    names = tuple(watch.path for watch in protection.watches if not watch.is_kind_only)
    return program._replace(
        path=SANDBOX_EXEC,
        argv=seatbelt_argv(
            (program.path, *program.argv[1:]),
            policy=confinement.policy,
            roots=confinement.folders,
            protected=ProtectedPaths(names, protection.pinned),
        ),
        env={**program.env, SEATBELT_VARIABLE: "seatbelt"},
    )


def seatbelt_argv(
    argv: tuple[str, ...],
    *,
    policy: SandboxPolicy,
    roots: tuple[str, ...],
    protected: ProtectedPaths,
) -> tuple[str, ...]:
    """Return the sandbox-exec command line that runs `argv` under a policy.

    Args: roots: the physical paths of the writable folders, which Seatbelt compares (`/tmp` is a
        link on a Mac). protected: the paths inside them that stay closed, existing or not.
    """
    named = {
        "WRITABLE_ROOT": roots,
        "PROTECTED": protected.read_only,
        "PINNED": protected.pinned,
    }
    parameters = [
        f"-D{name}_{index}={path}"
        for name, paths in named.items()
        for index, path in enumerate(paths)
    ]
    text = profile(
        policy,
        n_roots=len(roots),
        n_protected=len(protected.read_only),
        n_pinned=len(protected.pinned),
    )
    return (SANDBOX_EXEC, "-p", text, *parameters, "--", *argv)


def profile(
    policy: SandboxPolicy, *, n_roots: int = 0, n_protected: int = 0, n_pinned: int = 0
) -> str:
    """Return the text of a profile for this many writable folders, protected and pinned paths."""
    parts = (_base(), _read(policy), _write(policy, n_roots, n_protected, n_pinned))
    return "\n".join(part for part in (*parts, _network(policy)) if part)


def _base() -> str:
    names = [f'  (sysctl-name "{name}")' for name in SYSCTL_NAMES]
    prefixes = [f'  (sysctl-name-prefix "{prefix}")' for prefix in SYSCTL_PREFIXES]
    return BASE + "\n".join((*names, *prefixes)) + ")"


def _read(policy: SandboxPolicy) -> str:
    return "(allow file-read*)" if policy.can_read_everything else ""


def _write(policy: SandboxPolicy, n_roots: int, n_protected: int, n_pinned: int) -> str:
    # Close a protected path with all below it, but only a pinned folder itself, against renames.
    closed = [f'(require-not (subpath (param "PROTECTED_{i}")))' for i in range(n_protected)]
    closed += [f'(require-not (literal (param "PINNED_{i}")))' for i in range(n_pinned)]
    if policy.can_write_everything:
        roots = ['(regex #"^/")']
    else:
        roots = [f'(subpath (param "WRITABLE_ROOT_{i}"))' for i in range(n_roots)]
    if not roots:
        return ""
    within = [f"(require-all {' '.join((root, *closed))})" if closed else root for root in roots]
    # Writable folders are readable even where the policy does not make everything readable.
    reading = "" if policy.can_write_everything else f"(allow file-read* {' '.join(roots)})\n"
    return f"{reading}(allow file-write* {' '.join(within)})"


def _network(policy: SandboxPolicy) -> str:
    if policy.can_use_network:
        return "(allow network-outbound)\n(allow network-inbound)\n(allow system-socket)"
    # Seatbelt can name a port on any host, or all ports of one host.
    rules = [f'(allow network-outbound (remote tcp "*:{port}"))' for port in policy.connect_ports]
    for port in policy.bind_ports:
        rules.append(f'(allow network-bind (local tcp "*:{port}"))')
        rules.append(f'(allow network-inbound (local tcp "*:{port}"))')
    return "\n".join((*rules, "(allow system-socket)")) if rules else ""
