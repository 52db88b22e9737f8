"""Streams are merged in one order of time, whatever they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kitt.drive.order import key, merged
from kitt.drive.records import CanFrame, Picture, Problem, Record, Speed
from kitt.drive.tally import Tally

times = st.lists(st.integers(0, 50), max_size=30)


def speeds(ts: list[int]) -> list[Record]:
    return [Speed(t, "/speed", float(t)) for t in ts]


def pictures(ts: list[int]) -> list[Record]:
    return [Picture(t, "/image", "jpeg", b"") for t in ts]


@given(times, times, times)
def test_merging_sorted_streams_sorts_them_and_loses_nothing(a: list[int], b: list[int], c: list[int]) -> None:
    streams = [speeds(sorted(a)), pictures(sorted(b)), [CanFrame(t, "/can", 0, 1, b"") for t in sorted(c)]]
    found = list(merged(streams))
    assert [key(r) for r in found] == sorted(key(r) for s in streams for r in s)  # type: ignore[arg-type]


@given(times, times)
def test_problems_keep_their_place_and_none_is_lost(a: list[int], b: list[int]) -> None:
    def with_problems(ts: list[int], name: str) -> list[Record]:
        return [r for s in speeds(sorted(ts)) for r in (Problem(s.t_ns, name, "x"), s)] + [Problem(None, name, "end")]

    found = list(merged([with_problems(a, "a"), with_problems(b, "b")]))
    assert sum(isinstance(r, Problem) for r in found) == len(a) + len(b) + 2
    times_found = [r.t_ns for r in found if isinstance(r, Speed)]
    assert times_found == sorted(times_found)


def test_a_tally_tells_the_first_of_each_kind_and_how_many_followed() -> None:
    tally = Tally()
    for i in range(3):
        tally.add(Problem((10 + i) * 10**9, "/image", f"gap {i}", "time-jump"))
    tally.add(Problem(None, "d.mcap", "breaks off", "truncated"))
    assert tally.lines(start_ns=10**9) == ["/image at 9.000 s: gap 0 (and 2 more like it)", "d.mcap: breaks off"]
    assert tally.counts() == {"time-jump": 3, "truncated": 1}
    assert len(tally) == 4
