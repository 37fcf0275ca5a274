"""The tools `codex` and `codex-reply`: their schemas, and their arguments as settings. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import CodexError
from codex.base.jsonio import dumps
from codex.config.overrides import Overrides
from codex.config.permissions import PERMISSION_FORMS, is_permission
from codex.protocol.policy import APPROVAL_NAMES, SANDBOX_MODES

if TYPE_CHECKING:
    from codex.protocol.items import Json

CODEX = "codex"
REPLY = "codex-reply"

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

_RESULT = {
    "type": "object",
    "properties": {
        "threadId": {"type": "string", "description": "The session's id, for codex-reply"},
        "content": {"type": "string", "description": "The agent's last message"},
    },
    "required": ["content"],
}


def _text(description: str, **more: Json) -> dict[str, Json]:
    return {"type": "string", "description": description, **more}


def tool_list() -> list[dict[str, Json]]:
    """Return the tools as `tools/list` lists them."""
    return [
        {
            "name": CODEX,
            "title": "Codex",
            "description": "Run a Codex session: a coding agent that works in a folder. The "
            "parameters match Codex's configuration.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "prompt": _text("What to do: the user's first message"),
                    "model": _text("The model's name, such as o3 or o4-mini"),
                    "profile": _text("The profile in config.toml to use"),
                    "cwd": _text(
                        "The working directory; a relative path is relative to the server's own"
                    ),
                    "approval-policy": _text(
                        "When the user is asked for approval",
                        enum=list(APPROVAL_NAMES),
                    ),
                    "sandbox": _text("What commands may touch", enum=list(SANDBOX_MODES)),
                    "sandbox-permissions": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "All permissions that commands have, instead of "
                        "`sandbox`: " + ", ".join(PERMISSION_FORMS),
                    },
                    "disable-response-storage": {
                        "type": "boolean",
                        "description": "Do not let the model's server store the conversation",
                    },
                    "base-instructions": _text("Replaces the built-in base prompt"),
                    "config": {
                        "type": "object",
                        "additionalProperties": True,
                        "description": "Any keys of config.toml; they override the file",
                    },
                    "include-plan-tool": {
                        "type": "boolean",
                        "description": "Whether the agent gets the plan tool",
                    },
                },
                "required": ["prompt"],
            },
            "outputSchema": _RESULT,
            "annotations": {
                "title": "Codex",
                "readOnlyHint": False,
                "destructiveHint": True,
                "idempotentHint": False,
                "openWorldHint": True,
            },
        },
        {
            "name": REPLY,
            "title": "Codex reply",
            "description": "Continue a Codex session by its id.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "threadId": _text("The session's id, as the codex tool returned it"),
                    "conversationId": _text("An older name of threadId"),
                    "prompt": _text("The user's next message"),
                },
                "required": ["prompt"],
            },
            "outputSchema": _RESULT,
            "annotations": {
                "title": "Codex reply",
                "readOnlyHint": False,
                "destructiveHint": True,
                "idempotentHint": False,
                "openWorldHint": True,
            },
        },
    ]


class CodexArguments(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The arguments of `codex`; unknown members are ignored."""

    prompt: str
    model: str | None = None
    profile: str | None = None
    cwd: str | None = None
    approval_policy: str | None = None
    sandbox: str | None = None
    sandbox_permissions: tuple[str, ...] | None = None
    disable_response_storage: bool | None = None
    base_instructions: str | None = None
    config: dict[str, Any] | None = None
    include_plan_tool: bool | None = None


class ReplyArguments(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of `codex-reply`."""

    prompt: str
    threadId: str | None = None  # noqa: N815 - its name on the wire
    conversationId: str | None = None  # noqa: N815 - likewise

    @property
    def session_id(self) -> str | None:
        """Session id, under either name; None if neither is given."""
        return self.threadId or self.conversationId


def overrides_of(arguments: CodexArguments) -> Overrides:
    """Return the arguments of `codex` for which the command line has options, as Overrides.

    Raises: CodexError, if a value is unknown, or sandbox and sandbox-permissions are both given.
    """
    settings = dict(arguments.config or {})
    if arguments.disable_response_storage is not None:
        settings["disable_response_storage"] = arguments.disable_response_storage
    return Overrides(
        model=arguments.model,
        profile=arguments.profile,
        cwd=arguments.cwd,
        approval_policy=None
        if arguments.approval_policy is None
        else APPROVAL_NAMES[_one_of(APPROVAL_NAMES, arguments.approval_policy, "approval-policy")],
        sandbox_mode=None
        if arguments.sandbox is None
        else _one_of(SANDBOX_MODES, arguments.sandbox, "sandbox"),
        sandbox_permissions=_permissions(arguments),
        config=tuple(_assignments((), settings)),
    )


def _permissions(arguments: CodexArguments) -> tuple[str, ...] | None:
    permissions = arguments.sandbox_permissions
    if permissions is None:
        return None
    if arguments.sandbox is not None:
        raise CodexError("expected either sandbox or sandbox-permissions, got both")
    for permission in permissions:
        if not is_permission(permission):
            known = ", ".join(PERMISSION_FORMS)
            raise CodexError(f'sandbox-permissions "{permission}": expected one of {known}')
    return permissions


def _one_of(known: dict[str, Any], value: str, what: str) -> str:
    if value in known:
        return value
    raise CodexError(f'{what} "{value}": expected one of {", ".join(known)}')


def _assignments(path: tuple[str, ...], table: dict[str, Any]) -> list[str]:
    """Return a table as the `KEY=VALUE` strings of `-c`."""
    found: list[str] = []
    for key, value in table.items():
        # A dotted key is a path, as in `-c`.
        parts = (*path, *(key.split(".") if not path and _is_dotted(key) else (key,)))
        if isinstance(value, dict) and value:
            found += _assignments(parts, value)
        elif value is not None:
            name = ".".join(part if _BARE_KEY.fullmatch(part) else _quoted(part) for part in parts)
            found.append(f"{name}={_toml(value)}")
    return found


def _is_dotted(key: str) -> bool:
    return all(_BARE_KEY.fullmatch(part) for part in key.split("."))


def _toml(value: Any) -> str:
    """Return a JSON value as TOML; the two differ only in tables."""
    if isinstance(value, dict):
        members = (f"{_quoted(key)} = {_toml(item)}" for key, item in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    return dumps(value).decode()
