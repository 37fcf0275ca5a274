"""Typed wrapper of the native shim: Landlock rulesets, seccomp filters, and children under them.

Only this module and server.py import `codex._landlock_shim`; native/landlock_shim.h says what each
call does. Errnos become CodexErrors here and nowhere else.
"""

from __future__ import annotations

import errno
import functools
import os
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from codex._landlock_shim import ffi, lib
from codex.base.errors import CodexError, SandboxUnavailableError, SpawnError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codex.sandbox.linux.blocked_calls import BlockedCall
    from codex.sandbox.linux.landlock import Grant, RulesetPlan
    from codex.sandbox.params import Program, Stdio

MAX_FILTER_BYTES = 8 * 4096
"""Size of the largest filter: the kernel takes at most 4096 instructions of 8 bytes."""

PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR})
"""Errnos of temporary failures, which say nothing about the kernel's abilities."""

NAMESPACE_STAGES = {
    lib.SHIM_STAGE_SERVER: "the process that makes namespaces",
    lib.SHIM_STAGE_NAMESPACES: "user namespaces",
    lib.SHIM_STAGE_IDS: "the user of a namespace",
    lib.SHIM_STAGE_NETWORK: "a network namespace",
    lib.SHIM_STAGE_DEVICES: "devices in a namespace",
    lib.SHIM_STAGE_PROC: "a /proc of its own",
    lib.SHIM_STAGE_MOUNTS: "mounts in a namespace",
}
"""What is unavailable, by the stage at which a fork server or a command in namespaces failed."""

WAYS_OUT = (
    "Nothing was run. Use a kernel with Landlock switched on (Linux 5.19 or later, `landlock` among"
    " the `lsm=` boot parameters); or, if a container already confines commands, say so with"
    " --container-is-sandbox; or run without a sandbox, with -s danger-full-access"
)


class Restrictions(NamedTuple):
    """The restrictions that are put on a child before its program starts."""

    ruleset_fd: int
    """Descriptor of the Landlock ruleset."""
    filter_program: bytes
    """The seccomp filter, as BPF instructions."""
    kept_capabilities: int
    """Bit mask of the capabilities to keep, if this process has them."""
    is_supervised: bool = False
    """Whether the filter makes some system calls wait for a supervisor. Only the first process of
    a process namespace supervises, so it is False for a command without namespaces."""


class Child(NamedTuple):
    """A process that was started and is not reaped yet."""

    pid: int
    """Process id; also the id of its session and its process group."""
    pidfd: int | None
    """File descriptor, readable when the process has ended; None on a kernel before 5.2."""


class Contained(NamedTuple):
    """The first process of a command's process namespace; the rest of the command ends with it.

    It is the child of a fork server, which reaps it.
    """

    pidfd: int
    """File descriptor, readable when the first process has ended."""
    link: int
    """File descriptor that delivers the command's wait status when the command is over, as shim_end
    in native/landlock_shim.h; the first process ends when it is closed."""


def landlock_abi() -> int:
    """Return the version of the kernel's Landlock ABI.

    Raises: SandboxUnavailableError, when Landlock is missing or switched off.
    """
    abi: int = lib.shim_landlock_abi()
    if abi < 0:
        raise unavailable("Landlock", -abi)
    return abi


def landlock_errata() -> int:
    """Return a bit mask of Landlock defects reported as fixed; 0 where the kernel cannot report."""
    return max(0, int(lib.shim_landlock_errata()))


def create_ruleset(plan: RulesetPlan) -> int:
    """Create a Landlock ruleset; return its descriptor.

    A grant for a path that cannot be opened is skipped.

    Raises: SandboxUnavailableError; SpawnError, when only resources are lacking.
    """
    grants, _ = native_grants(plan.grants)
    ret_fd = ffi.new("int *")
    ports = ffi.new("shim_port[]", list(plan.ports))
    result = lib.shim_ruleset_create(
        *(plan.fs, plan.net, plan.scoped),
        *(grants, len(plan.grants), ports, len(plan.ports)),
        ret_fd,
    )
    if result < 0:
        raise unavailable("Landlock", -result)
    return int(ret_fd[0])


@functools.lru_cache(maxsize=8)
def native_grants(grants: tuple[Grant, ...]) -> tuple[Any, list[Any]]:
    """Return the grants as C structures, and the objects that keep their strings alive."""
    paths = [ffi.new("char[]", os.fsencode(path)) for path, _ in grants]
    pairs = [(path, grant.access) for path, grant in zip(paths, grants, strict=True)]
    return ffi.new("shim_grant[]", pairs), paths


def compile_filter(blocked_calls: Iterable[BlockedCall], *, architecture: int = 0) -> bytes:
    """Compile blocked calls to BPF instructions, 8 bytes each.

    Args: architecture: its number in linux/audit.h; 0 means this machine's.
    Raises: SandboxUnavailableError; SpawnError, when only resources are lacking.
    """
    keep: list[Any] = []
    rules = [_rule(call, blocked, keep) for blocked in blocked_calls for call in blocked.calls]
    program = ffi.new("char[]", MAX_FILTER_BYTES)
    ret_size = ffi.new("size_t *")
    table = ffi.new("shim_rule[]", rules)
    result = lib.shim_filter_compile(
        table, len(rules), architecture, program, MAX_FILTER_BYTES, ret_size
    )
    if result < 0:
        raise unavailable("seccomp", -result)
    return bytes(ffi.buffer(program, ret_size[0]))


def _rule(call: str | int, blocked: BlockedCall, keep: list[Any]) -> dict[str, Any]:
    name = ffi.NULL
    if isinstance(call, str):
        name = ffi.new("char[]", call.encode())
        keep.append(name)
    return {
        "name": name,
        "number": call if isinstance(call, int) else 0,
        "refusal": blocked.error,
        "n_comparisons": len(blocked.where),
        "comparisons": [
            {"index": w.argument, "op": w.op, "mask": w.mask, "value": w.value}
            for w in blocked.where
        ],
    }


def adopt_orphans(*, is_on: bool) -> None:
    """Set whether descendants that lose their parent become children of this process.

    Also sets an ignored SIGCHLD to its default. Raises: SpawnError, when the kernel refuses.
    """
    result = lib.shim_adopt_orphans(is_on)
    if result < 0:
        raise SpawnError(f"cannot adopt orphaned processes: {os.strerror(-result)}")


def spawn(program: Program, stdio: Stdio, restrictions: Restrictions | None) -> Child:
    """Start a program in its own session; it is killed when the calling thread ends.

    Args: restrictions: None to start it without any.
    Raises: SpawnError, when it cannot be started; SandboxUnavailableError, when the kernel refuses
        the restrictions, in which case the program did not start.
    """
    keep: list[Any] = []
    ret = ffi.new("int[3]")
    native = native_command(program, stdio, restrictions, keep)
    result = lib.shim_spawn(native, ret, ret + 1, ret + 2)
    if result < 0:
        raise_failure(program, ret[2], -result)
    return Child(ret[0], ret[1] if ret[1] >= 0 else None)


def native_command(
    program: Program, stdio: Stdio, restrictions: Restrictions | None, keep: list[Any]
) -> Any:
    """Return a command as a C structure; `keep` receives the objects that must live as long."""
    native = ffi.new("shim_command *")
    native.path = _texts([program.path], keep)
    native.cwd = _texts([program.cwd], keep)
    native.arguments = _texts(program.argv, keep)
    native.n_arguments = len(program.argv)
    variables = [f"{name}={value}" for name, value in program.env.items()]
    native.variables = _texts(variables, keep)
    native.n_variables = len(variables)
    native.stdin_fd, native.stdout_fd, native.stderr_fd = stdio
    if restrictions is not None:
        program = ffi.from_buffer(restrictions.filter_program)
        keep.append(program)
        native.is_sandboxed = True
        native.ruleset_fd = restrictions.ruleset_fd
        native.filter = program
        native.filter_size = len(restrictions.filter_program)
        native.kept_capabilities = restrictions.kept_capabilities
        native.is_supervised = restrictions.is_supervised
    return native


def _texts(texts: Sequence[str], keep: list[Any]) -> Any:
    """Return the texts in one C buffer, each ended by a zero byte, as the kernel reads them."""
    block = "\0".join(texts)
    if block.count("\0") != max(0, len(texts) - 1):
        text = next(text for text in texts if "\0" in text)
        raise SpawnError(f"cannot run a command with {text!r} in it: it holds a NUL character")
    try:
        data = os.fsencode(block)
    except UnicodeEncodeError as exc:
        text = next(text for text in texts if not _is_encodable(text))
        raise SpawnError(f"cannot run a command with {text!r} in it: {exc.reason}") from exc
    keep.append(ffi.new("char[]", data))
    return keep[-1]


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def unavailable(part: str, error: int) -> CodexError:
    """Return the error for a part of the sandbox that failed with the errno `error`.

    It is a SpawnError if the failure is temporary, else a SandboxUnavailableError.
    """
    cause = f"{os.strerror(error)} ({errno.errorcode.get(error, error)})"
    return unavailable_for(f"{part}: {cause}", error)


def unavailable_for(cause: str, error: int) -> CodexError:
    """Return the error of `unavailable` with the text `cause`, in place of part and errno."""
    if error in PASSING:
        return SpawnError(f"cannot start a command: {cause}")
    return SandboxUnavailableError(f"The sandbox is not available: {cause}", advice=WAYS_OUT)


def too_little(part: str, cause: str) -> SandboxUnavailableError:
    """Return the error for a kernel that has a part of the sandbox, but not enough of it."""
    return SandboxUnavailableError(
        f"The sandbox is not available: {part}: {cause}", advice=WAYS_OUT
    )


def raise_failure(program: Program, stage: int, error: int) -> NoReturn:
    """Raise the error that says in words which stage of a start failed, and why."""
    what = f"cannot run '{program.argv[0]}'"
    cause = os.strerror(error)
    parts = {
        **NAMESPACE_STAGES,
        lib.SHIM_STAGE_CAPABILITIES: "capabilities",
        lib.SHIM_STAGE_NO_NEW_PRIVS: "no_new_privs",
        lib.SHIM_STAGE_SECCOMP: "seccomp",
        lib.SHIM_STAGE_LANDLOCK: "Landlock",
        lib.SHIM_STAGE_RULES: "Landlock",
    }
    if stage == lib.SHIM_STAGE_LANDLOCK and error == errno.E2BIG:
        raise SandboxUnavailableError(
            f"{what}: the sandbox cannot be nested any deeper: Landlock: {cause} (E2BIG)",
            advice="Landlock stacks at most 16 sandboxes; start fewer agents inside one another.",
        )
    if stage in parts:
        raise unavailable(parts[stage], error)
    if stage == lib.SHIM_STAGE_FIRST_PROCESS and error == errno.ENOTCONN:
        raise SpawnError(
            f"{what}: the first process of its namespace was killed, and the command with it"
        )
    if stage == lib.SHIM_STAGE_CWD:
        raise SpawnError(f"{what}: the working directory '{program.cwd}': {cause}")
    if stage == lib.SHIM_STAGE_EXEC:
        raise SpawnError(f"{what}: {_exec_cause(program, error)}")
    raise SpawnError(f"{what}: {cause}")


def _exec_cause(program: Program, error: int) -> str:
    cause = os.strerror(error)
    if error == errno.E2BIG:
        size = sum(len(os.fsencode(text)) + 1 for text in program.argv)
        size += sum(len(os.fsencode(f"{k}={v}")) + 1 for k, v in program.env.items())
        return f"{cause}: the arguments and the environment take {size} bytes"
    if error == errno.ENOENT and os.path.exists(program.path):
        return f"the interpreter or the loader that '{program.path}' names does not exist"
    if error == errno.ENOEXEC:
        advice = "a script begins with a line like #!/bin/sh"
        return f"{cause}: '{program.path}' is not a program; {advice}"
    return f"'{program.path}': {cause}"
