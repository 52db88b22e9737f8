"""truth.jsonl: what is written is what is read; anything else is refused with its line."""

from dataclasses import replace

import pytest

from kitt.errors import KittError
from kitt.sim.truth_file import TrueFrame, TrueObject, TrueSpoken, TrueWarning, Truth, dump, load

CAR = TrueObject(1, "car", (100.0, 200.0, 300.0, 400.0), 12.5, 0.0, 3.25, 3.846, 1.0)
LIGHT = TrueObject(2, "traffic light", (10.0, 20.0, 15.0, 40.0), 30.0, 4.5, -1.0, None, 0.75, "red")
TRUTH = Truth(
    1280,
    720,
    0,
    66_666_667,
    (TrueWarning("forward_collision", 0, 50, 20, (1,)),),
    (TrueFrame(0, 14.0, (CAR, LIGHT)), TrueFrame(66_666_667, 13.5, ())),
)


def test_what_is_written_is_read() -> None:
    assert load(dump(TRUTH)) == TRUTH


def test_the_spoken_commands_are_read_too_and_an_older_truth_knows_nothing_of_them() -> None:
    spoken = replace(TRUTH, spoken=(TrueSpoken(1, 2, "fr", "EyesDescribe"),))
    assert load(dump(spoken)) == spoken
    assert load(dump(replace(TRUTH, spoken=()))).spoken == ()
    assert load(dump(TRUTH).replace(b',"spoken":null', b"")) == TRUTH


def test_it_is_one_json_object_a_line() -> None:
    assert dump(TRUTH).count(b"\n") == 1 + len(TRUTH.frames)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"{}\n", 1),
        (b"\xff\xfe\n", 0),
        (dump(TRUTH).replace(b'"kitt_truth":1', b'"kitt_truth":9'), 1),
        (dump(TRUTH).replace(b'"kind":"car"', b'"kind":"cow"'), 2),
        (dump(TRUTH).replace(b'"spoken":null', b'"spoken":[{"from_ns":1}]'), 1),
        (dump(TRUTH)[:-10], 3),
    ],
)
def test_anything_else_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(KittError, match=f"truth.jsonl:{line}"):
        load(data)
