"""A time that somebody wrote is exact, or refused in words."""

from __future__ import annotations

import pytest

from kitt.drive.stamps import check_seconds, stamp_ns
from kitt.errors import KittError


@pytest.mark.parametrize(
    ("text", "unit_ns", "t_ns"),
    [
        ("1700000000.123456789", 10**9, 1_700_000_000_123_456_789),
        (" 1.5 ", 10**9, 1_500_000_000),
        ("1e3", 10**6, 10**9),
        ("7", 1, 7),
        (".25", 1000, 250),
    ],
)
def test_a_time_is_exact_to_the_nanosecond(text: str, unit_ns: int, t_ns: int) -> None:
    assert stamp_ns(text, unit_ns) == t_ns


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *((t, "must be a number") for t in ("nan", "inf", "-inf", "1e999", "soon", "")),
        ("-1", "must not be negative"),
        *((t, "later than the year 2262") for t in ("1e300", "9" * 30, "1e10")),
    ],
)
def test_what_is_no_time_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        stamp_ns(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e300])
def test_seconds_of_an_option_that_are_no_time_are_refused(value: float) -> None:
    with pytest.raises(KittError, match=r"^--from .*: write seconds from 0 to 1e\+09"):
        check_seconds("--from", value)
