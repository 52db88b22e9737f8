"""--speed is read strictly, and a replay that cannot keep up says by how much."""

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
