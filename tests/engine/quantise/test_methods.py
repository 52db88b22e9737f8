"""From values to ranges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kitt.engine.quantise.histogram import SIDE_BINS, Growing, Histogram
from kitt.engine.quantise.methods import METHODS, entropy, min_max, mse, percentile, s8_error, u8_error
from kitt.engine.quantise.ranges import Range

FLOATS = st.floats(-(2.0**20), 2.0**20, width=32).filter(lambda x: x == 0 or abs(x) > 2.0**-40)
VALUES = arrays(np.float32, st.integers(1, 300), elements=FLOATS)
SHORT = settings(max_examples=25, deadline=None)


def seen(values: np.ndarray) -> Histogram:
    growing = Growing("t")
    growing.add(values)
    return growing.histogram()


def u8_really(values: np.ndarray, held: Range) -> float:
    """The error of doing it."""
    scale = (held.high - held.low) / 255
    zero = round(-held.low / scale)
    q = np.clip(np.rint(values / scale) + zero, 0, 255)
    return float(np.mean(((q - zero) * scale - values) ** 2))


def s8_really(values: np.ndarray, limit: float) -> float:
    scale = limit / 127
    return float(np.mean((np.clip(np.rint(values / scale), -127, 127) * scale - values) ** 2))


def heavy_tailed(count: int = 200_000) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.concatenate([rng.normal(size=count), rng.normal(size=count // 1000) * 12]).astype(np.float32)


@SHORT
@given(VALUES, st.sampled_from(sorted(METHODS)))
def test_zero_is_inside_and_nothing_beyond_what_was_seen(values: np.ndarray, method: str) -> None:
    (low, high), limit = METHODS[method](seen(values))
    assert low <= 0 <= high
    assert low < high
    assert limit > 0
    if np.any(values):
        assert min(values.min(), 0) <= low
        assert high <= max(values.max(), 0)
        assert limit <= np.abs(values).max()


@SHORT
@given(VALUES, st.integers(-12, 12), st.sampled_from(sorted(METHODS)))
def test_scaled_values_give_the_scaled_range(values: np.ndarray, power: int, method: str) -> None:
    (low, high), limit = METHODS[method](seen(values))
    (low2, high2), limit2 = METHODS[method](seen(np.ldexp(values, power)))
    factor = 2.0**power if np.any(values) else 1.0
    assert (low2, high2, limit2) == pytest.approx((low * factor, high * factor, limit * factor), rel=1e-6)


@SHORT
@given(VALUES)
def test_mse_is_never_worse_than_min_max(values: np.ndarray) -> None:
    counted = seen(values)
    widest, widest_limit = min_max(counted)
    held, limit = mse(counted)
    assert u8_error(counted, held) <= u8_error(counted, widest)
    assert s8_error(counted, limit) <= s8_error(counted, widest_limit)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2, 0.08])
def test_the_errors_are_those_of_doing_it(share: float) -> None:
    values = heavy_tailed()
    counted = seen(values)
    (low, high), limit = min_max(counted)
    held = Range(low * share, high * share)
    assert u8_error(counted, held) == pytest.approx(u8_really(values, held), rel=0.02)
    assert s8_error(counted, limit * share) == pytest.approx(s8_really(values, limit * share), rel=0.02)


def test_mse_cuts_a_thin_tail_and_gains_by_it() -> None:
    values = heavy_tailed()
    held, limit = mse(seen(values))
    widest, widest_limit = min_max(seen(values))
    assert limit < 0.9 * widest_limit
    assert s8_really(values, limit) < 0.9 * s8_really(values, widest_limit)
    assert u8_really(values, held) < u8_really(values, widest)


def test_before_a_leaky_relu_negative_values_get_fewer_of_the_steps() -> None:
    """What counts is the error behind it, where negative values are a tenth of what they were."""
    values = np.random.default_rng(4).normal(0, 1, 50_000).astype(np.float32)
    plain, _ = mse(seen(values))
    leaky, _ = mse(seen(values), 0.1)
    assert leaky.low > 0.8 * plain.low
    assert leaky.high == pytest.approx(plain.high, rel=0.1)

    def behind(held: Range) -> float:
        step = (held.high - held.low) / 255
        stored = np.round(np.clip(values, held.low, held.high) / step) * step
        return float(np.mean((np.where(values < 0, 0.1, 1.0) * (stored - values)) ** 2))

    assert behind(leaky) < 0.9 * behind(plain)


def test_mse_keeps_what_is_evenly_spread() -> None:
    values = np.linspace(0, 6, 100_001, dtype=np.float32)
    held, limit = mse(seen(values))
    assert held == pytest.approx((0, 6), rel=0.03)
    assert limit == pytest.approx(6, rel=0.03)


def test_percentiles_hold_the_share_they_say() -> None:
    values = heavy_tailed()
    counted = seen(values)
    for percent in (99.0, 99.9, 99.99):
        (low, high), limit = percentile(percent, counted)
        width = counted.limit / SIDE_BINS
        outside = (values < low).mean(), (values > high).mean()
        assert max(outside) <= (1 - percent / 100) / 2
        assert (np.abs(values) > limit).mean() <= 1 - percent / 100
        assert (np.abs(values) > limit - width).mean() > 1 - percent / 100, "no wider than need be"


def test_percentiles_of_nearly_nothing_but_zeros() -> None:
    values = np.zeros(1_000_000, np.float32)
    values[0] = -3
    (low, high), limit = percentile(99.99, seen(values))
    assert low < 0 <= high
    assert limit > 0


def test_entropy_cuts_a_lone_outlier() -> None:
    values = np.random.default_rng(2).normal(size=500_000).astype(np.float32)
    values[0] = 40
    held, limit = entropy(seen(values))
    assert 3 < limit < 20
    assert held.high == pytest.approx(limit)
    assert held.low == pytest.approx(max(values.min(), -limit))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_tensor_that_is_always_zero_gets_a_range_all_the_same(method: str) -> None:
    assert METHODS[method](seen(np.zeros(9, np.float32))) == ((0, 1), 1)
