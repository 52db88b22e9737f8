"""Which runtime runs an engine: only one that sees the same, only where it is clearly faster."""

import numpy as np
import pytest

from kitt.engine import backend
from kitt.engine.backend import TensorSpec
from kitt.errors import KittError
from kitt.eval import choice
from kitt.eval.choice import choose
from kitt.eval.parity import Parity
from kitt.types import U8

PICTURES: list[U8] = [np.zeros((48, 64, 3), np.uint8)]
SAME, OTHER = Parity(99, 100, (0.99, 0.99), "", 1), Parity(50, 100, (0.5, 0.5), "car of score 0.9", 1)


class Timed:
    """A runtime whose calls take so many milliseconds of a clock of its own."""

    now = 0.0

    def __init__(self, ms):
        self.ms = ms

    def io_specs(self):
        return (TensorSpec("images", (1, 4, 4, 3), np.dtype(np.uint8)),), ()

    def infer(self, inputs):
        Timed.now += self.ms / 1e3
        return {}


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Runtimes by name and file ending, with their times; None: not installed. Gives the way to choose."""

    def chosen(runtimes, same=SAME, pictures=PICTURES, encoding="u8"):
        def load(path, threads, name):
            ms = runtimes[f"{name} {path.suffix[1:]}"]
            if ms is None:
                raise KittError(f"{name} is not installed")
            return Timed(ms)

        monkeypatch.setattr(backend, "load", load)
        monkeypatch.setattr(choice, "parity", lambda a, b, shown: same)
        monkeypatch.setattr(choice.time, "perf_counter", lambda: Timed.now)
        return choose(tmp_path / "x.int8", encoding, tmp_path / "x.float", pictures, 1, lambda steps, count: steps)

    return chosen


def test_the_fastest_of_those_that_see_the_same(machine):
    found = machine({"onnxruntime int8": 20.0, "openvino int8": 12.0, "onnxruntime float": 40.0})
    assert found.backend == "openvino"
    assert found.times_ms == {"onnxruntime": 20.0, "openvino": 12.0, "onnxruntime float": 40.0}
    assert found.refused == {}


def test_one_that_sees_something_else_is_refused_and_not_even_timed(machine):
    found = machine({"onnxruntime int8": 20.0, "openvino int8": 1.0, "onnxruntime float": 40.0}, same=OTHER)
    assert found.backend == "onnxruntime"
    assert "openvino" not in found.times_ms
    assert "sees something else: 50.00% the same" in found.refused["openvino"]


def test_a_little_faster_is_not_enough(machine):
    found = machine({"onnxruntime int8": 20.0, "openvino int8": 19.5, "onnxruntime float": 40.0})
    assert found.backend == "onnxruntime"


def test_what_is_not_installed_says_so(machine):
    found = machine({"onnxruntime int8": 20.0, "openvino int8": None, "onnxruntime float": 40.0})
    assert found.refused == {"openvino": "openvino is not installed"}


def test_without_pictures_nothing_can_be_compared(machine):
    found = machine({"onnxruntime int8": 20.0, "openvino int8": 1.0, "onnxruntime float": 40.0}, pictures=[])
    assert found.backend == "onnxruntime"
    assert "no pictures to compare it on" in found.refused["openvino"]


def test_files_for_tensorrt_are_compared_with_tensorrt(machine):
    runtimes = {"onnxruntime int8": 90.0, "tensorrt int8": 1.5, "onnxruntime float": 40.0}
    assert machine(runtimes, encoding="s8").backend == "tensorrt"


def test_an_engine_that_cannot_run_at_all_is_an_error(machine):
    with pytest.raises(KittError):
        machine({"onnxruntime int8": None, "openvino int8": 1.0, "onnxruntime float": 40.0})
