"""The `apply_patch` tool: add, change, move or delete files."""

from __future__ import annotations

from codex.base.errors import PatchError
from codex.core.context import TaskContext, ToolOutput
from codex.core.tools.tool import Tool, object_schema
from codex.model.prompt import ToolSpec


def _run(context: TaskContext, call_id: str, arguments: str) -> ToolOutput:
    from codex.apply_patch.shell import patch_text_of
    from codex.core.tools.patch import apply_patch_text

    try:
        text = patch_text_of(arguments)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    return apply_patch_text(context, call_id, text=text, cwd=context.setup.config.cwd)


APPLY_PATCH_TOOL = Tool(
    spec=ToolSpec(
        name="apply_patch",
        description=(
            "Add, change, move or delete files by a patch; all of it or nothing is written."
        ),
        parameters=object_schema(
            {"input": {"type": "string", "description": "*** Begin Patch ... *** End Patch"}},
            ["input"],
        ),
    ),
    # Models send a patch in several forms, with and without JSON around it.
    arguments=str,
    run=_run,
    aliases=("applypatch",),
)
