"""The exact JSON of submissions and events, which clients rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codex.base.errors import ProtocolError
from codex.protocol import wire
from codex.protocol.events import (
    Add,
    AgentMessage,
    ApplyPatchApprovalRequest,
    Delete,
    Error,
    Event,
    ExecApprovalRequest,
    PlanStep,
    PlanUpdate,
    SessionConfigured,
    StepStatus,
    TaskComplete,
    TaskStarted,
    Update,
)
from codex.protocol.ops import (
    ConfigureSession,
    ExecApproval,
    Interrupt,
    PatchApproval,
    Shutdown,
    Submission,
    UserImage,
    UserImageFile,
    UserInput,
    UserText,
)
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    READ_ONLY,
    WORKSPACE_WRITE,
    AskForApproval,
    ReviewDecision,
    SandboxPolicy,
)
from codex.protocol.settings import ModelProvider, WireApi


def configure(**members: Any) -> bytes:
    """Return a `configure_session` line as clients send it, with other members."""
    op = {
        "type": "configure_session",
        "provider": {
            "name": "OpenAI",
            "base_url": "https://api.openai.com/v1",
            "env_key": "OPENAI_API_KEY",
            "env_key_instructions": None,
            "wire_api": "responses",
            "http_headers": None,
        },
        "model": "o4-mini",
        "instructions": None,
        "approval_policy": "on-failure",
        "sandbox_policy": {
            "permissions": ["disk-full-read-access", {"disk-write-folder": {"folder": "/abs/dir"}}]
        },
        "disable_response_storage": False,
        "cwd": "/abs/project",
    }
    return json.dumps({"id": "cfg", "op": {**op, **members}}).encode()


def configured(line: bytes) -> ConfigureSession:
    op = wire.decode_submission(line).op
    assert isinstance(op, ConfigureSession)
    return op


def test_the_specified_configure_session_is_read() -> None:
    assert wire.decode_submission(configure()) == Submission(
        id="cfg",
        op=ConfigureSession(
            provider=ModelProvider(
                name="OpenAI",
                base_url="https://api.openai.com/v1",
                env_key="OPENAI_API_KEY",
                wire_api=WireApi.RESPONSES,
                is_openai=True,
            ),
            model="o4-mini",
            approval_policy=AskForApproval.ON_FAILURE,
            sandbox_policy=SandboxPolicy(writable_roots=("/abs/dir",)),
            cwd="/abs/project",
        ),
    )


def test_single_ports_are_permissions() -> None:
    listed = [{"tcp-connect": {"port": 443}}, {"tcp-bind": {"port": 8000}}]
    found = configured(configure(sandbox_policy={"permissions": listed})).sandbox_policy
    assert (found.connect_ports, found.bind_ports) == ((443,), (8000,))


@pytest.mark.parametrize("port", [0, 65536, -1, "443"])
def test_what_is_no_port_is_refused(port: object) -> None:
    policy = {"permissions": [{"tcp-connect": {"port": port}}]}
    with pytest.raises(wire.SubmissionError, match="unknown permission"):
        wire.decode_submission(configure(sandbox_policy=policy))


def test_a_provider_elsewhere_is_not_openai() -> None:
    provider = {"name": "mine", "base_url": "http://localhost:11434/v1", "wire_api": "chat"}
    assert not configured(configure(provider=provider)).provider.is_openai


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("unless-allow-listed", AskForApproval.UNTRUSTED),
        ("untrusted", AskForApproval.UNTRUSTED),
        ("on-request", AskForApproval.ON_REQUEST),
        ("auto-edit", AskForApproval.AUTO_EDIT),
        ("never", AskForApproval.NEVER),
    ],
)
def test_approval_names_of_both_generations_are_read(name: str, policy: AskForApproval) -> None:
    assert configured(configure(approval_policy=name)).approval_policy is policy


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ({"permissions": []}, SandboxPolicy(can_read_everything=False)),
        (
            {
                "permissions": [
                    "disk-full-read-access",
                    "disk-write-cwd",
                    "disk-write-platform-user-temp-folder",
                    "disk-write-platform-global-temp-folder",
                ]
            },
            WORKSPACE_WRITE,
        ),
        ({"mode": "read-only"}, READ_ONLY),
        ({"mode": "danger-full-access"}, DANGER_FULL_ACCESS),
        ({"mode": "workspace-write"}, WORKSPACE_WRITE),
        (
            {
                "type": "workspace-write",
                "writable_roots": ["/r"],
                "network_access": True,
                "exclude_tmpdir_env_var": True,
                "exclude_slash_tmp": True,
            },
            SandboxPolicy(can_write_cwd=True, can_use_network=True, writable_roots=("/r",)),
        ),
    ],
)
def test_sandbox_policies_of_both_generations_are_read(value: Any, policy: SandboxPolicy) -> None:
    assert configured(configure(sandbox_policy=value)).sandbox_policy == policy


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ({"type": "interrupt"}, Interrupt()),
        ({"type": "shutdown"}, Shutdown()),
        ({"type": "interrupt", "later": "addition"}, Interrupt()),
        (
            {
                "type": "user_input",
                "items": [
                    {"type": "text", "text": "hello"},
                    {"type": "image", "image_url": "data:image/png;base64,AA=="},
                    {"type": "local_image", "path": "/a.png"},
                ],
            },
            UserInput(
                (
                    UserText("hello"),
                    UserImage("data:image/png;base64,AA=="),
                    UserImageFile("/a.png"),
                )
            ),
        ),
        (
            {"type": "exec_approval", "id": "1", "decision": "approved_for_session"},
            ExecApproval("1", ReviewDecision.APPROVED_FOR_SESSION),
        ),
        (
            {"type": "patch_approval", "id": "1", "decision": "denied", "feedback": "no"},
            PatchApproval("1", ReviewDecision.DENIED, feedback="no"),
        ),
    ],
)
def test_an_op_is_read(op: dict[str, Any], expected: Any) -> None:
    line = json.dumps({"id": "7", "op": op}).encode()
    assert wire.decode_submission(line) == Submission("7", expected)


@pytest.mark.parametrize(
    ("line", "submission_id", "word"),
    [
        (b"{", "", "line 1 column"),
        (b"[]", "", "object"),
        (b'{"op":{"type":"interrupt"}}', "", "`id`"),
        (b'{"id":5,"op":{"type":"interrupt"}}', "", "`$.id`"),
        (b'{"id":"5"}', "5", "`op`"),
        (b'{"id":"5","op":{"type":"fly"}}', "5", "'fly' - at `$.op.type`"),
        (b'{"id":"5","op":{"type":"user_input","items":[{"type":"text"}]}}', "5", "`text`"),
        (configure(approval_policy="sometimes"), "cfg", "sometimes"),
        (configure(approval_policy=["never"]), "cfg", "`$.op.approval_policy`"),
        (configure(provider="openai"), "cfg", "`$.op.provider`"),
        (configure(sandbox_policy="read-only"), "cfg", "expected an object"),
        (configure(sandbox_policy={"permissions": "disk-write-cwd"}), "cfg", "expected an array"),
        (b'{"id":"5","op":{"type":"configure_session"}}', "5", "missing required field"),
        (configure(sandbox_policy={"permissions": ["disk-maybe"]}), "cfg", "disk-maybe"),
        (configure(sandbox_policy={"mode": "loose"}), "cfg", "read-only, workspace-write"),
    ],
)
def test_a_bad_line_is_refused_with_its_id_and_the_reason(
    line: bytes, submission_id: str, word: str
) -> None:
    with pytest.raises(wire.SubmissionError) as raised:
        wire.decode_submission(line)
    assert raised.value.submission_id == submission_id
    assert word in str(raised.value)


@pytest.mark.parametrize(
    ("op", "path"),
    [
        ({"type": "user_input"}, "op"),
        ({"type": "user_input", "items": [{"type": "text", "text": 5}]}, "op.items[0].text"),
        ({"model": 5}, "op.model"),
        ({"provider": {"name": 5, "base_url": "http://x"}}, "op.provider.name"),
        ({"approval_policy": "sometimes"}, "op.approval_policy"),
        ({"sandbox_policy": "read-only"}, "op.sandbox_policy"),
        ({"sandbox_policy": {"mode": "loose"}}, "op.sandbox_policy"),
        ({"sandbox_policy": {"permissions": {}}}, "op.sandbox_policy.permissions"),
        (
            {"sandbox_policy": {"permissions": ["disk-write-cwd", "disk-maybe"]}},
            "op.sandbox_policy.permissions[1]",
        ),
        (
            {"sandbox_policy": {"mode": "workspace-write", "writable_roots": ["/r", 5]}},
            "op.sandbox_policy.writable_roots[1]",
        ),
        (
            {"sandbox_policy": {"mode": "workspace-write", "network_access": "yes"}},
            "op.sandbox_policy.network_access",
        ),
    ],
)
def test_the_path_in_an_error_starts_at_the_line_that_was_sent(
    op: dict[str, Any], path: str
) -> None:
    line = json.dumps({"id": "5", "op": op}).encode() if "type" in op else configure(**op)
    with pytest.raises(wire.SubmissionError) as raised:
        wire.decode_submission(line)
    assert str(raised.value).endswith(f" - at `$.{path}`")


def test_file_changes_are_tagged_from_outside() -> None:
    request = ApplyPatchApprovalRequest(
        call_id="c",
        changes={
            "/abs/new.txt": Add("hi\n"),
            "/abs/old.txt": Delete("gone\n"),
            "/abs/m.py": Update("@@ -1 +1 @@\n-a\n+b\n", None),
        },
    )
    assert wire.encode_event(Event("1", request)) == (
        b'{"id":"1","msg":{"type":"apply_patch_approval_request","call_id":"c","changes":'
        b'{"/abs/new.txt":{"add":{"content":"hi\\n"}},"/abs/old.txt":"delete","/abs/m.py":'
        b'{"update":{"unified_diff":"@@ -1 +1 @@\\n-a\\n+b\\n","move_path":null}}}}}'
    )


def test_an_absent_reason_is_left_out_and_a_given_one_is_not() -> None:
    request = ExecApprovalRequest(call_id="c", command=("ls",), cwd="/")
    assert b"reason" not in wire.encode_event(Event("1", request))
    request = ExecApprovalRequest(call_id="c", command=("ls",), cwd="/", reason="why")
    assert b'"reason":"why"' in wire.encode_event(Event("1", request))


@pytest.mark.parametrize(
    ("msg", "expected"),
    [
        (TaskStarted(), '{"type":"task_started"}'),
        (TaskComplete(None), '{"type":"task_complete","last_agent_message":null}'),
        (AgentMessage("ü"), '{"type":"agent_message","message":"ü"}'),
        (Error("no"), '{"type":"error","message":"no"}'),
        (
            PlanUpdate(None, (PlanStep("a", StepStatus.IN_PROGRESS),)),
            '{"type":"plan_update","explanation":null,'
            '"plan":[{"step":"a","status":"in_progress"}]}',
        ),
        (
            SessionConfigured(
                session_id="s",
                model="m",
                cwd="/",
                provider="p",
                approval_policy="never",
                sandbox="read-only",
            ),
            '{"type":"session_configured","session_id":"s","model":"m","cwd":"/","provider":"p",'
            '"approval_policy":"never","sandbox":"read-only","history_log_id":0,'
            '"history_entry_count":0}',
        ),
    ],
)
def test_an_event_is_written_compactly_with_its_type_first(msg: Any, expected: str) -> None:
    assert wire.encode_event(Event("0", msg)).decode() == '{"id":"0","msg":' + expected + "}"


def test_a_file_name_that_is_no_unicode_does_not_break_the_line() -> None:
    request = ApplyPatchApprovalRequest(call_id="c", changes={"/bad\udcff": Add("")})
    assert json.loads(wire.encode_event(Event("1", request)))["msg"]["call_id"] == "c"


def test_an_unknown_event_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="moon_phase"):
        wire.decode_event(b'{"id":"1","msg":{"type":"moon_phase"}}')
