"""The mixer: each sentence at its sample, faded where it is cut; the drive's sound steps back; any pieces fit."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.mouth.mixer import MixSettings, SpeechTrack
from kitt.types import Utterance

RATE = 44_100
S = 1_000_000_000
EPOCH = 1_700_000_000 * S


def tone(seconds: float, rate: int = RATE, hz: float = 440.0, level: float = 0.5) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return np.rint(level * 32767 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def sentence(seconds: float, hz: float = 440.0, rate: int = RATE) -> Utterance:
    return Utterance("x", "en", rate, tone(seconds, rate, hz))


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean((samples / 32768.0) ** 2)))


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    return float(np.argmax(spectrum) * RATE / len(samples))


def cut(samples: np.ndarray, begin_s: float, end_s: float) -> np.ndarray:
    return samples[int(begin_s * RATE) : int(end_s * RATE)]


def test_a_sentence_begins_at_its_sample_and_at_its_level() -> None:
    track = SpeechTrack(RATE)
    track.play(EPOCH + S, sentence(0.5))
    out = track.pull(EPOCH, EPOCH + 2 * S)
    assert len(out) == 2 * RATE
    heard = np.flatnonzero(out)
    assert heard[0] == RATE + 1
    assert heard[-1] <= 1.5 * RATE
    assert np.abs(out).max() == pytest.approx(0.7 * 32768, abs=2)


def test_a_sentence_of_another_rate_keeps_its_pitch_and_length() -> None:
    track = SpeechTrack(RATE)
    track.play(0, sentence(0.5, hz=600, rate=22_050))
    out = track.pull(0, S)
    assert pitch(cut(out, 0.1, 0.4)) == pytest.approx(600, abs=4)
    assert np.flatnonzero(np.abs(out) > 200)[-1] == pytest.approx(0.5 * RATE, abs=60)


def test_what_is_cut_off_fades_within_twenty_milliseconds() -> None:
    track = SpeechTrack(RATE)
    track.play(0, sentence(1.0, hz=400))
    track.stop(S // 2)
    track.play(S // 2, sentence(0.5, hz=2000))
    out = track.pull(0, 2 * S)
    assert pitch(cut(out, 0.1, 0.4)) == pytest.approx(400, abs=4)
    assert pitch(cut(out, 0.53, 0.9)) == pytest.approx(2000, abs=4)
    spectrum = np.abs(np.fft.rfft(cut(out, 0.53, 0.93).astype(float)))
    assert spectrum[160] < 0.01 * spectrum.max(), "400 Hz is gone"


def test_a_stop_in_the_past_acts_on_what_comes_next() -> None:
    track = SpeechTrack(RATE)
    track.play(0, sentence(2.0))
    track.pull(0, S)
    track.stop(S // 2)
    out = track.pull(S, 2 * S)
    assert out[: int(0.015 * RATE)].any()
    assert not cut(out, 0.021, 1.0).any()
    assert not track.speaking


def test_what_is_stopped_before_it_begins_is_never_heard_and_what_ended_stays() -> None:
    track = SpeechTrack(RATE)
    track.play(0, sentence(0.2))
    track.play(S, sentence(0.5))
    track.stop(S // 2)
    out = track.pull(0, 2 * S)
    assert loudness(cut(out, 0.0, 0.2)) > 0.3
    assert not cut(out, 0.21, 2.0).any()


def test_a_level_is_a_factor() -> None:
    track = SpeechTrack(RATE)
    track.play(0, sentence(0.5), 0.5)
    assert np.abs(track.pull(0, S)).max() == pytest.approx(0.35 * 32768, abs=2)


def test_a_sentence_for_a_moment_already_pulled_begins_at_once() -> None:
    track = SpeechTrack(RATE)
    track.pull(0, S)
    track.play(S // 2, sentence(0.5))
    out = track.pull(S, 2 * S)
    assert np.flatnonzero(out)[0] == 1


def test_the_drive_steps_back_twelve_decibels_and_returns() -> None:
    track = SpeechTrack(RATE)
    track.hear(0, RATE, tone(4.0, hz=3000, level=0.2))
    track.play(S, Utterance("x", "en", RATE, np.full(RATE, 1000, np.int16)))
    out = track.pull(0, 4 * S)
    before, during, after = cut(out, 0.2, 0.8), cut(out, 1.3, 1.9) - 0.7 * 32768, cut(out, 2.5, 3.5)
    assert 20 * np.log10(loudness(during) / loudness(before)) == pytest.approx(-12.0, abs=0.2)
    assert loudness(after) == pytest.approx(loudness(before), rel=1e-3)


def test_sound_of_the_same_rate_passes_bit_for_bit_while_kitt_is_silent() -> None:
    track = SpeechTrack(RATE)
    sound = np.random.default_rng(1).integers(-32768, 32767, RATE, np.int16)
    track.hear(EPOCH, RATE, sound)
    assert np.array_equal(track.pull(EPOCH, EPOCH + S), sound)


def test_full_scale_on_both_sides_does_not_clip() -> None:
    track = SpeechTrack(RATE)
    track.hear(0, RATE, tone(1.0, hz=100, level=1.0))
    track.play(0, sentence(1.0, hz=130))
    out = track.pull(0, S).astype(int)
    assert np.abs(out).max() < 32767
    assert np.count_nonzero(np.diff(np.sign(np.diff(out))) == 0) > 0.9 * len(out), "no flat tops"


def test_stereo_is_mixed_to_one_channel_in_the_middle() -> None:
    track = SpeechTrack(RATE)
    left = tone(0.5, level=0.4)
    track.hear(0, RATE, np.stack([left, np.zeros_like(left)], axis=1))
    assert np.abs(track.pull(0, S // 2)).max() == pytest.approx(0.2 * 32768, rel=0.01)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_sound_of_another_rate_keeps_pitch_level_and_time(rate: int) -> None:
    track = SpeechTrack(RATE)
    click = np.zeros(rate, np.int16)
    click[rate // 2 :] = tone(0.5, rate, hz=1000, level=0.5)
    for i in range(0, rate, rate // 50):
        track.hear(EPOCH + i * S // rate, rate, click[i : i + rate // 50])
    out = np.concatenate([track.pull(EPOCH + i * S // 15, EPOCH + (i + 1) * S // 15) for i in range(15)])
    assert len(out) == RATE
    assert pitch(cut(out, 0.6, 0.9)) == pytest.approx(1000, abs=4)
    assert loudness(cut(out, 0.6, 0.9)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert np.flatnonzero(np.abs(out) > 1500)[0] == pytest.approx(0.5 * RATE, abs=0.003 * RATE)


def test_a_hole_in_the_sound_is_silence_and_a_jump_of_the_clock_costs_no_memory() -> None:
    track = SpeechTrack(RATE)
    track.hear(0, RATE, tone(0.5))
    track.hear(S, RATE, tone(0.5))
    track.hear(10**6 * S, RATE, tone(0.5))
    out = track.pull(10**6 * S, 10**6 * S + S // 2)
    assert loudness(out) > 0.3
    assert track.late_samples == RATE + RATE // 2

    track = SpeechTrack(RATE)
    track.hear(0, RATE, tone(0.5))
    track.hear(S, RATE, tone(0.5))
    assert not cut(track.pull(0, 2 * S), 0.5, 1.0).any()


def test_sound_that_comes_after_its_time_is_counted() -> None:
    track = SpeechTrack(RATE)
    track.hear(0, RATE, tone(0.1))
    track.pull(0, S)
    track.hear(S // 2, RATE, tone(0.6))
    assert track.late_samples == RATE // 2
    assert loudness(track.pull(S, S + S // 20)) > 0.3


def test_memory_stays_flat_over_a_long_drive() -> None:
    track = SpeechTrack(8_000)
    chunk = tone(1.0, 16_000)
    for second in range(1200):
        track.hear(second * S, 16_000, chunk)
        if second % 20 == 0:
            track.play(second * S, sentence(1.5, rate=8_000))
        track.pull(second * S, (second + 1) * S)
    assert track._inflow is not None
    assert len(track._inflow._held) < 2 * 16_000
    assert len(track._placed) <= 1


Said = st.lists(st.tuples(st.integers(0, 4000), st.booleans(), st.floats(0.05, 0.8)), max_size=6)


@settings(max_examples=25, deadline=None)
@given(said=Said, cuts=st.lists(st.integers(0, 5000), max_size=8), rate=st.sampled_from([8_000, 12_000, 16_000]))
def test_pieces_of_any_size_give_the_same_samples_as_one_pull(
    said: list[tuple[int, bool, float]], cuts: list[int], rate: int
) -> None:
    said.sort(key=lambda s: s[0])
    noise = np.random.default_rng(7).integers(-9000, 9000, 5 * rate).astype(np.int16)

    def heard(edges_ms: list[int]) -> np.ndarray:
        track = SpeechTrack(8_000)
        track.hear(EPOCH, rate, noise)
        left = list(said)
        pieces = []
        for a, b in pairwise(edges_ms):
            # as replay does: what begins before the piece's end is said before it is pulled
            while left and left[0][0] < b:
                ms, stops, seconds = left.pop(0)
                if stops:
                    track.stop(EPOCH + ms * 1_000_000)
                track.play(EPOCH + ms * 1_000_000, sentence(seconds, rate=8_000))
            pieces.append(track.pull(EPOCH + a * 1_000_000, EPOCH + b * 1_000_000))
        return np.concatenate(pieces)

    assert np.array_equal(heard([0, 5000]), heard(sorted({0, 5000, *cuts})))


def test_settings_are_followed() -> None:
    track = SpeechTrack(RATE, MixSettings(speech_peak=0.3))
    track.play(0, sentence(0.5))
    assert np.abs(track.pull(0, S)).max() == pytest.approx(0.3 * 32768, abs=2)
