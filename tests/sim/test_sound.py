"""The sound track: an engine that follows the speed, and questions at their times."""

import re

import numpy as np

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.ears.wake import DEFAULT
from kitt.sim.sound import RATE_HZ, SPOKEN, engine, resample, soundtrack, speeches
from kitt.types import Utterance


def beep(text: str, language: str) -> Utterance:
    """One second of 1 kHz at another rate."""
    samples = (np.sin(2 * np.pi * 1000 * np.arange(22_050) / 22_050) * 16_000).astype(np.int16)
    return Utterance(text, language, 22_050, samples)


def loudness(track: np.ndarray, from_s: float, to_s: float) -> float:
    return float(np.sqrt(np.mean(track[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)].astype(float) ** 2)))


def test_it_lasts_as_long_as_asked_and_repeats_itself() -> None:
    track = soundtrack(3.0, (), 1)
    assert track.shape == (3 * RATE_HZ, 1)
    assert track.dtype == np.int16
    assert np.array_equal(track, soundtrack(3.0, speeches(None), 1))


def test_questions_come_at_their_times_and_well_above_the_engine() -> None:
    quiet, spoken = soundtrack(20.0, (), 1), soundtrack(20.0, speeches(beep), 1)
    for question in (q for q in SPOKEN if q.at_s < 18):
        said, around = (loudness(track, question.at_s + 0.1, question.at_s + 0.9) for track in (spoken, quiet))
        assert said > 4 * around
        assert np.array_equal(spoken[: RATE_HZ // 2], quiet[: RATE_HZ // 2])


def test_each_question_is_a_sentence_of_the_car_grammar_after_the_wake_phrase() -> None:
    for question in SPOKEN:
        wake, *words = re.findall(r"[\w'-]+", question.text.lower())
        assert wake in DEFAULT[question.language]
        grammar = Grammar.load(GRAMMARS / question.language)
        parsed = grammar.parse(words)
        assert parsed
        assert parsed[0] == question.intent


def test_a_question_ends_when_its_sound_does() -> None:
    assert [s.to_s for s in speeches(beep)] == [q.at_s + 1.0 for q in SPOKEN]


def test_the_engine_is_louder_at_speed_and_never_clips() -> None:
    track = engine(15.0, 1)
    assert loudness(track, 13.0, 14.5) > 1.3 * loudness(track, 1.0, 6.0)
    assert np.abs(track).max() < 0.5


def test_resampling_keeps_pitch_and_length() -> None:
    speech = resample(beep("", "en"))
    assert len(speech) == RATE_HZ
    assert int(np.abs(np.fft.rfft(speech)).argmax()) == 1000
