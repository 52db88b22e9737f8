"""Figures with their uncertainty, held against published values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.eval.speech_metrics import (
    REJECTED,
    RIGHT,
    WRONG,
    Share,
    accuracy,
    curve,
    percentiles,
    poisson_upper,
    threshold_at,
    wilson,
)


def test_wilsons_interval_has_the_values_of_newcombe_1998():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(k, n):
    k = min(k, n)
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


def test_no_events_in_an_hour_belie_three_an_hour():
    assert poisson_upper(0, 1.0) == pytest.approx(-math.log(0.05))
    assert poisson_upper(0, 6.0) == pytest.approx(2.9957 / 6, abs=1e-4)
    # one-sided limits of Garwood's table
    assert poisson_upper(1, 1.0) == pytest.approx(4.7439, abs=1e-4)
    assert poisson_upper(5, 1.0) == pytest.approx(10.5130, abs=1e-4)
    assert poisson_upper(10, 2.0) == pytest.approx(16.9622 / 2, abs=1e-4)


def test_a_rate_over_no_time_is_unknown():
    assert poisson_upper(0, 0.0) == math.inf
    assert math.isnan(Share(0, 0).value)
    assert all(math.isnan(v) for v in wilson(0, 0))


def test_speakers_count_alike_however_much_they_said():
    rows = [("a", RIGHT)] * 8 + [("b", WRONG), ("b", RIGHT)]
    a = accuracy(rows)
    assert (a.right.k, a.right.n, a.wrong, a.rejected, a.speakers) == (9, 10, 1, 0, 2)
    assert a.macro == pytest.approx(0.75)
    assert a.worst == ("b", 0.5)


def test_without_speakers_there_is_no_mean_over_them():
    a = accuracy([("", RIGHT), ("", REJECTED)])
    assert math.isnan(a.macro)
    assert (a.rejected, a.speakers, a.worst[0]) == (1, 0, "")


def test_percentiles_are_measured_values():
    assert percentiles([5, 1, 2, 3, 4], (50, 90, 100)) == [3, 5, 5]
    assert all(math.isnan(v) for v in percentiles([]))


def test_a_threshold_lets_so_many_through():
    scores = [0.1, 0.9, 0.5, 0.7]
    assert threshold_at(scores, 2.0, 0.5) == 0.7
    assert sum(s > threshold_at(scores, 2.0, 0.5) for s in scores) == 1
    assert threshold_at(scores, 2.0, 0.1) == 0.9
    assert threshold_at(scores, 100.0, 0.5) == -math.inf
    assert threshold_at([], 1.0, 0.5) == -math.inf


def test_lower_thresholds_let_more_of_both_through():
    points = curve([(0.9, True), (0.6, True), (0.8, False), (-math.inf, False)], [0.7, 0.2], 2.0)
    thresholds, right, rate = zip(*points, strict=True)
    assert list(thresholds) == sorted(thresholds, reverse=True)
    assert list(right) == sorted(right)
    assert list(rate) == sorted(rate)
    assert right[-1] == 0.5
    assert rate[-1] == 1.0
    assert all(math.isfinite(t) for t in thresholds)


def test_nothing_measured_is_no_curve():
    assert curve([], [0.5], 1.0) == []
