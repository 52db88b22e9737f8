import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.resample import RATE_HZ, Resampler
from kitt.errors import KittError

RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_099, 44_100, 48_000, 96_000]


def sine(hz, rate_hz, seconds=0.5):
    return np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz).astype(np.float32)


def whole(samples, rate_hz):
    resampler = Resampler(rate_hz)
    return np.concatenate([resampler.push(samples), resampler.finish()])


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_keeps_its_pitch_place_and_level(rate_hz):
    out = whole(sine(1_000, rate_hz), rate_hz)
    assert abs(len(out) - RATE_HZ / 2) <= 1
    expected = sine(1_000, RATE_HZ)
    inner = slice(400, 7_500)
    assert np.abs(out[inner] - expected[inner]).max() < (2e-3 if rate_hz != 44_099 else 5e-3)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("hz", [8_300, 9_500, 10_500])
def test_what_16_khz_cannot_hold_is_gone_and_not_folded_back(rate_hz, hz):
    assert np.abs(whole(sine(hz, rate_hz), rate_hz)[400:-400]).max() < 1e-3


def test_speech_up_to_6_5_khz_passes():
    assert np.abs(whole(sine(6_500, 48_000), 48_000)[400:-400]).max() > 0.98


def test_a_telephone_voice_gets_no_images_above_4_khz():
    out = whole(sine(3_000, 8_000), 8_000)[400:7_400]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    hz = np.fft.rfftfreq(len(out), 1 / RATE_HZ)
    assert spectrum[hz > 4_200].max() < 1e-3 * spectrum.max()


def test_16_khz_is_left_alone():
    samples = sine(440, RATE_HZ)
    assert np.array_equal(whole(samples, RATE_HZ), samples)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 3_000), max_size=12), st.integers(0, 2**32 - 1))
def test_the_cutting_into_pieces_changes_no_bit(rate_hz, sizes, seed):
    samples = np.random.default_rng(seed).uniform(-1, 1, 9_000).astype(np.float32)
    cuts = np.minimum(np.cumsum(sizes), len(samples)).astype(int)
    resampler = Resampler(rate_hz)
    pieces = [resampler.push(p) for p in np.split(samples, cuts)]
    pieced = np.concatenate([*pieces, resampler.finish()])
    assert np.array_equal(pieced, whole(samples, rate_hz))
    assert len(pieced) == int(np.ceil(len(samples) * RATE_HZ / rate_hz)) or rate_hz == 44_099


@pytest.mark.parametrize("rate_hz", RATES)
def test_little_is_held_back(rate_hz):
    resampler = Resampler(rate_hz)
    got = sum(len(resampler.push(np.zeros(rate_hz // 50, np.float32))) for _ in range(50))
    given_s = rate_hz // 50 * 50 / rate_hz
    assert given_s - got / RATE_HZ < 0.003


@pytest.mark.parametrize("rate_hz", [0, -16_000, 16, 2_000_000])
def test_a_rate_that_is_none_is_told(rate_hz):
    with pytest.raises(KittError, match=f"a sample rate of {rate_hz} Hz is outside 1000 to 768000 Hz"):
        Resampler(rate_hz)


def test_silence_of_no_length():
    assert len(whole(np.zeros(0, np.float32), 48_000)) == 0
