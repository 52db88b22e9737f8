"""Counting what tensors hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kitt.engine.quantise.histogram import SIDE_BINS, Growing
from kitt.errors import KittError

VALUES = arrays(np.float32, st.integers(1, 200), elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False))


def counted(*parts: object) -> Growing:
    growing = Growing("t")
    for part in parts:
        growing.add(np.asarray(part, np.float32))
    return growing


@given(VALUES, st.randoms())
def test_counts_depend_on_the_values_and_not_on_their_order(values: np.ndarray, random: object) -> None:
    one = counted(values).histogram()
    order = list(range(len(values)))
    random.shuffle(order)
    other = counted(*(values[i : i + 1] for i in order)).histogram()
    assert np.array_equal(one.counts, other.counts)
    assert (one.limit, one.zeros, one.low, one.high) == (other.limit, other.zeros, other.low, other.high)


@given(VALUES)
def test_each_value_is_in_its_bin(values: np.ndarray) -> None:
    seen = counted(values).histogram()
    assert seen.total == len(values)
    assert seen.zeros == np.count_nonzero(values == 0)
    assert (seen.low, seen.high) == (values.min(), values.max())
    widest = float(np.abs(values).max())
    assert widest <= seen.limit
    assert seen.limit / 2 < widest or widest < 2.0**-99
    expected, _ = np.histogram(values[values != 0].astype(np.float64), seen.edges)
    assert np.array_equal(seen.counts, expected)
    assert len(seen.counts) == 2 * SIDE_BINS


def test_more_values_than_are_counted_at_once() -> None:
    values = np.random.default_rng(0).normal(size=700_001).astype(np.float32)
    assert counted(values).histogram().total == len(values)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_with_the_tensor_named(bad: float) -> None:
    with pytest.raises(KittError, match="tensor 't' of the network takes values that are no finite numbers"):
        counted([1.0, bad])


def test_nothing_counted_is_no_histogram() -> None:
    with pytest.raises(KittError, match="no calibration data"):
        counted([]).histogram()
