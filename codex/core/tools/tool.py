"""Tool: a function that the model may call, with its specification and handler in one value.

A tool's file is loaded before the first request, so at its top it imports only what its
specification and arguments need. The handler imports the rest when the first call runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from codex.base.jsonio import loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import Config
    from codex.core.context import TaskContext, ToolOutput
    from codex.model.prompt import ToolSpec

ArgumentsT = TypeVar("ArgumentsT")


def _always(_config: Config) -> bool:
    return True


class Tool(msgspec.Struct, Generic[ArgumentsT], frozen=True, kw_only=True):
    """A function that the model may call."""

    spec: ToolSpec
    arguments: Callable[[str], ArgumentsT]
    """Parser of a call's arguments; raises ValueError, or msgspec.ValidationError, if wrong."""
    run: Callable[[TaskContext, str, ArgumentsT], ToolOutput]
    """Handler of a call, given its call id and arguments; may raise Interrupted."""
    aliases: tuple[str, ...] = ()
    """Other names that models call it by."""
    is_offered: Callable[[Config], bool] = _always
    """Whether requests carry the tool under these settings."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a call may use."""
        return (self.spec.name, *self.aliases)

    def call(self, context: TaskContext, call_id: str, arguments: str) -> ToolOutput:
        """Parse the arguments and run the call.

        Raises: ValueError or msgspec.ValidationError, if the arguments are wrong; `run` may be the
            first to notice, as with a NUL in a path. Interrupted.
        """
        return self.run(context, call_id, self.arguments(arguments))


def json_arguments(type_: type[ArgumentsT]) -> Callable[[str], ArgumentsT]:
    """Return a parser of JSON objects with the fields of `type_`; empty text counts as `{}`."""

    def parse(text: str) -> ArgumentsT:
        # Not strict: local models send numbers and booleans as strings.
        return msgspec.convert(loads(text or "{}"), type_, strict=False)

    return parse


def object_schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the JSON schema of an object with these properties, by name, and no others.

    Args: required: names of the properties that the object must have.
    """
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
