from __future__ import annotations

import pytest

from codex.protocol.policy import READ_ONLY, SandboxPolicy
from codex.sandbox.denial import explain_denial
from codex.sandbox.params import ExecResult, RefusedRoot

WORKSPACE = SandboxPolicy(can_write_cwd=True)
NETWORK = SandboxPolicy(can_write_cwd=True, can_use_network=True)
ROOTS = ("/work", "/tmp")


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
    found: ExecResult, *, policy: SandboxPolicy = WORKSPACE, is_writable: bool = True
) -> str | None:
    return explain_denial(
        found,
        policy=policy,
        roots=() if policy == READ_ONLY else ROOTS,
        cwd="/work",
        is_writable=lambda _: is_writable,
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
    assert f"writing '{path}'" in found
    assert "'/work', '/tmp'" in found
    assert "Probably" in found


def test_the_explanation_says_how_to_allow_it() -> None:
    found = explain(result("touch: cannot touch '/etc/new/x': Permission denied"))
    assert found is not None
    assert "add '/etc/new' to sandbox_workspace_write.writable_roots" in found


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/work/x", "run codex with -s workspace-write."),
        ("/etc/new/x", "run codex with -s workspace-write --add-dir '/etc/new'."),
    ],
)
def test_a_read_only_sandbox_is_left_before_settings_of_the_other_can_help(
    path: str, remedy: str
) -> None:
    found = explain(result(f"touch: cannot touch '{path}': Permission denied"), policy=READ_ONLY)
    assert found is not None
    assert found.endswith(f"To allow it, {remedy}")
    network = explain(result("curl: (6) Could not resolve host: x"), policy=READ_ONLY)
    assert network is not None
    assert "use sandbox_mode = workspace-write and set" in network


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
def test_the_network_is_recognised_when_it_is_off(text: str) -> None:
    found = explain(result(text))
    assert found is not None
    assert "network" in found
    assert "network_access" in found


def test_the_network_is_not_blamed_when_it_is_on() -> None:
    assert explain(result("curl: (6) Could not resolve host: x"), policy=NETWORK) is None


def test_a_refused_system_call_is_recognised() -> None:
    found = explain(result("unshare: unshare failed: Operation not permitted"))
    assert found is not None
    assert "system call" in found


def test_a_program_of_another_architecture_is_recognised() -> None:
    found = explain(result(exit_code=159, signal=31))
    assert found is not None
    assert "32-bit" in found


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
    found = explain(result("tee: /tmp/x: Permission denied", refused_roots=refused))
    assert found == (
        "Probably blocked by the sandbox: writing '/tmp/x', because '/tmp' was not opened:"
        " it does not exist."
    )
    assert explain(result("tee: /work/x: Permission denied", refused_roots=refused)) is None


def test_a_privilege_that_is_refused_is_recognised() -> None:
    text = 'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.'
    assert explain(result(text)) is not None


def test_what_the_agent_could_not_write_either_is_not_the_sandboxs_doing() -> None:
    assert explain(result("cat: /etc/shadow: Permission denied"), is_writable=False) is None


def test_of_several_refused_roots_the_one_that_matters_is_named() -> None:
    roots = (RefusedRoot("/work", "gone"), RefusedRoot("/tmp", "it is a link"))
    found = result("touch: cannot touch '/tmp/x': Permission denied", refused_roots=roots)
    text = explain(found)
    assert text is not None
    assert "writing '/tmp/x', because '/tmp' was not opened: it is a link" in text
