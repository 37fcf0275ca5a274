from __future__ import annotations

import pytest

from codex.protocol.policy import READ_ONLY, SandboxPolicy
from codex.sandbox.confinement import Confinement
from codex.sandbox.denial import explain_denial
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.protected import NOTHING, Protection, Watch
from codex.sandbox.params import ExecResult, RefusedRoot

WORKSPACE = SandboxPolicy(can_write_cwd=True, can_write_slash_tmp=True)
NETWORK = SandboxPolicy(can_write_cwd=True, can_write_slash_tmp=True, can_use_network=True)


def result(stderr: str = "", *, exit_code: int = 1, stdout: str = "", **rest: object) -> ExecResult:
    fields: dict[str, object] = {"is_sandboxed": True, "duration_ms": 1, **rest}
    return ExecResult(
        exit_code=exit_code,
        stdout=stdout,
        stderr=stderr,
        output=stdout + stderr,
        **fields,  # type: ignore[arg-type]
    )


def explain(
    found: ExecResult,
    *,
    policy: SandboxPolicy = WORKSPACE,
    is_writable: bool = True,
    protection: Protection = NOTHING,
    refused: tuple[RefusedRoot, ...] = (),
    next_step: str | None = None,
) -> str | None:
    roots = policy.roots(cwd="/work", tmpdir=None)
    confinement = Confinement(policy, "/work", None, roots, refused, UNENFORCED, protection)
    return explain_denial(
        found,
        confinement,
        cwd="/work",
        is_writable=lambda _: is_writable,
        next_step=next_step,
    )


OUTSIDE = "outside the sandbox"
PROTECTION = Protection(
    watches=(
        Watch("/work/.git", is_kind_only=True),
        Watch("/work/.git/hooks"),
        Watch("/work/.vscode"),
    ),
    read_only=("/work/.git/hooks",),
    pinned=("/work/.git",),
    status={},
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("touch: cannot touch '/etc/x': Permission denied", "/etc/x"),
        ("touch: cannot touch \u2018/etc/x\u2019: Permission denied", "/etc/x"),
        ("bash: line 1: /etc/x: Permission denied", "/etc/x"),
        ("bash: line 1: ../x: Permission denied", "/x"),
        ("tee: /etc/x: Read-only file system", "/etc/x"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'", "/etc/x"),
        ("Error: EACCES: permission denied, open '/etc/x'", "/etc/x"),
        ("open /etc/x: permission denied", "/etc/x"),
        ("npm ERR! path /usr/lib/node_modules\nnpm ERR! code EACCES", "/usr/lib/node_modules"),
        (
            "error: failed to write `/root/.cargo/x`\n\nCaused by:\n  Permission denied",
            "/root/.cargo/x",
        ),
        ("mkdir: cannot create directory '../out': Permission denied", "/out"),
    ],
)
def test_a_write_outside_the_roots_is_recognised(text: str, path: str) -> None:
    found = explain(result(text))
    assert found is not None
    assert found.startswith(f"probably blocked: write {path} (outside the writable folders) - ")


def test_the_explanation_says_how_to_allow_it() -> None:
    assert explain(result("touch: cannot touch '/home/u/x': Permission denied")) == (
        "probably blocked: write /home/u/x (outside the writable folders)"
        " - allow with --add-dir /home/u"
    )
    found = explain(result("touch: cannot touch '/home/my files/x': Permission denied"))
    assert found is not None
    assert found.endswith("--add-dir '/home/my files'")


@pytest.mark.parametrize("path", ["/x", "/etc/passwd", "/usr/bin/x", "/proc/1/oom_adj", "/var/x"])
def test_nobody_is_advised_to_open_the_system(path: str) -> None:
    found = explain(result(f"tee: {path}: Permission denied"))
    assert found == (
        f"probably blocked: write {path} (outside the writable folders) - possible only {OUTSIDE}"
    )


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/work/x", "allow with -s workspace-write"),
        ("/data/new/x", "allow with -s workspace-write --add-dir /data/new"),
        ("/etc/x", f"possible only {OUTSIDE}"),
    ],
)
def test_a_read_only_sandbox_is_left_before_settings_of_the_other_can_help(
    path: str, remedy: str
) -> None:
    found = explain(result(f"touch: cannot touch '{path}': Permission denied"), policy=READ_ONLY)
    assert found == f"probably blocked: write {path} (the sandbox is read-only) - {remedy}"


def test_the_evidence_may_stand_on_stdout() -> None:
    assert explain(result(stdout="cp: cannot create '/etc/x': Permission denied\n")) is not None


@pytest.mark.parametrize(
    "text",
    [
        "curl: (6) Could not resolve host: example.org",
        "fatal: unable to access 'https://x/': Could not resolve host: x",
        "ping: socket: Operation not permitted",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "Error: getaddrinfo EAI_AGAIN registry.npmjs.org",
        "Failed to establish a new connection: [Errno 1] Operation not permitted",
        "    _socket.socket.__init__(self)\nPermissionError: [Errno 1] Operation not permitted",
        "dial tcp: lookup proxy.golang.org: no such host",
        "socket: Address family not supported by protocol",
    ],
)
@pytest.mark.parametrize("policy", [WORKSPACE, READ_ONLY])
def test_the_network_is_recognised_when_it_is_off(text: str, policy: SandboxPolicy) -> None:
    assert explain(result(text), policy=policy) == (
        "probably blocked: network access (the sandbox has no network)"
        " - allow with -c sandbox.network=full"
    )


def test_the_ports_that_are_open_are_named() -> None:
    policy = SandboxPolicy(can_write_cwd=True, connect_ports=(443, 80), bind_ports=(8000,))
    found = explain(result("ping: socket: Operation not permitted"), policy=policy)
    assert found is not None
    assert "(only TCP ports: connect 443, 80; bind 8000)" in found


def test_the_network_is_not_blamed_when_it_is_on() -> None:
    assert explain(result("curl: (6) Could not resolve host: x"), policy=NETWORK) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mount: /mnt: permission denied.", "mount (commands cannot change the system)"),
        ("bash: line 1: umount: /x: Operation not permitted", "umount (commands cannot"),
        ("unshare: unshare failed: Operation not permitted", "unshare (commands cannot"),
        ("chroot: cannot change root directory to '/': Operation not permitted", "chroot ("),
        (
            "strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted",
            "ptrace (commands can trace only what they have started)",
        ),
        ("sh: 1: kill: Operation not permitted", "a signal (commands can signal only"),
        ("kill: (1) - Operation not permitted", "a signal (commands can signal only"),
        (
            'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
            "more privileges (set-user-ID programs such as sudo have no effect)",
        ),
        (
            "dial unix /run/docker.sock: connect: permission denied",
            "connect to /run/docker.sock (a socket of a service outside the sandbox)",
        ),
        ("setpriority: Operation not permitted", "a system call (such as mount"),
    ],
)
def test_a_refused_system_call_is_named(text: str, what: str) -> None:
    found = explain(result(text))
    assert found is not None
    assert found.startswith(f"probably blocked: {what}")
    assert found.endswith(f"possible only {OUTSIDE}")


def test_a_program_of_another_architecture_is_recognised_for_certain() -> None:
    found = explain(result(exit_code=159, signal=31))
    assert found is not None
    assert found.startswith("blocked: ")
    assert "32-bit" in found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "sh: 1: cannot create .git/hooks/pre-commit: Read-only file system",
            "write /work/.git/hooks",
        ),
        ("error: could not write '.vscode/x': Device or resource busy", "write /work/.vscode/x"),
        ("mv: cannot move '.git' to 'x': Device or resource busy", "rename /work/.git"),
    ],
)
def test_a_protected_name_is_named(text: str, what: str) -> None:
    found = explain(result(text), protection=PROTECTION)
    assert found is not None
    assert found.startswith(f"probably blocked: {what}")
    assert "protected: other programs obey it" in found
    assert found.endswith(f"possible only {OUTSIDE}")


def test_a_busy_mount_point_is_no_evidence_elsewhere() -> None:
    text = "mv: cannot move '/data/x' to 'y': Device or resource busy"
    assert explain(result(text), protection=PROTECTION) is None


@pytest.mark.parametrize(
    "found",
    [
        result("permission denied: '/etc/x'", exit_code=0),
        result("touch: '/etc/x': Permission denied", is_sandboxed=False),
        result("touch: '/etc/x': Permission denied", exit_code=124, is_timed_out=True),
        result("touch: '/etc/x': Permission denied", exit_code=130, is_interrupted=True),
        result("1 test failed"),
        result("bash: nosuch: command not found", exit_code=127),
        result(exit_code=126),
        result("usage: grep", exit_code=2),
        result("the sandbox test failed"),
        result("cat: '/work/secret': Permission denied"),
        result("git@github.com: Permission denied (publickey)."),
    ],
)
def test_without_evidence_nothing_is_explained(found: ExecResult) -> None:
    assert explain(found) is None


def test_a_root_that_was_refused_is_named_with_its_reason() -> None:
    refused = (RefusedRoot("/tmp", "it does not exist"),)
    found = explain(result("tee: /tmp/x: Permission denied"), refused=refused)
    assert found == (
        "probably blocked: write /tmp/x (the writable folder /tmp was not opened:"
        f" it does not exist) - possible only {OUTSIDE}"
    )
    assert explain(result("tee: /work/x: Permission denied"), refused=refused) is None


def test_what_the_agent_could_not_write_either_is_not_the_sandboxs_doing() -> None:
    assert explain(result("cat: /etc/shadow: Permission denied"), is_writable=False) is None


def test_of_several_refused_roots_the_one_that_matters_is_named() -> None:
    roots = (RefusedRoot("/work", "gone"), RefusedRoot("/tmp", "it is a link"))
    text = explain(result("touch: cannot touch '/tmp/x': Permission denied"), refused=roots)
    assert text is not None
    assert "write /tmp/x (the writable folder /tmp was not opened: it is a link)" in text


def test_a_read_only_file_system_is_evidence_where_the_command_had_gone_elsewhere() -> None:
    line = explain(result("touch: cannot touch 'q': Read-only file system"))
    assert line == (
        "probably blocked: a write (outside the writable folders) - allow with --add-dir FOLDER"
    )
    assert explain(result("touch: cannot touch 'q': Permission denied")) is None


@pytest.mark.parametrize(
    ("host", "is_denial"), [("1.1.1.1", True), ("localhost", False), ("127.0.0.1", False)]
)
def test_a_host_that_curl_cannot_reach_is_no_service_that_is_down(
    host: str, is_denial: bool
) -> None:
    text = f"curl: (7) Failed to connect to {host} port 80 after 0 ms: Couldn't connect to server"
    assert (explain(result(text, exit_code=7)) is not None) is is_denial


def test_what_is_done_about_it_anyhow_takes_the_place_of_advice() -> None:
    found = result("touch: cannot touch 'x': Read-only file system")
    line = explain(found, policy=READ_ONLY, next_step="asked again")
    assert line == "probably blocked: write /work/x (the sandbox is read-only) - asked again"


@pytest.mark.parametrize("path", ["/x\0/y", "/x\ud83d/y", "/\0"])
def test_what_cannot_be_a_path_is_no_evidence(path: str) -> None:
    assert explain(result(f"sh: 1: cannot create '{path}': Permission denied")) is None
