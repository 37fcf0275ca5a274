"""Turn the parsed arguments of a subcommand into values: Overrides, ExecOptions, TuiOptions."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from codex.base.errors import UsageError
from codex.config.overrides import Overrides
from codex.config.permissions import PERMISSION_FORMS, is_permission
from codex.exec.options import ExecOptions
from codex.protocol.policy import APPROVAL_NAMES, SANDBOX_MODES, AskForApproval

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from codex.base.host import Host
    from codex.tui.options import TuiOptions

BYPASS = "--dangerously-bypass-approvals-and-sandbox"


def session_overrides(parsed: Namespace) -> Overrides:
    """Return the Overrides of a subcommand that has the session flags and `--ask-for-approval`.

    Raises: UsageError, if a value is wrong or flags contradict each other.
    """
    _refuse_conflicts(parsed)
    mode, permissions = _sandbox(parsed)
    return Overrides(
        model=parsed.model,
        provider=parsed.provider,
        is_oss=parsed.oss,
        profile=parsed.profile,
        approval_policy=_approval(parsed),
        sandbox_mode=mode,
        sandbox_permissions=permissions,
        writable_roots=tuple(parsed.add_dir),
        is_container=parsed.is_container,
        cwd=parsed.cd,
        disable_response_storage=parsed.disable_response_storage,
        is_ephemeral=parsed.ephemeral,
        config=tuple(parsed.config),
    )


def sandbox_overrides(parsed: Namespace) -> Overrides:
    """Return the Overrides of `codex sandbox`, which has only the flags that concern the sandbox.

    Raises: UsageError, if a value is wrong or flags contradict each other.
    """
    listed = [part for value in parsed.permissions for part in value.split(",") if part]
    if parsed.permissions and (parsed.sandbox or parsed.full_auto):
        raise UsageError("--permissions cannot be used together with --sandbox or --full-auto")
    if parsed.full_auto and parsed.sandbox:
        raise UsageError("--full-auto cannot be used together with --sandbox")
    for value in listed:
        if not is_permission(value):
            known = ", ".join(PERMISSION_FORMS)
            raise UsageError(f'--permissions "{value}": expected one of {known}')
    mode, permissions = ("workspace-write", None) if parsed.full_auto else _modes(parsed.sandbox)
    return Overrides(
        profile=parsed.profile,
        sandbox_mode=mode,
        sandbox_permissions=tuple(listed) if parsed.permissions else permissions,
        writable_roots=tuple(parsed.add_dir),
        is_container=parsed.is_container,
        cwd=parsed.cd,
        config=tuple(parsed.config),
    )


def exec_arguments(parsed: Namespace, cwd: str) -> tuple[Overrides, ExecOptions]:
    """Return the Overrides and ExecOptions of `codex exec`, `exec resume` or `exec fork`.

    They never ask for approval, so `--ask-for-approval` may only be `never`.

    Args: cwd: the process's working directory, where relative paths of images start.
    Raises: UsageError.
    """
    policy = parsed.ask_for_approval
    if policy not in (None, AskForApproval.NEVER.value):
        raise UsageError(
            f'--ask-for-approval "{policy}": codex exec cannot ask, so only "never" is possible'
        )
    # exec/main.py always sets `never`, so the flag conflicts with no other flag.
    parsed.ask_for_approval = None
    overrides = session_overrides(parsed)
    images, prompt = split_images(parsed.image, parsed.argument, cwd)
    return overrides, ExecOptions(
        prompt=prompt,
        images=images,
        color=parsed.color,
        output_last_message=parsed.output_last_message,
        skip_git_repo_check=parsed.skip_git_repo_check,
    )


def tui_arguments(parsed: Namespace, cwd: str) -> tuple[Overrides, TuiOptions]:
    """Return the Overrides and TuiOptions of the full screen: of `codex`, `resume` or `fork`.

    Args: cwd: the process's working directory, where relative paths of images start.
    Raises: UsageError, also if an image does not exist.
    """
    from codex.tui.options import TuiOptions

    overrides = session_overrides(parsed)
    images, prompt = split_images(parsed.image, parsed.argument, cwd)
    paths = tuple(os.path.join(cwd, path) for path in images)
    for path in paths:
        if not os.path.isfile(path):
            raise UsageError(f"--image '{path}': no such file")
    return overrides, TuiOptions(
        prompt=prompt or None,
        images=paths,
        has_alternate_screen=not parsed.no_alternate_screen,
        skip_git_repo_check=parsed.skip_git_repo_check,
    )


def history_call(word: str, parsed: Namespace) -> Callable[[Host, str], int]:
    """Return a function that runs `codex history WORD`; its arguments are the Host and CODEX_HOME.

    Args: word: `list`, `search`, `delete` or `path`.
    Raises: UsageError, if a number is wrong.
    """
    from codex.subcommands import history as history_command

    if word == "path":
        return history_command.show_path
    if word == "delete":
        numbers = tuple(_number(text, "a message's number") for text in parsed.words)
        chosen = history_command.ChosenEntries(numbers, parsed.matching, parsed.all)
        return partial(history_command.delete, chosen=chosen, is_sure=parsed.yes)
    count = history_command.DEFAULT_COUNT
    if parsed.count is not None:
        count = _number(parsed.count, "a number for --count")
    shown = history_command.ListOptions(count, parsed.json)
    if word == "list":
        return partial(history_command.show_list, shown=shown)
    return partial(history_command.show_matches, text=" ".join(parsed.text), shown=shown)


def session_limit(parsed: Namespace) -> int | None:
    """Return the `--limit` of `codex sessions`; None if it was not given.

    Raises: UsageError, if it is not a number from 1 up.
    """
    return None if parsed.limit is None else _number(parsed.limit, "a number for --limit")


def _number(text: str, expected: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise UsageError(f'expected {expected} from 1 up, got "{text}"')
    return int(text)


def take_old_session(parsed: Namespace, command: str, cwd: str) -> str | None:
    """Return the session that follows `resume` or `fork`: id or name as typed; None with `--last`.

    The prompt after it is stored in `parsed.argument`; None if there is none. Words that argparse
    read as images are removed from `parsed.image`.
    Args: command: the subcommand, such as `exec resume`, for error messages. cwd: the process's
        working directory, where relative paths of images start.
    Raises: UsageError, if there is no session, or a word too many.
    """
    most = 1 if parsed.last else 2
    words: list[str] = parsed.words
    words += swallowed_words(parsed.image, most - len(words), cwd)
    if len(words) > most:
        raise UsageError(
            f'unexpected argument "{words[most]}"', advice="Quote a prompt of several words."
        )
    if parsed.last:
        parsed.argument = words[0] if words else None
        return None
    if not words:
        raise UsageError(
            f"which session? codex {command} needs an id, a name, or --last",
            advice="To list sessions: codex sessions --all",
        )
    parsed.argument = words[1] if len(words) == 2 else None
    return words[0]


def split_images(
    groups: Sequence[Sequence[str]], prompt: str | None, cwd: str
) -> tuple[tuple[str, ...], str | None]:
    """Return the image files as typed, and the prompt, which argparse may have read as an image.

    Args: groups: the values of each `--image`; a value may be a comma-separated list. prompt: the
        prompt that argparse found. cwd: where relative paths of images start.
    """
    values = [list(group) for group in groups]
    if prompt is None:
        prompt = next(iter(swallowed_words(values, 1, cwd)), None)
    images = [path for group in values for value in group for path in _files(value, cwd) or [value]]
    return tuple(images), prompt


def swallowed_words(groups: list[list[str]], most: int, cwd: str) -> list[str]:
    """Remove from `groups` the words that argparse wrongly took for images, and return them.

    `groups` holds the values of each `--image`. Of the last one, up to `most` values at its end are
    words if no files of these names exist in `cwd`; its first value is always an image.
    """
    words: list[str] = []
    while groups and len(groups[-1]) > 1 and len(words) < most and not _files(groups[-1][-1], cwd):
        words.insert(0, groups[-1].pop())
    return words


def _files(value: str, cwd: str) -> list[str]:
    """Return the files that a value of `--image` names: one, or a comma-separated list.

    The result is empty if one of them does not exist.
    """
    for paths in ([value], value.split(",")):
        if all(path and os.path.exists(os.path.join(cwd, path)) for path in paths):
            return paths
    return []


def _refuse_conflicts(parsed: Namespace) -> None:
    given = {
        "--full-auto": parsed.full_auto,
        BYPASS: parsed.bypass,
        "--sandbox": parsed.sandbox,
        "--ask-for-approval": parsed.ask_for_approval,
    }
    names = [name for name, value in given.items() if value]
    if len(names) > 1 and (parsed.full_auto or parsed.bypass):
        raise UsageError(f"{names[0]} cannot be used together with {names[1]}")


def _approval(parsed: Namespace) -> AskForApproval | None:
    if parsed.full_auto:
        return AskForApproval.ON_FAILURE
    if parsed.bypass:
        return AskForApproval.NEVER
    name = parsed.ask_for_approval
    if name is None:
        return None
    if name not in APPROVAL_NAMES:
        known = ", ".join(APPROVAL_NAMES)
        raise UsageError(f'--ask-for-approval "{name}": expected one of {known}')
    return APPROVAL_NAMES[name]


def _sandbox(parsed: Namespace) -> tuple[str | None, tuple[str, ...] | None]:
    """Return the sandbox mode and the permissions that the flags set; at least one is None."""
    if parsed.full_auto:
        return "workspace-write", None
    if parsed.bypass:
        return "danger-full-access", None
    return _modes(parsed.sandbox)


def _modes(values: Sequence[str]) -> tuple[str | None, tuple[str, ...] | None]:
    for value in values:
        if value not in SANDBOX_MODES and not is_permission(value):
            known = ", ".join((*SANDBOX_MODES, *PERMISSION_FORMS))
            raise UsageError(f'--sandbox "{value}": expected one of {known}')
    modes = {value for value in values if value in SANDBOX_MODES}
    if not modes:
        return None, tuple(values) or None
    if len(set(values)) > 1:
        raise UsageError(
            "--sandbox: expected one mode, or any number of permissions, got " + ", ".join(values)
        )
    return values[0], None
