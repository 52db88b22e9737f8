"""Numbers as round as their uncertainty allows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.mind.answers.rounding import Rough, down, rough, up


@pytest.mark.parametrize(
    ("value", "std", "said"),
    [
        (30.2, 1.5, (30, 30)),
        (33.4, 2.0, (35, 35)),
        (33.4, 1.0, (33, 33)),
        (7.6, 0.5, (8, 8)),
        (147.0, 9.0, (150, 150)),
        (135.0, 9.0, (140, 140)),
        (0.3, 0.05, (0, 1)),
        (30.0, 9.0, (20, 40)),
        (35.0, 14.0, (20, 50)),
        (4.0, 2.0, (2, 6)),
        (20.0, 30.0, (0, 50)),
        (0.0, 0.0, (0, 1)),
    ],
)
def test_it_is_as_round_as_it_may_be(value: float, std: float, said: tuple[int, int]) -> None:
    assert rough(value, std) == Rough(*said)


@pytest.mark.parametrize(("value", "std"), [(math.nan, 1.0), (5.0, math.nan), (math.inf, 1.0), (5.0, -1.0)])
def test_what_is_not_known_is_no_number(value: float, std: float) -> None:
    assert rough(value, std) is None


@given(st.floats(0.0, 500.0), st.floats(0.0, 200.0))
def test_it_never_leaves_its_standard_deviation(value: float, std: float) -> None:
    said = rough(value, std)
    assert said
    if said.form == "about":
        assert abs(said.low - value) <= max(std, 0.5) + 1e-9
    else:
        assert said.low <= max(value - std, 0.0) + 1e-9
        assert said.high >= min(value + std, value + 0.5) - 1e-9
        assert said.high > said.low


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.sampled_from([1.0, 10.0, 0.2]))
def test_a_figure_below_its_limit_stays_below_it(a: float, b: float, per_unit: float) -> None:
    value, limit = sorted((a, b))
    if limit - value > 1e-3:
        assert down(value, per_unit) < up(limit, per_unit)
