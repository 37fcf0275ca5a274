"""Fuzz targets: settings, command lines, a client's lines, and what is shown to people."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

from codex.base.errors import CodexError, ProtocolError
from codex.base.host import Host
from codex.base.printable import printable
from codex.cli.commands import ALIASES, COMMANDS
from codex.cli.main import run
from codex.cli.options import exec_arguments, session_overrides
from codex.cli.parser import HelpWanted, VersionWanted, parse_arguments
from codex.cli.runners import COMMAND_RUNNERS
from codex.cli.words import find_command
from codex.config.load import load_config
from codex.config.overrides import Overrides
from codex.core.project_doc import collect
from codex.exec.printer import clipped
from codex.model.headers import request_headers
from codex.net.address import endpoint, proxy_for
from codex.protocol.policy import SandboxPolicy
from codex.protocol.wire import (
    decode_event,
    decode_submission,
    encode_event,
    encode_submission,
)
from codex.sandbox.confinement import Confinement
from codex.sandbox.denial import explain_denial
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.protected import NOTHING
from codex.sandbox.output import CappedOutput, LiveLimits, LiveOutput
from codex.sandbox.params import ExecResult
from tests.support.config_home import ConfigHome
from tests.support.fuzz import Target
from tests.support.mutation import mutated_json

BREAK = "\n===\n"
"""Separator of the parts of an input: config.toml, the command line, the environment."""
SETTINGS = [
    """model = "o3"
approval_policy = "on-request"
sandbox_permissions = ["disk-write-cwd", "disk-write-folder=~/x"]
profile = "p"
notify = ["a", "b"]
[model_providers.mine]
name = "Mine"
base_url = "http://user:p%40ss@[::1]:8000/v1?a=1&b="
wire_api = "chat"
http_headers = { X-A = "1" }
query_params = { "api-version" = "2025 x" }
request_max_retries = 3
[profiles.p]
model_provider = "mine"
[shell_environment_policy]
inherit = "core"
exclude = ["A*"]
===
exec
-c
model_providers.mine."base_url"='http://bücher.example/v1'
--sandbox
workspace-write
-C
.
-i
a.png,b.png
prompt
===
HTTP_PROXY=http://u:p@proxy:1
NO_PROXY=*.example, 10.0.0.0/8 [::1]:8000
OPENAI_STREAM_MAX_RETRIES=5""",
    """sandbox_mode = "workspace-write"
[sandbox_workspace_write]
writable_roots = ["/x", "y"]
network_access = true
[mcp_servers.s]
command = "x"
args = ["1"]
===
proto
-a
never
--add-dir=x
-cmodel_reasoning_effort=high
--provider
ollama
===
https_proxy=p:1
OPENAI_BASE_URL=https://h/v1
OLLAMA_API_BASE=http://h""",
    "\n===\n--help\nexec\n===\n",
    "\n===\nexce\n===\n",
]
SUBMISSIONS: list[dict[str, object]] = [
    {"id": "1", "op": {"type": "user_input", "items": [{"type": "text", "text": "hi"}]}},
    {"id": "2", "op": {"type": "exec_approval", "id": "c", "decision": "approved"}},
    {
        "id": "3",
        "op": {
            "type": "configure_session",
            "provider": {"name": "p", "base_url": "http://h", "env_key": None},
            "model": "m",
            "approval_policy": "untrusted",
            "sandbox_policy": {
                "permissions": ["disk-write-cwd", {"disk-write-folder": {"folder": "/x"}}]
            },
            "cwd": "/",
        },
    },
    {
        "id": "4",
        "op": {
            "type": "configure_session",
            "provider": {"name": "p", "base_url": "http://h"},
            "model": "m",
            "approval_policy": "never",
            "sandbox_policy": {"mode": "workspace-write", "writable_roots": ["/x"]},
            "cwd": "/",
        },
    },
    {
        "id": "5",
        "msg": {
            "type": "patch_apply_begin",
            "call_id": "c",
            "auto_approved": True,
            "changes": {
                "a": {"add": {"content": "x"}},
                "b": "delete",
                "c": {"update": {"unified_diff": "@@", "move_path": None}},
            },
        },
    },
]
OUTPUTS = [
    "sh: 1: cannot create '/etc/x': Permission denied\nline\r\nline\n",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x1bP0;x\x1b\\ \u202eabc\u2066 caf\ud83d",
    "curl: (6) Could not resolve host: example.com\n" * 30,
    "[... 12 bytes, 3 lines left out ...]\n" + "é😀\n" * 50,
]


def _settings(folder: Path) -> Callable[[str], object]:
    home = ConfigHome(folder)

    def take(text: str) -> None:
        file, _, rest = text.partition(BREAK)
        argv, _, environ = rest.partition(BREAK)
        Path(home.config_file).write_bytes(file.encode("utf-8", "surrogatepass"))
        # No argument or variable can hold a NUL, or half a character that stands for no byte.
        clean = [_from_system(part) for part in (argv, environ)]
        variables = dict(line.split("=", 1) for line in clean[1].split("\n") if "=" in line)
        host = home.host(*clean[0].split("\n"))._replace(
            environ={**home.environ, **variables, "HOME": str(home.home)},
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
        with contextlib.suppress(CodexError, HelpWanted, VersionWanted):
            _load_and_use(host)

    return take


def _from_system(text: str) -> str:
    return (
        text.replace("\0", "").encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    )


def _load_and_use(host: Host) -> None:
    """Run everything before a session would start."""
    command, arguments = find_command(host.argv)
    name = ALIASES.get(command or "", command)
    if name not in COMMAND_RUNNERS:
        run(host)
        return
    parsed = parse_arguments(COMMANDS[name], arguments)
    overrides = Overrides()
    if name == "exec":
        overrides, _ = exec_arguments(parsed, host.cwd)
    elif name == "proto":
        overrides = session_overrides(parsed)
    config = load_config(host, overrides)
    provider = config.provider
    address = endpoint(provider.base_url, "/x", provider.query_params)
    request_headers(provider, host.environ, userinfo=address.userinfo)
    proxy_for(address, host.environ)
    assert f"{address}{address.target}".isascii()


def _submission(_: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        line = text.encode("utf-8", "surrogatepass")
        with contextlib.suppress(ProtocolError):
            submission = decode_submission(line)
            assert decode_submission(encode_submission(submission)) == submission
        with contextlib.suppress(ProtocolError):
            event = decode_event(line)
            assert decode_event(encode_event(event)) == event

    return take


def _shown_text(folder: Path) -> Callable[[str], object]:
    doc = folder / "AGENTS.md"

    def take(text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        generator = random.Random(data)
        shown = clipped(printable(text))
        assert "\x1b" not in shown
        shown.encode()
        limit = generator.randint(2, 300)
        capped = CappedOutput(max_bytes=limit, max_lines=generator.randint(2, 40))
        live = LiveOutput(LiveLimits(total_bytes=limit, chunk_bytes=20))
        for start in range(0, len(data), limit):
            capped.add(data[start : start + limit])
            live.add(data[start : start + limit], now=start)
        live.close()
        _explain(capped.text())
        doc.write_bytes(data)
        found = collect(str(folder), str(folder), limit)
        assert len((found.text or "").encode()) <= 3 * limit  # U+FFFD has three bytes

    return take


def _explain(output: str) -> None:
    result = ExecResult(
        exit_code=1, stdout="", stderr="", output=output, duration_ms=0, is_sandboxed=True
    )
    policy = SandboxPolicy(can_write_cwd=True, can_use_network=bool(len(output) % 2))
    confinement = Confinement(policy, "/work", None, ("/work",), (), UNENFORCED, NOTHING)
    explain_denial(result, confinement, cwd="/work", is_writable=lambda _: True)


TARGETS = {
    "settings": Target(_settings, SETTINGS),
    "submissions": Target(_submission, [json.dumps(value) for value in SUBMISSIONS], mutated_json),
    "shown text": Target(_shown_text, OUTPUTS),
}
