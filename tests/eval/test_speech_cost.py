"""What hearing costs: memory has a ceiling, and nothing heavy is loaded that hearing does not need."""

import subprocess
import sys

import numpy as np
import pytest

from kitt.ears.engine import Networks
from kitt.errors import KittError
from kitt.eval import speech_cost
from kitt.eval.speech_table import speed_lines
from tests.ears.voices import speak

MOST_MB = {"en": 185, "auto": 195}
"""Measured: 158 and 169. Wanted: less than 200."""


def test_listening_loads_neither_scipy_nor_opencv_nor_pyav() -> None:
    heavy = ("scipy", "cv2", "matplotlib", "av", "onnx")
    code = f"import sys, kitt.ears.engine, kitt.ears.listening; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("language", MOST_MB)
def test_the_longest_utterance_stays_below_the_ceiling(language: str) -> None:
    try:
        Networks.load()
    except KittError as e:
        pytest.skip(str(e))
    # no pause in it, so that the utterance is cut off at 8 s
    talk = np.concatenate([speak("my grandmother bought seven chickens at the market last summer")[2000:-4000]] * 4)
    assert len(talk) > 9 * 16_000
    held = np.ones(40_000_000)  # 320 MB in this process are none in the other
    assert 50 < speech_cost.memory_mb(talk, language) < MOST_MB[language] < held.nbytes / 2**20


def test_a_process_that_fails_is_one_line() -> None:
    with pytest.raises(KittError, match=r"the ears do not run by themselves: .*unknown language 'xx'"):
        speech_cost.memory_mb(np.zeros(1600, np.float32), "xx")


def test_too_little_speech_is_told() -> None:
    with pytest.raises(KittError, match="less than 2 s of speech"):
        speech_cost.computing_ms(np.zeros(16_000, np.float32), ("en",))


def test_the_figures_are_told_with_their_units() -> None:
    none = dict.fromkeys(("p50", "p90", "p99"), float("nan"))
    delay = {"commands": 0, "not_accepted": 1, "total_ms": none, "waited_ms": none, "computed_ms": none}
    figures = {
        "latency": delay,
        "cpu_silence": 0.006,
        "cpu_speech": 0.03,
        "computing_ms": {"second_pass": 20.0, "en": 5.25, "fr": 5.0},
        "memory_mb": {"en": 150.2, "auto": 160.0},
    }
    *_, passes, memory = speed_lines(figures)
    assert passes == "second pass 20 ms, decoder 5.2 ms (en), 5.0 ms (fr) for a 2 s command, CPU time"
    assert memory == "memory: 150 MB (en), 160 MB (auto) at most, a process of its own with the car grammar"
