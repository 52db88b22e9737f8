"""KITT speaks, through a room, into its own microphone: it does not stop for itself, and does for a driver."""

import numpy as np
import pytest

from kitt.ears.echo import EchoCanceller, available
from kitt.ears.engine import Ears
from kitt.ears.resample import RATE_HZ
from kitt.errors import KittError
from kitt.mouth import espeak_library
from kitt.mouth.queue import CUT_OFF, Decision
from kitt.mouth.voice import make_voice
from kitt.runtime.talking import DEAF_TAIL_S
from kitt.types import Warning
from tools.measure_barge_in import (
    BEFORE_S,
    BLOCK,
    GOAL_S,
    SENTENCES,
    Cabin,
    Nothing,
    espeak_drivers,
    interrupted,
    onset,
    silence,
)

pytestmark = pytest.mark.weights

LANGUAGES = ("en", "fr", "es")


@pytest.fixture(scope="module")
def ears():
    try:
        return Ears(language="auto", wake="kitt")
    except KittError as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def voice():
    try:
        voice = make_voice("espeak")
    except KittError as e:
        pytest.skip(str(e))
    yield voice
    voice.close()


@pytest.fixture
def canceller():
    works, what, _ = available()
    if not works:
        pytest.skip(what)
    return EchoCanceller()


@pytest.fixture(scope="module")
def driver():
    try:
        espeak_library.find()
    except KittError as e:
        pytest.skip(str(e))
    return espeak_drivers("en")[0]


def left_to_itself(cabin):
    """When it fell silent for a voice, as it says a sentence and nobody else speaks."""
    list(cabin.hear(silence(BEFORE_S)))
    cabin.answer(SENTENCES[cabin.language][-1])
    return cabin.silent_s(silence(cabin.mouth.queue.saying(cabin.t_ns).length_ns / 1e9 + 1))


def cuts(events):
    return [e for e in events if isinstance(e, Decision) and e.what == CUT_OFF]


@pytest.mark.parametrize(("language", "delay_s"), [("en", 0.02), ("fr", 0.08), ("es", 0.2)])
def test_kitt_does_not_stop_for_itself(ears, voice, canceller, language, delay_s):
    assert left_to_itself(Cabin(ears, voice, canceller, language, delay_s)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_would_if_nothing_were_cancelled(ears, voice, language):
    assert left_to_itself(Cabin(ears, voice, Nothing(), language)) is not None


def test_a_driver_stops_it_within_150_ms(ears, voice, canceller, driver):
    cabin = Cabin(ears, voice, canceller)
    case = interrupted(cabin, driver, 2.0, silence(30))
    assert 0 < case.late_s <= GOAL_S
    list(cabin.hear(silence(0.1)))
    silent = round((BEFORE_S + 2.0 + case.late_s) * RATE_HZ)
    assert cabin.played[silent - RATE_HZ // 2 : silent].any()
    assert not cabin.played[silent:].any()


def test_a_driver_does_not_stop_a_collision_warning(ears, voice, canceller, driver, monkeypatch):
    cabin = Cabin(ears, voice, canceller)
    heard = Listening(cabin, monkeypatch)
    list(cabin.hear(silence(BEFORE_S)))
    text = "Brake! The car ahead is getting closer, and quickly."
    warning = Warning("forward_collision", 0, cabin.t_ns, 0, 1, text, "en", {"ttc_s": 1.4})
    cabin.carry_out(cabin.talking.pilot.warn(warning))
    length_s = cabin.mouth.queue.saying(cabin.t_ns).length_ns / 1e9
    sound = np.concatenate([silence(1), driver[onset(driver) :], silence(length_s)])
    begun = len(cabin.played)
    assert not cuts(cabin.hear(sound))
    assert heard.voice
    assert cabin.played[begun + round((length_s - 0.1) * RATE_HZ) :].any()


def test_without_a_canceller_the_ears_are_shut_while_kitt_speaks(ears, voice, driver, monkeypatch):
    cabin = Cabin(ears, voice, None)
    heard = Listening(cabin, monkeypatch)
    list(cabin.hear(silence(BEFORE_S)))
    cabin.answer("Three cars ahead.")
    length_s = cabin.mouth.queue.saying(cabin.t_ns).length_ns / 1e9
    shout = np.resize(driver[onset(driver) :], len(silence(length_s + 1)))
    assert not cuts(cabin.hear(shout))
    last = np.flatnonzero(np.abs(cabin.played) > 1e-4)[-1]
    shut = last // BLOCK * BLOCK + BLOCK + round(DEAF_TAIL_S * RATE_HZ)
    sound = heard.sound
    assert not sound[round(BEFORE_S * RATE_HZ) : shut // BLOCK * BLOCK].any()
    assert sound[-(-shut // BLOCK) * BLOCK :].any()
    assert cabin.talking.deaf_s == pytest.approx(length_s + DEAF_TAIL_S, abs=0.05)


class Listening:
    """What comes to the ears of a cabin, and whether they ever took it for a voice."""

    def __init__(self, cabin, monkeypatch):
        self._ears, self._process = cabin.talking.ears, cabin.talking.ears.process
        self._pieces = []
        self.voice = False
        monkeypatch.setattr(self._ears, "process", self._take)

    def _take(self, chunk):
        self._pieces.append(chunk.samples)
        utterances = self._process(chunk)
        self.voice = self.voice or self._ears.voice
        return utterances

    @property
    def sound(self):
        return np.concatenate(self._pieces)
