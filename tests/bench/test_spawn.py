from __future__ import annotations

from tests.bench.spawn import SpawnCost, spawn_cost, table


def test_every_way_is_measured_in_every_round() -> None:
    cost = spawn_cost(3, resident_bytes=1000)
    assert [len(samples) for samples in cost] == [3, 3, 3, 3]
    assert all(sample > 0 for samples in cost for sample in samples)


def test_the_table_shows_medians_and_what_they_are_over_posix_spawn() -> None:
    cost = SpawnCost([0.001, 0.002, 0.009], [0.003], [0.0025], [0.003])
    assert table(cost).splitlines()[2:] == [
        "| posix_spawn | 2000 | 1000 | +0 |",
        "| unsandboxed | 3000 | 3000 | +1000 |",
        "| rules | 2500 | 2500 | +500 |",
        "| namespaces | 3000 | 3000 | +1000 |",
    ]
