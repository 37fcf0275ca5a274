"""Judge a command by the user's rules and the trust table.

What permits a command is judged strictly: the text must plainly be a list of commands, and every
one of them is judged. What forbids a command is searched for loosely (danger.py). A rule file that
cannot be read permits nothing and might forbid anything: until it is fixed, every command needs
approval or is rejected. `allow` means that a command runs without a question, inside the sandbox;
no rule takes a command out of the sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import PolicyError
from codex.core.safety.danger import is_dangerous, possible_commands
from codex.core.safety.trusted import is_reader, plain_commands
from codex.execpolicy.checker import misplaced_file
from codex.execpolicy.policy import Forbidden, Matched, Policy
from codex.execpolicy.prefix import Decision, PrefixRule, strictest
from codex.execpolicy.program import ExecCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.execpolicy.prefix import PrefixMatch

SESSION = "this session"
"""Origin of a rule that the user made by answering a question."""


class Ruling(NamedTuple):
    """What is known about a command before the approval policy is applied.

    With a `decision`, the two flags are False: they have not been judged.
    """

    decision: Decision | None = None
    """Decision of the user's rules, PROMPT if a rule file is unreadable; None if none applies."""
    reason: str | None = None
    """Reason why the command is forbidden or asked about; None for any other command."""
    is_reader: bool = False
    """Whether the command can only read."""
    is_dangerous: bool = False
    """Whether the command might delete files by force."""


class Rules:
    """The rules of one session about commands."""

    def __init__(self, policy: Policy | None = None, failures: Sequence[str] = ()) -> None:
        """Args: failures: an error text for each rule file or folder that could not be read."""
        self._policy = policy or Policy()
        self.failures = tuple(failures)

    def allow(self, prefix: Sequence[str]) -> None:
        """Let commands that begin with these words run in the sandbox without a question.

        Stricter rules still apply. The rule lasts for the session.
        """
        rule = PrefixRule(tuple((word,) for word in prefix), origin=SESSION)
        self._policy = self._policy.joined(Policy(prefix_rules=(rule,)))

    def judge(
        self, argv: Sequence[str], *, cwd: str, writable_folders: Sequence[str] | None
    ) -> Ruling:
        """Return the ruling on a command; in a script, every command counts.

        Args:
            cwd: the command's folder, absolute.
            writable_folders: folders that the session's sandbox lets commands write to; None if
                everything is writable.
        """
        strict = self._strict_ruling(argv)
        if strict is not None:
            return strict
        if self.failures:
            return Ruling(
                Decision.PROMPT,
                f"a rule file cannot be read and may forbid this: {self.failures[0]}",
            )
        if self._policy.match_prefixes(argv):
            # The rule names the words as they are, even those of a shell and its script.
            return Ruling(Decision.ALLOW)
        dangerous = is_dangerous(argv)
        commands = plain_commands(argv)
        if commands is None:
            return Ruling(is_dangerous=dangerous)
        rest = [command for command in commands if not self._is_reader(command)]
        if not rest:
            return Ruling(is_reader=True)
        folders = ("/",) if writable_folders is None else writable_folders
        if all(self._is_allowed(command, cwd, folders) for command in rest):
            return Ruling(Decision.ALLOW)
        return Ruling(is_dangerous=dangerous)

    def _strict_ruling(self, argv: Sequence[str]) -> Ruling | None:
        """Return the ruling of the strictest rule that matches anything the command may run.

        Returns: None if no matching rule is stricter than `allow`.
        """
        policy = self._policy
        matches: list[PrefixMatch] = []
        if not (policy.prefix_rules or policy.has_programs):
            return None
        for words in (*possible_commands(argv), *(plain_commands(argv) or ())):
            matches += policy.match_prefixes(words)
            forbidden = policy.check(ExecCall(words[0], words[1:]))
            if isinstance(forbidden, Forbidden):
                return Ruling(Decision.FORBIDDEN, f"a rule forbids it: {forbidden.reason}")
        decision = strictest([match.rule.decision for match in matches])
        if decision is None or decision is Decision.ALLOW:
            return None
        match = next(match for match in matches if match.rule.decision is decision)
        verb = "forbids" if decision is Decision.FORBIDDEN else "asks about"
        why = f": {match.rule.justification}" if match.rule.justification else ""
        prefix = " ".join(match.prefix)
        return Ruling(decision, f"the rule {match.rule.origin} {verb} '{prefix}'{why}")

    def _is_reader(self, command: tuple[str, ...]) -> bool:
        return is_reader(command) or self._is_safe(command)

    def _is_safe(self, command: tuple[str, ...]) -> bool:
        result = self._check(command)
        return isinstance(result, Matched) and not result.match.may_write

    def _is_allowed(
        self, command: tuple[str, ...], cwd: str, writable_folders: Sequence[str]
    ) -> bool:
        if self._policy.match_prefixes(command):
            return True  # judge() has already looked for stricter rules.
        result = self._check(command)
        return (
            isinstance(result, Matched)
            and misplaced_file(result.match, cwd=cwd, writable_folders=writable_folders) is None
        )

    def _check(self, command: tuple[str, ...]) -> object:
        return self._policy.check(ExecCall(command[0], command[1:]))


def load_rules(paths: Sequence[str], failures: Sequence[str]) -> Rules:
    """Read rule files in order, and return their rules; a file that cannot be read is a failure.

    Args: failures: error texts to put before those of the files.
    """
    from codex.execpolicy.load import load_policy

    policy = Policy()
    found = list(failures)
    for path in paths:
        try:
            policy = policy.joined(load_policy(path))
        except PolicyError as error:
            found.append(str(error))
    return Rules(policy, found)
