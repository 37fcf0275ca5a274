from __future__ import annotations

import json
import random

from tests.support.mutation import MAX_LENGTH, mutated, mutated_json


def test_mutations_differ_and_stay_short() -> None:
    generator = random.Random(7)
    values = {mutated(generator, ["x" * 3000, "abc"]) for _ in range(200)}
    assert len(values) > 100
    assert max(map(len, values)) <= MAX_LENGTH


def test_changed_json_is_mostly_json_of_the_same_kind() -> None:
    generator = random.Random(7)
    seed = 'data: {"type": "a", "items": [{"n": 1}, "text"]}\n\n'
    values = [mutated_json(generator, [seed]) for _ in range(200)]
    assert len(set(values)) > 100
    parsed = []
    for value in values:
        line = value.split("\n")[0]
        if line.startswith("data: {"):
            try:
                parsed.append(json.loads(line[6:]))
            except (ValueError, RecursionError):
                continue
    assert len(parsed) > 100
    assert all(isinstance(value, dict) for value in parsed)
    assert any("items" in value and value["items"] != [{"n": 1}, "text"] for value in parsed)
    assert any(value.get("type") != "a" for value in parsed)
