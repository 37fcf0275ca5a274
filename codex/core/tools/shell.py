"""The `shell` tool: run a program."""

from __future__ import annotations

from codex.core.context import TaskContext, ToolOutput
from codex.core.tools.shell_arguments import ShellArguments
from codex.core.tools.tool import Tool, json_arguments, object_schema
from codex.model.prompt import ToolSpec


def shell_tool(timeout_ms: int) -> Tool[ShellArguments]:
    """Return the `shell` tool. Args: timeout_ms: the time-out of a call that names none."""
    return Tool(
        spec=_spec(timeout_ms),
        arguments=json_arguments(ShellArguments),
        run=_run,
        aliases=("container.exec", "local_shell"),
    )


def _run(context: TaskContext, call_id: str, arguments: ShellArguments) -> ToolOutput:
    from codex.core.tools.shell_call import run_shell_call

    return run_shell_call(context, call_id, arguments)


def _spec(timeout_ms: int) -> ToolSpec:
    return ToolSpec(
        name="shell",
        description="Run a program and return its output (stdout and stderr merged) and exit code.",
        parameters=object_schema(
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
