import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.downmix import Downmix

RATE = 16_000


def noise(seconds=1.0, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def mixed(*channels):
    return Downmix(RATE, len(channels)).push(np.stack(channels, 1))


def test_one_channel_is_itself():
    mono, cancelled = mixed(noise())
    assert np.array_equal(mono, noise())
    assert cancelled == 0


@pytest.mark.parametrize(
    "channels",
    [
        (noise(), noise()),
        (noise(), noise(seed=1)),
        (noise(), 0 * noise()),
        (noise(), 0.1 * noise(), -0.1 * noise()),
        (noise(), np.roll(noise(), 8)),
        (noise(), -0.2 * noise()),
        (0 * noise(), 0 * noise()),
    ],
)
def test_channels_that_carry_something_are_averaged(channels):
    mono, cancelled = mixed(*channels)
    assert mono == pytest.approx(np.mean(channels, 0), abs=1e-6)
    assert cancelled == 0


@pytest.mark.parametrize("loudness", [1.0, 0.9, 0.6])
def test_of_channels_that_cancel_the_loudest_is_heard(loudness):
    mono, cancelled = mixed(-loudness * noise(), noise())
    assert np.array_equal(mono[160:], noise()[160:] if loudness < 1 else -noise()[160:])
    assert cancelled == RATE - 160


def test_nearly_equal_channels_do_not_take_turns():
    """Each turn would be a step in the sound."""
    voice, hiss = noise(), 0.01 * noise(seed=1)
    mono, _ = mixed(voice + hiss, -voice)
    same = [np.array_equal(mono[160:], one[160:]) for one in (voice + hiss, -voice)]
    assert sorted(same) == [False, True]


def test_a_voice_on_both_ends_the_taking_of_one():
    """Hum of opposite phase alone, then a voice: the mean takes the hum away from it."""
    hum = (0.05 * np.sin(2 * np.pi * 50 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    voice = np.concatenate([np.zeros(RATE, np.float32), noise()])
    mono, cancelled = mixed(voice + hum, voice - hum)
    assert mono[RATE + 800 :] == pytest.approx(voice[RATE + 800 :], abs=1e-6)
    assert cancelled == pytest.approx(RATE, abs=800)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 900), max_size=20), st.sampled_from([8_000, 16_000, 44_100]))
def test_the_cutting_changes_nothing(sizes, rate_hz):
    one = noise(0.5)
    block = np.stack([one, one * np.repeat(np.float32([-1, 1, -1, 1]), len(one) // 4), 0.1 * noise(0.5, 1)], 1)
    whole, cancelled = Downmix(rate_hz, 3).push(block)
    downmix = Downmix(rate_hz, 3)
    pieces = [downmix.push(p) for p in np.split(block, np.minimum(np.cumsum(sizes), len(block)).astype(int))]
    assert np.array_equal(np.concatenate([p for p, _ in pieces]), whole)
    assert sum(n for _, n in pieces) == cancelled > 0
