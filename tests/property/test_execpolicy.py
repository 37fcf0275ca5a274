"""Files of rules: any text gives a policy or a PolicyError, and prefixes match as declared."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from codex.base.errors import PolicyError
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.policy import Policy
from codex.execpolicy.prefix import STRICTNESS, Decision, PrefixRule, strictest
from codex.execpolicy.sed import is_safe_sed

NAMES = st.sampled_from(["a", "b", "len", "str", "range", "prefix_rule", "ARG_RFILE", "fail"])
ATOMS = st.one_of(
    NAMES,
    st.integers(-9, 10**9).map(str),
    st.text("ab{}%s \\'", max_size=6).map(repr),
    st.sampled_from(["None", "True", "[]", "{}", "()", "1.5", "..."]),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "//", "%", "==", "<", "in", "and", "or"]), inner
        ).map(lambda parts: f"({' '.join(parts)})"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]}({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]} for a in {pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: f"(lambda b: {pair[0]})({pair[1]})"),
        inner.map(lambda text: f"{text}.join([{text}])"),
    ),
    max_leaves=12,
)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    EXPRESSIONS.map(lambda text: f"a = {text}"),
    EXPRESSIONS.map(lambda text: f"for b in {text}: a = b"),
    EXPRESSIONS.map(lambda text: f"def a(b): return {text}"),
    st.text(max_size=30),
)


@given(st.lists(STATEMENTS, max_size=6))
def test_any_text_is_a_policy_or_a_policy_error(statements: list[str]) -> None:
    with contextlib.suppress(PolicyError):
        assert isinstance(parse_policy("\n".join(statements), name="p"), Policy)


WORDS = st.sampled_from(["git", "npm", "push", "run", "-f", "x y", 'q"', "\\", "é"])
PATTERNS = st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=3)


@given(PATTERNS, st.sampled_from(Decision), st.lists(WORDS, max_size=5))
def test_a_prefix_rule_matches_as_the_text_says(
    pattern: list[list[str]], decision: Decision, argv: list[str]
) -> None:
    text = f"prefix_rule({pattern!r}, decision = {decision.value!r})"
    (rule,) = parse_policy(text, name="p").prefix_rules
    assert rule.pattern == tuple(map(tuple, pattern))
    fits = len(argv) >= len(pattern) and all(
        argv[index] in words for index, words in enumerate(pattern)
    )
    assert rule.matches(argv) is fits


@given(st.lists(st.tuples(PATTERNS, st.sampled_from(Decision)), max_size=6), st.lists(WORDS))
def test_one_more_rule_never_makes_the_decision_milder(
    rules: list[tuple[list[list[str]], Decision]], argv: list[str]
) -> None:
    made = tuple(PrefixRule(tuple(map(tuple, pattern)), decision) for pattern, decision in rules)

    def rank(upto: int) -> int:
        found = Policy(prefix_rules=made[:upto]).match_prefixes(argv)
        decision = strictest([match.rule.decision for match in found])
        return -1 if decision is None else STRICTNESS[decision]

    ranks = [rank(upto) for upto in range(len(made) + 1)]
    assert ranks == sorted(ranks)


@given(st.text("0123456789,+pew;/ \n", max_size=12))
def test_a_safe_sed_command_has_one_letter_and_it_is_p(command: str) -> None:
    if is_safe_sed(command):
        first, _, rest = command.partition(",")
        assert int(first) >= 0
        assert rest.endswith("p")
        assert int(rest[:-1]) >= 0
