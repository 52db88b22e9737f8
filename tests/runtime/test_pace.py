"""--speed is read strictly, and a replay that cannot keep up says by how much."""

import threading
import time

import pytest

from kitt.errors import KittError
from kitt.runtime.pace import Pace, parse_speed


@pytest.mark.parametrize(("text", "factor"), [("max", None), ("1x", 1.0), ("4x", 4.0), ("0.5x", 0.5), ("2", 2.0)])
def test_speed_is_max_or_a_factor(text: str, factor: float | None) -> None:
    assert parse_speed(text) == factor


@pytest.mark.parametrize("text", ["fast", "0x", "-1x", "", "1xx"])
def test_another_speed_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(KittError, match="write 'max' or a factor"):
        parse_speed(text)


def test_pace_waits_for_the_drives_own_time() -> None:
    pace = Pace(10.0)
    begin = time.monotonic()
    pace.wait(0)
    pace.wait(1_000_000_000)
    assert time.monotonic() - begin >= 0.1


def test_pace_tells_how_far_it_fell_behind() -> None:
    pace = Pace(1000.0)
    pace.wait(0)
    time.sleep(0.03)
    pace.wait(1_000_000)
    assert pace.behind_s >= 0.02


def test_a_wait_ends_as_soon_as_it_is_stopped() -> None:
    stopped = threading.Event()
    pace = Pace(1.0, stopped.is_set)
    pace.wait(0)
    threading.Timer(0.1, stopped.set).start()
    begin = time.monotonic()
    pace.wait(4_000_000_000)
    assert time.monotonic() - begin < 1.0


def test_a_gap_of_hours_is_waited_for_no_longer_than_five_seconds_of_the_drive() -> None:
    pace = Pace(100.0)
    begin = time.monotonic()
    for t_s in (0, 36_000, 36_001):
        pace.wait(t_s * 1_000_000_000)
    assert 0.05 <= time.monotonic() - begin < 1.0
    assert pace.skipped_s == pytest.approx(36_000 - 5)
