"""Motion: constant accelerations in closed form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.sim.motion import Motion


def test_standing_stays_where_it_is() -> None:
    assert Motion(8.0).at(100.0) == (8.0, 0.0, 0.0)


def test_steady_speed_covers_speed_times_time() -> None:
    assert Motion(10.0, -11.0).at(2.0) == (-12.0, -11.0, 0.0)


def test_a_piece_begins_at_its_time_and_not_before() -> None:
    motion = Motion(0.0, 0.0, ((1.0, 2.0),))
    assert motion.at(1.0)[0] == 0.0
    assert motion.at(3.0) == (4.0, 4.0, 2.0)


def test_through_reaches_each_speed_exactly_and_stays_there() -> None:
    motion = Motion.through(0.0, 0.0, ((2.0, 2.5, 10.0), (8.0, -5.0, 0.0)))
    assert motion.at(6.0)[1] == pytest.approx(10.0)
    assert motion.at(7.9)[1] == pytest.approx(10.0)
    assert motion.at(50.0)[1] == pytest.approx(0.0, abs=1e-12)
    assert motion.at(50.0)[0] == pytest.approx(20.0 + 20.0 + 10.0)


def test_through_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="cannot lead"):
        Motion.through(0.0, 5.0, ((1.0, 2.0, 0.0),))


@given(st.floats(0, 30), st.floats(0.0001, 0.01))
def test_speed_is_the_slope_of_the_position(t_s: float, step_s: float) -> None:
    motion = Motion.through(3.0, 0.0, ((1.0, 2.0, 12.0), (14.0, -6.0, 3.0), (17.0, 1.0, 5.0)))
    a, b = motion.at(t_s), motion.at(t_s + step_s)
    assert (b[0] - a[0]) / step_s == pytest.approx((a[1] + b[1]) / 2, abs=6.0 * step_s + 1e-6)
