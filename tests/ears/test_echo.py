"""KITT talks, through a room, into its own microphone; a passenger speaks meanwhile."""

import sys

import numpy as np
import pytest

from kitt.ears.echo import DELAY_SAMPLES, EchoCanceller, available
from kitt.ears.resample import RATE_HZ
from kitt.errors import KittError
from tests.ears.voices import speak

KITT_SAYS = (
    "Vehicle ahead is braking hard.",
    "Please keep your distance.",
    "The light is green now.",
    "You are approaching a pedestrian, slow down.",
)


def decibels(samples):
    return 10 * np.log10(np.mean(np.square(samples)) + 1e-12)


def room(seed=0):
    """A path of 50 ms and its reverberation."""
    length = int(0.15 * RATE_HZ)
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(length) * np.exp(-np.arange(length) / (0.03 * RATE_HZ))
    tail[0] = 3
    return np.concatenate([np.zeros(int(0.05 * RATE_HZ)), tail / np.sqrt(np.sum(tail**2))])


@pytest.fixture(scope="module")
def scene():
    """(played, echo 10 dB below the passenger, passenger, where he speaks): he speaks in the last third."""
    pause = np.zeros(RATE_HZ // 3, np.float32)
    played = np.concatenate([p for text in KITT_SAYS * 3 for p in (speak(text, "en", 0.7), pause)])
    passenger = np.zeros_like(played)
    order = speak("enciende las luces por favor", "es", 0.5)
    begin = int(0.7 * len(played))
    there = slice(begin, begin + len(order))
    passenger[there] = order
    echo = np.convolve(played, room())[: len(played)].astype(np.float32)
    echo *= np.float32(10 ** ((decibels(order) - 10 - decibels(echo[np.abs(echo) > 0.01])) / 20))
    return played, echo, passenger, there


@pytest.fixture
def canceller():
    works, what, _ = available()
    if not works:
        pytest.skip(what)
    return EchoCanceller()


def test_kitt_does_not_hear_itself(canceller, scene):
    played, echo, _, _ = scene
    out = canceller.push(echo, played)
    settled = slice(3 * RATE_HZ, len(out))
    assert decibels(echo[settled]) - decibels(out[settled]) > 20


def test_the_passenger_is_heard_while_kitt_talks(canceller, scene):
    played, echo, passenger, there = scene
    out = canceller.push(echo + passenger, played)
    late = slice(there.start + DELAY_SAMPLES, there.stop + DELAY_SAMPLES)
    assert decibels(out[late]) > decibels(passenger[there]) - 6
    before = slice(3 * RATE_HZ, there.start)
    assert decibels(echo[before]) - decibels(out[before]) > 20


def test_nothing_is_taken_while_kitt_is_silent(canceller, scene):
    _, _, passenger, there = scene
    out = canceller.push(passenger, np.zeros_like(passenger))
    late = slice(there.start + DELAY_SAMPLES, there.stop + DELAY_SAMPLES)
    assert decibels(out[late]) == pytest.approx(decibels(passenger[there]), abs=1)


def test_pieces_of_any_size_come_out_the_same(canceller, scene):
    played, echo, passenger, _ = (part[: 2 * RATE_HZ] if isinstance(part, np.ndarray) else part for part in scene)
    whole = canceller.push(echo + passenger, played)
    cuts = np.cumsum(np.random.default_rng(1).integers(0, 900, 60))
    cuts = cuts[cuts < len(played)]
    pieced = EchoCanceller()
    pieces = [pieced.push(h, p) for h, p in zip(np.split(echo + passenger, cuts), np.split(played, cuts), strict=True)]
    assert np.array_equal(np.concatenate(pieces), whole)


def test_both_must_be_of_one_length(canceller):
    with pytest.raises(ValueError, match="heard 2 samples, played 3"):
        canceller.push(np.zeros(2, np.float32), np.zeros(3, np.float32))


def test_its_absence_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    with pytest.raises(KittError, match=r"the echo canceller needs the package livekit: pip install 'kitt\[echo\]'"):
        EchoCanceller()
    assert available() == (
        False,
        "the echo canceller needs the package livekit: pip install 'kitt[echo]'",
        "pip install 'kitt[echo]'",
    )
