"""Find the patch in a command, or in the arguments of the `apply_patch` tool.

A command is a patch only if it does nothing else: `apply_patch PATCH`, or a shell script that is
only this or one here-document for `apply_patch`, perhaps after `cd DIR &&`. The shell runs all
other commands, except a bare patch, which it would run line by line: the model gets an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from codex.apply_patch.parser import BEGIN
from codex.base.bash import script_of, split_script
from codex.base.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMAND_NAMES = ("apply_patch", "applypatch")

HEREDOC = re.compile(
    r"""
    \s* (?: (?P<cd> cd [ \t]+ [^\n]+? ) [ \t]* && \s* )?
    apply_?patch [ \t]* <<(?P<dash>-?) [ \t]*
    (?P<quote>['"]?) (?P<word>\w+) (?P=quote) [ \t]* \n
    (?P<body>.*)
    """,
    re.VERBOSE | re.DOTALL,
)
EXPANDED = re.compile(r"[$`]|\\[\\\n]")
"""Text that bash changes in a here-document whose delimiter is not quoted."""

CALL_ADVICE = (
    "A patch is not a command. Send it as one argument of apply_patch: "
    f'{{"command": ["apply_patch", "{BEGIN}\\n...\\n*** End Patch"]}}'
)


class PatchCall(msgspec.Struct, frozen=True):
    """A command that applies a patch."""

    text: str
    """The patch."""
    workdir: str | None = None
    """Folder that `cd` names, relative to the call's own working directory; None without `cd`."""


def detect(argv: Sequence[str]) -> PatchCall | None:
    """Return the patch that a command applies; None if it does anything else.

    Raises: PatchError, if it is meant as a patch but cannot be accepted as it is.
    """
    if argv and argv[0] in _COMMAND_NAMES:
        if len(argv) != 2:
            raise PatchError("apply_patch takes the whole patch as its one argument")
        return PatchCall(argv[1])
    script = script_of(argv)
    if script is None:
        script = argv[0] if len(argv) == 1 else ""
    if script.lstrip().startswith(BEGIN):
        raise PatchError(CALL_ADVICE)
    return _in_script(script) if len(argv) == 3 else None


def _in_script(script: str) -> PatchCall | None:
    if match := HEREDOC.fullmatch(script):
        return _in_heredoc(match)
    commands = split_script(script)
    if (
        commands
        and len(commands) == 1
        and len(commands[0]) == 2
        and commands[0][0] in _COMMAND_NAMES
    ):
        return PatchCall(commands[0][1])
    return None


def _in_heredoc(match: re.Match[str]) -> PatchCall | None:
    workdir = None
    if match["cd"]:
        commands = split_script(match["cd"])
        if not commands or len(commands) != 1 or len(commands[0]) != 2:
            return None
        workdir = commands[0][1]
        if workdir == "" or workdir.startswith("-"):
            return None
    lines = match["body"].split("\n")
    if match["dash"]:
        lines = [line.lstrip("\t") for line in lines]
    if match["word"] not in lines:
        return None
    end = lines.index(match["word"])
    if any(line.strip() for line in lines[end + 1 :]):
        return None
    body = "\n".join(lines[:end])
    if not match["quote"] and EXPANDED.search(body):
        raise PatchError(
            "The here-document's delimiter is not quoted, so a shell would change the '$', '`' and "
            f"'\\' in the patch: write <<'{match['word']}' and send it again"
        )
    return PatchCall(body, workdir)


def patch_text_of(arguments: str) -> str:
    """Return the patch in the arguments of the `apply_patch` tool, in any shape that models send.

    The shapes are the bare patch; the patch as a JSON string; a command that applies it, without
    `cd`, as a JSON array, such as `["apply_patch", PATCH]`; and a JSON object that holds such a
    string or array as `input`, `patch` or `command`.

    Raises: PatchError, which says what to send.
    """
    if BEGIN in arguments[: len(BEGIN) + 80] and not arguments.lstrip().startswith(("{", "[", '"')):
        return arguments
    value = _json(arguments)
    if isinstance(value, dict):
        value = next((value[key] for key in ("input", "patch", "command") if key in value), None)
    if isinstance(value, list) and value and isinstance(value[-1], str):
        call = detect(value) if all(isinstance(word, str) for word in value) else None
        value = call.text if call is not None and call.workdir is None else None
    if not isinstance(value, str):
        raise PatchError(
            'The arguments hold no patch: send {"input": PATCH}, where PATCH is a string that '
            f"starts with '{BEGIN}'"
        )
    return value


def _json(arguments: str) -> object:
    """Parse JSON; newlines inside strings, which some models write, are accepted."""
    import json

    try:
        return json.loads(arguments, strict=False)
    except (ValueError, RecursionError) as exc:
        raise PatchError(f"The arguments are not JSON: {exc}") from exc
