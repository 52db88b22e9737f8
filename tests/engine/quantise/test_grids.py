import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kitt.engine.quantise.grids import Grid, quantised_weight, weight_scales

numbers = st.floats(0.001, 1e4)


@given(numbers, numbers)
def test_zero_is_on_an_asymmetric_grid_and_both_ends_within_half_a_step(below, above):
    grid = Grid.asymmetric(-below, above)
    low, high = grid.range
    step = float(grid.scale)
    assert 0 <= grid.zero <= 255
    assert abs(low + below) <= 0.51 * step
    assert abs(high - above) <= 0.51 * step


@given(numbers)
def test_a_symmetric_grid_has_no_zero_point_and_ends_at_the_limit(limit):
    grid = Grid.symmetric(limit)
    assert grid.zero == 0
    assert np.isclose(127 * grid.scale, limit, rtol=1e-5)


@given(st.integers(0, 999), st.integers(0, 1))
def test_a_weight_is_off_by_half_a_step_of_its_channel_at_most(seed, axis):
    weight = np.random.default_rng(seed).normal(0, 1, (5, 7)).astype(np.float32)
    scale = weight_scales(weight, axis, None, 1.0)
    stored = quantised_weight(weight, scale, axis)
    spread = scale[:, None] if axis == 0 else scale[None]
    assert np.abs(stored).max() == 127
    assert (np.abs(stored * spread - weight) <= 0.501 * spread).all()


def test_weights_that_were_quantised_before_come_back_as_the_same_integers():
    """The published detectors were trained with 8-bit weights: taking them apart and together must change none."""
    random = np.random.default_rng(3)
    stored = random.integers(-127, 128, (32, 9)).astype(np.int8)
    stored[:, 0] = 127
    scale = random.uniform(1e-4, 1e-1, 32).astype(np.float32)
    weight = (stored * scale[:, None].astype(np.float64)).astype(np.float32)
    again = weight_scales(weight, 0, None, 1.0)
    assert np.allclose(again, scale, rtol=1e-6)
    assert np.array_equal(quantised_weight(weight, again, 0), stored)


def test_a_channel_without_weight_leaves_room_for_its_bias():
    weight, bias = np.zeros((2, 4), np.float32), np.array([3.0, 0.0], np.float32)
    scale = weight_scales(weight, 0, bias, 0.1)
    assert (np.abs(bias / (0.1 * scale.astype(np.float64))) < 2**31).all()
    assert (scale > 0).all()
