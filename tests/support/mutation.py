"""Change good examples at random: their characters or, if they are JSON, their values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

MAX_LENGTH = 4096
STRANGE = (
    "\0\t\n\r\x0b\x0c\x1b !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x7f\x85\xa0é\u2028\u202e\ufeff"
    "\U0001f600\ud83d\udcff09"
)
"""Characters with a meaning for some parser, and two lone surrogates, which stand for bytes that
are not text."""


def mutated(generator: random.Random, seeds: Sequence[str]) -> str:
    """Return one seed after random changes: cut, doubled, replaced, or joined with another."""
    value = generator.choice(seeds)
    for _ in range(generator.randint(0, 6)):
        start, end = sorted(generator.randint(0, len(value)) for _ in range(2))
        strange = "".join(generator.choices(STRANGE, k=generator.randint(1, 3)))
        match generator.randrange(6):
            case 0:
                value = value[:start] + value[end:]
            case 1:
                value = value[:end] + value[start:]
            case 2:
                value = value[:start] + strange + value[end:]
            case 3:
                value = value[:start] + strange + value[start:]
            case 4:
                # Small, so that most of the rest stays in order.
                value = value[:start] + strange + value[start + 1 :]
            case _:
                other = generator.choice(seeds)
                value = value[:start] + other[generator.randint(0, len(other)) :]
    return value[:MAX_LENGTH]


def mutated_json(generator: random.Random, seeds: Sequence[str]) -> str:
    """Return one seed with JSON values changed in up to three lines, which may have a prefix.

    In one of four cases the characters are changed, too.
    """
    lines = generator.choice(seeds).split("\n")
    with_json = [index for index, line in enumerate(lines) if "{" in line]
    for _ in range(generator.randint(1, 3)):
        index = generator.choice(with_json)
        start = lines[index].index("{")
        value = json.loads(lines[index][start:])
        changed = {**value, **_changed_object(generator, value)}
        text = json.dumps(changed, ensure_ascii=generator.random() < 0.5)
        lines[index] = lines[index][:start] + text
    joined = "\n".join(lines)
    return joined if generator.randrange(4) else mutated(generator, [joined])


def _changed_object(generator: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    """Return one member with a changed value, under its own name or another one."""
    name = generator.choice([*value, "x"])
    target = generator.choice([name, name, name, *value])
    return {target: _changed(generator, value.get(name))}


def _changed(generator: random.Random, value: Any) -> Any:
    if generator.random() < 0.25:
        return _strange_value(generator)
    match value:
        case dict():
            smaller = dict(value)
            if smaller and generator.random() < 0.2:
                del smaller[generator.choice(list(smaller))]
            return {**smaller, **_changed_object(generator, smaller)}
        case [*items] if items:
            index = generator.randrange(len(items))
            changed = _changed(generator, items[index])
            kept = items[:index] if generator.random() < 0.5 else items[: index + 1]
            return [*kept, changed, *items[index + 1 :]]
        case str():
            return mutated(generator, [value])
        case int() | float():
            return value + generator.choice((-1, 1, 0.5))
        case _:
            return _strange_value(generator)


def _strange_value(generator: random.Random) -> Any:
    plain: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        2**31,
        2**63,
        2**64,
        0.5,
        1e308,
        "",
        "x",
        "\ud83d",
        [],
        {},
        [None],
    )
    if generator.random() < 0.9:
        return generator.choice(plain)
    value: Any = generator.choice(("x", "9" * 400, 10**300))
    is_list = generator.random() < 0.5
    for _ in range(generator.choice((3, 250, 900))):
        value = [value] if is_list else {generator.choice(("message", "content", "type")): value}
    return value
