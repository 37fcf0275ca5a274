"""The `update_plan` tool: the model's plan, shown to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.core.context import TaskContext, ToolOutput
from codex.core.tools.tool import Tool, json_arguments, object_schema
from codex.model.prompt import ToolSpec
from codex.protocol.events import PlanStep, PlanUpdate

if TYPE_CHECKING:
    from codex.config.types import Config


class _PlanArguments(msgspec.Struct, frozen=True):
    plan: tuple[PlanStep, ...]
    explanation: str | None = None


def _run(context: TaskContext, _call_id: str, arguments: _PlanArguments) -> ToolOutput:
    context.emit(PlanUpdate(arguments.explanation, arguments.plan))
    return ToolOutput("Plan updated")


def _is_offered(config: Config) -> bool:
    return config.has_plan_tool


UPDATE_PLAN_TOOL = Tool(
    spec=ToolSpec(
        name="update_plan",
        description="Show the user your plan. Send the whole list each time.",
        parameters=object_schema(
            {
                "explanation": {"type": "string"},
                "plan": {
                    "type": "array",
                    "items": object_schema(
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
    ),
    arguments=json_arguments(_PlanArguments),
    run=_run,
    is_offered=_is_offered,
)
