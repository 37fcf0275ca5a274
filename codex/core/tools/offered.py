"""The tools offered to the model: name -> specification and handler."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from codex.base.errors import CodexError, PatchError
from codex.base.jsonio import loads
from codex.core.context import TaskContext, ToolOutput
from codex.model.prompt import ToolSpec
from codex.protocol.events import PlanStep, PlanUpdate, ViewImage

if TYPE_CHECKING:
    from codex.config.types import Config
    from codex.core.tools.mcp import Offer
    from codex.protocol.items import FunctionCall


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


APPLY_PATCH = ToolSpec(
    name="apply_patch",
    description="Add, change, move or delete files by a patch; all of it or nothing is written.",
    parameters=_object(
        {"input": {"type": "string", "description": "*** Begin Patch ... *** End Patch"}},
        ["input"],
    ),
)
UPDATE_PLAN = ToolSpec(
    name="update_plan",
    description="Show the user your plan. Send the whole list each time.",
    parameters=_object(
        {
            "explanation": {"type": "string"},
            "plan": {
                "type": "array",
                "items": _object(
                    {
                        "step": {"type": "string"},
                        "status": {
                            "type": "string",
                            "enum": ["pending", "in_progress", "completed"],
                        },
                    },
                    ["step", "status"],
                ),
            },
        },
        ["plan"],
    ),
)
VIEW_IMAGE = ToolSpec(
    name="view_image",
    description="Look at an image file (PNG, JPEG, GIF, WebP).",
    parameters=_object({"path": {"type": "string"}}, ["path"]),
)


def _shell_spec(timeout_ms: int) -> ToolSpec:
    return ToolSpec(
        name="shell",
        description="Run a program and return its output (stdout and stderr merged) and exit code.",
        parameters=_object(
            {
                "command": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": 'Program and arguments: ["bash", "-lc", "make | tail -50"]',
                },
                "workdir": {"type": "string", "description": "Defaults to the working directory"},
                "timeout": {"type": "number", "description": f"Milliseconds; default {timeout_ms}"},
                "with_escalated_permissions": {
                    "type": "boolean",
                    "description": "Ask the user to run this outside the sandbox",
                },
                "justification": {"type": "string", "description": "Why, in one sentence"},
            },
            ["command"],
        ),
    )


def tool_specs(config: Config) -> tuple[ToolSpec, ...]:
    """What is offered, always in the same order."""
    plan = (UPDATE_PLAN,) if config.has_plan_tool else ()
    image = (VIEW_IMAGE,) if config.model.has_images else ()
    return (_shell_spec(config.command_timeout_ms), APPLY_PATCH, *plan, *image)


class _PlanArguments(msgspec.Struct, frozen=True):
    plan: tuple[PlanStep, ...]
    explanation: str | None = None


class _ImageArguments(msgspec.Struct, frozen=True):
    path: str


def mcp_offer(context: TaskContext) -> Offer | None:
    """What MCP servers offer now; None without any.

    Raises: CodexError, when a required server has failed. Interrupted.
    """
    servers = context.session.mcp
    if servers is None:
        return None
    from codex.core.tools.mcp import make_offer

    return make_offer(context, servers, [spec.name for spec in tool_specs(context.setup.config)])


def call_tool(context: TaskContext, call: FunctionCall, offer: Offer | None = None) -> ToolOutput:
    """Run one tool call; what went wrong with it is for the model to read.

    Args: offer: what MCP servers offered with the request.

    Raises: Interrupted, when the task was stopped meanwhile.
    """
    try:
        match call.name:
            case "shell" | "container.exec" | "local_shell":
                return _shell(context, call)
            case "apply_patch" | "applypatch":
                return _apply_patch(context, call)
            case "update_plan":
                return _update_plan(context, call)
            case "view_image":
                return _view_image(context, call)
            case _:
                return _other(context, call, offer)
    except (msgspec.ValidationError, ValueError) as error:
        return context.refuse(f"error: cannot read the arguments of '{call.name}': {error}")


def _other(context: TaskContext, call: FunctionCall, offer: Offer | None) -> ToolOutput:
    if offer is not None and (output := offer.call(context, call)) is not None:
        return output
    names = [spec.name for spec in tool_specs(context.setup.config)]
    names += offer.names() if offer is not None else ()
    known = ", ".join(names)
    return context.refuse(f"error: there is no tool '{call.name}'; there are: {known}")


ArgumentsT = TypeVar("ArgumentsT")


def _arguments(call: FunctionCall, type_: type[ArgumentsT]) -> ArgumentsT:
    # Not strict: local models send numbers and booleans as strings.
    return msgspec.convert(loads(call.arguments or "{}"), type_, strict=False)


def _shell(context: TaskContext, call: FunctionCall) -> ToolOutput:
    from codex.core.tools.shell import ShellArguments, shell

    return shell(context, call.call_id, _arguments(call, ShellArguments))


def _apply_patch(context: TaskContext, call: FunctionCall) -> ToolOutput:
    from codex.apply_patch.shell import patch_text_of
    from codex.core.tools.apply_patch import apply_patch_text

    try:
        text = patch_text_of(call.arguments)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    return apply_patch_text(context, call.call_id, text=text, cwd=context.setup.config.cwd)


def _update_plan(context: TaskContext, call: FunctionCall) -> ToolOutput:
    arguments = _arguments(call, _PlanArguments)
    context.emit(PlanUpdate(arguments.explanation, arguments.plan))
    return ToolOutput("Plan updated")


def _view_image(context: TaskContext, call: FunctionCall) -> ToolOutput:
    from codex.core.tools.view_image import image_url

    config = context.setup.config
    if not config.model.has_images:
        return context.refuse(
            f"error: the model '{config.model.model}' does not take images", subject="view image"
        )
    path = os.path.normpath(os.path.join(config.cwd, _arguments(call, _ImageArguments).path))
    try:
        url = image_url(path)
    except CodexError as error:
        return context.refuse(f"error: {error}", subject="view image")
    context.emit(ViewImage(call.call_id, path))
    return ToolOutput(f"The image '{path}' follows.", (url,))
