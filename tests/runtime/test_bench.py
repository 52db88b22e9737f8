"""The bench runs on any drive and its ratios are what it says they are."""

import pytest

from kitt.config import Config
from kitt.runtime import bench

from .conftest import MakeDrive, pictures


@pytest.mark.weights
def test_the_pipeline_costs_more_than_the_bare_network_it_contains(make_drive: MakeDrive, fast: Config) -> None:
    cost = bench.pipeline_cost(bench.frames_of(make_drive(list(pictures(12))), 12), fast, None)
    assert cost.frames == 12
    assert cost.bare_ms > 0
    assert 0.9 < cost.ratio < 20


@pytest.mark.weights
def test_a_looped_drive_goes_on_in_time(make_drive: MakeDrive) -> None:
    records = list(bench.looped(make_drive(list(pictures(10))), minutes=0.1).read())
    times = [r.t_ns for r in records if r.t_ns is not None]
    assert times == sorted(set(times))
    assert (times[-1] - times[0]) / 1e9 == pytest.approx(6.0, abs=0.2)


def test_memory_of_this_process_is_plausible() -> None:
    assert 20 < bench.resident_mb() < 20_000
