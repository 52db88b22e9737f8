"""Nested phases as one share that never falls."""

from kitt.engine.trt.progress import Shares


def test_a_phase_inside_another_fills_one_step_of_it() -> None:
    told: list[float] = []
    shares = Shares(told.append)
    shares.start("Building engine", None, 2)
    shares.start("Timing", "Building engine", 4)
    shares.step("Timing", 0)
    assert told == [0.125]
    shares.finish("Timing")
    shares.step("Building engine", 0)
    shares.step("Building engine", 1)
    assert told == [0.125, 0.5, 1.0]


def test_it_never_falls_and_never_passes_the_end() -> None:
    told: list[float] = []
    shares = Shares(told.append)
    shares.start("Building engine", None, 1)
    shares.step("Building engine", 0)
    # some phases come back, and some are of no phase that is known
    shares.start("Building engine", None, 3)
    shares.step("Building engine", 0)
    shares.step("unheard of", 5)
    shares.finish("unheard of")
    assert told == [1.0]


def test_a_phase_without_steps() -> None:
    told: list[float] = []
    shares = Shares(told.append)
    shares.start("Building engine", None, 0)
    shares.finish("Building engine")
    assert told == [1.0]
