"""`codex execpolicy check` and `check-json`: judge a command by rules and print the result as JSON.

The command is not run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from codex.base.errors import CodexError, ExitStatus, UsageError
from codex.execpolicy.load import default_policy, load_policy
from codex.execpolicy.policy import Forbidden, Matched, Policy
from codex.execpolicy.prefix import Decision, strictest
from codex.execpolicy.program import ExecCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.base.host import Host

_SAFE, _MAY_WRITE, _UNVERIFIED, _FORBIDDEN = 0, 12, 13, 14
"""Exit statuses of the results with `--require-safe`."""
_STATUS_OF_DECISION = {
    None: _UNVERIFIED,
    Decision.ALLOW: _SAFE,
    Decision.PROMPT: _MAY_WRITE,
    Decision.FORBIDDEN: _FORBIDDEN,
}


class CheckOptions(NamedTuple):
    """Flags of `codex execpolicy check` and `codex execpolicy check-json`."""

    policy: tuple[str, ...]
    """Paths of rules files, relative to the working directory; empty: the built-in rules."""
    require_safe: bool
    """Whether the exit status says the result; else it is 0, whatever the result."""
    pretty: bool
    """Whether the JSON is written over several lines."""


class _CallArgument(msgspec.Struct, frozen=True):
    program: str
    args: tuple[str, ...] = ()


def check_words(host: Host, options: CheckOptions, words: Sequence[str]) -> int:
    """Judge the command line `words` and print the result; return the exit status.

    Raises: CodexError, if `words` is empty or a rules file cannot be read.
    """
    if not words:
        raise CodexError("no command to judge", advice="codex execpolicy check -- PROGRAM [ARG]...")
    # JSON cannot contain bytes that are not UTF-8.
    clean = [word.encode(errors="surrogateescape").decode(errors="replace") for word in words]
    return _check(host, options, ExecCall(clean[0], tuple(clean[1:])))


def check_json(host: Host, options: CheckOptions, argument: str) -> int:
    """Judge a command given as JSON and print the result; return the exit status.

    Args: argument: the text `{"program": ..., "args": [...]}`; `args` may be omitted.
    Raises: CodexError, if the JSON or a rules file cannot be read.
    """
    try:
        call = msgspec.json.decode(argument.encode(), type=_CallArgument)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise CodexError(f"cannot read the command: {error}") from error
    return _check(host, options, ExecCall(call.program, call.args))


def _check(host: Host, options: CheckOptions, call: ExecCall) -> int:
    policy = _policy(host, options.policy)
    result: dict[str, Any] = {}
    statuses: list[int] = []
    if policy.has_programs or not policy.prefix_rules:
        verdict, status = _judge_arguments(policy, call)
        result |= verdict
        statuses.append(status)
    if policy.prefix_rules:
        verdict, status = _judge_prefix(policy, call)
        result |= verdict
        statuses.append(status)
    line = msgspec.json.encode(result)
    if options.pretty:
        line = msgspec.json.format(line)
    host.stdout.write(line.decode() + "\n")
    return _combined(statuses) if options.require_safe else ExitStatus.DONE


def _policy(host: Host, paths: Sequence[str]) -> Policy:
    if not paths:
        return default_policy()
    policy = Policy()
    for path in paths:
        if not path:
            raise UsageError("--policy needs the name of a file")
        policy = policy.joined(load_policy(os.path.join(host.cwd, path)))
    return policy


def _judge_arguments(policy: Policy, call: ExecCall) -> tuple[dict[str, Any], int]:
    result = policy.check(call)
    if isinstance(result, Matched):
        name, status = ("match", _MAY_WRITE) if result.match.may_write else ("safe", _SAFE)
        return {"result": name, "match": result.match.json}, status
    if isinstance(result, Forbidden):
        return {"result": "forbidden", "reason": result.reason, "cause": result.cause}, _FORBIDDEN
    return {"result": "unverified", "error": result.error}, _UNVERIFIED


def _judge_prefix(policy: Policy, call: ExecCall) -> tuple[dict[str, Any], int]:
    matches = policy.match_prefixes((call.program, *call.args))
    verdict: dict[str, Any] = {"matchedRules": [match.json for match in matches]}
    decision = strictest([match.rule.decision for match in matches])
    if decision is not None:
        verdict["decision"] = decision.value
    return verdict, _STATUS_OF_DECISION[decision]


def _combined(statuses: Sequence[int]) -> int:
    """Return the strictest status other than `_UNVERIFIED`, or else `_UNVERIFIED`."""
    known = [status for status in statuses if status != _UNVERIFIED]
    return max(known, default=_UNVERIFIED)
