"""Log-mel features: shapes, where a tone lands, and that pieces make no difference."""

import numpy as np
import pytest

from kitt.ears.features import FLOOR, HOP, MELS, STACK, WINDOW, log_mel, stack
from kitt.ears.resample import RATE_HZ


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (WINDOW - 1, 0), (WINDOW, 1), (WINDOW + HOP, 2), (16_000, 98)])
def test_a_frame_for_every_whole_window(samples: int, frames: int) -> None:
    assert log_mel(np.zeros(samples, np.float32)).shape == (frames, MELS)


def test_silence_is_the_floor() -> None:
    assert np.allclose(log_mel(np.zeros(1600, np.float32)), np.log(FLOOR))


@pytest.mark.parametrize("hz", [200, 1000, 4000])
def test_a_tone_is_loudest_in_the_filter_around_it(hz: int) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    mel = 2595 * np.log10(1 + np.array([60.0, 7600.0, hz]) / 700)
    expected = (mel[2] - mel[0]) / (mel[1] - mel[0]) * (MELS + 1) - 1
    assert log_mel(tone).mean(0).argmax() == pytest.approx(expected, abs=1)


def test_ten_times_the_sound_is_a_hundred_times_the_power() -> None:
    noise = np.random.default_rng(0).standard_normal(8000).astype(np.float32) * 0.05
    assert np.allclose(log_mel(10 * noise) - log_mel(noise), np.log(100), atol=1e-2)


def test_steps_hold_neighbouring_frames_side_by_side() -> None:
    frames = np.arange(7 * MELS, dtype=np.float32).reshape(7, MELS)
    steps = stack(frames)
    assert steps.shape == (7 // STACK, MELS * STACK)
    assert np.array_equal(steps[1, :MELS], frames[STACK])
