"""Noise at a known ratio, from the half of each recording that no trainer reads."""

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.eval.speech_mix import (
    CLEAN,
    LEAD_S,
    Condition,
    energy_gate,
    in_quiet,
    level_db,
    load_noises,
    mix,
    noise_files,
    play,
    read_sound,
    seeded,
    speech_level_db,
    speech_span_s,
    stretch_of,
)
from tests.eval.speech_fakes import RATE_HZ, tone, write_noises, write_wav
from tools.train_speech import noise as trainer


@pytest.fixture
def data(tmp_path):
    write_noises(tmp_path)
    return tmp_path


def test_the_trainers_half_and_the_tests_half_make_the_whole_recording(data):
    learned, tested = trainer.load(data).recorded, load_noises(data).kinds
    assert set(learned) == set(tested) == {"car_engine", "music"}
    for kind, path in noise_files(data).items():
        whole = read_sound(path)
        assert len(learned[kind]) + len(tested[kind]) == len(whole)
        assert np.allclose(learned[kind], whole[: len(learned[kind])], atol=1e-4)
        assert np.allclose(tested[kind], whole[len(learned[kind]) :], atol=1e-4)


def test_the_trainer_reads_no_recording_that_the_test_does_not_know(data):
    (data / "noise_car_road").mkdir()
    write_wav(data / "noise_car_road" / "remvze_road.ogg", tone(2.0))
    assert set(trainer.load(data).recorded) == set(noise_files(data))


@pytest.mark.parametrize("snr_db", [24.0, 12.0, 9.0, 6.0, 3.0, 0.0])
def test_the_ratio_is_that_of_the_speech_to_the_noise(data, snr_db):
    clip, noises = tone(1.0, amplitude=0.1), load_noises(data)
    played = play(clip, "clip", Condition(snr_db), noises)
    quiet = in_quiet(clip, seeded("clip", Condition(snr_db).name))
    added = played - quiet
    assert speech_level_db(clip) - level_db(added) == pytest.approx(snr_db, abs=0.1)


def test_pauses_and_silence_around_do_not_count_as_speech():
    lonely, crowded = tone(1.0, lead_s=3.0, tail_s=3.0), tone(1.0, lead_s=0.1, tail_s=0.1)
    assert speech_level_db(lonely) == pytest.approx(speech_level_db(crowded), abs=0.1)
    assert speech_level_db(lonely) == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.1)
    assert speech_span_s(lonely) == pytest.approx((3.0, 4.0), abs=0.021)


def test_a_short_pause_within_speech_is_speech_and_a_long_one_is_not():
    short = np.concatenate([tone(0.5, tail_s=0.05), tone(0.5, lead_s=0.05)])
    long = np.concatenate([tone(0.5), tone(0.5)])
    assert np.count_nonzero(energy_gate(short)) == pytest.approx(1.1 * RATE_HZ, rel=0.05)
    assert np.count_nonzero(energy_gate(long)) == pytest.approx(1.0 * RATE_HZ, rel=0.05)


def test_silence_and_nothing_are_no_error():
    assert speech_span_s(np.zeros(100, np.float32)) == (0.0, 100 / RATE_HZ)
    assert not energy_gate(np.zeros(0, np.float32)).any()
    assert len(in_quiet(np.zeros(10, np.float32), seeded("x"))) > RATE_HZ


def test_the_same_key_gives_the_same_sound_and_another_key_another(data):
    clip, noises = tone(1.0), load_noises(data)
    once, again = (play(clip, "a", Condition(6.0), noises) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, play(clip, "b", Condition(6.0), noises))


def test_clean_is_the_clip_between_its_own_background(data):
    clip = tone(1.0)
    played = play(clip, "a", CLEAN, None)
    lead = int(LEAD_S * RATE_HZ)
    assert np.array_equal(played[lead : lead + len(clip)], clip)
    assert played[:lead].any()
    assert level_db(played[:lead]) < -50


def test_a_loud_mix_is_turned_down_and_not_clipped():
    loud = 0.9 * np.ones(1000, np.float32)
    out = mix(loud, np.ones(1000, np.float32), 0.0, level_db(loud))
    assert np.abs(out).max() == pytest.approx(0.99)


def test_a_short_noise_runs_forth_and_back():
    noise = np.arange(100, dtype=np.float32)
    out = stretch_of(noise, 1000, seeded("any"))
    assert len(out) == 1000
    assert np.abs(np.diff(out)).max() <= 1.0


def test_unknown_noise_and_no_noise_are_one_line(data, tmp_path):
    with pytest.raises(KittError, match="no recording of the noise 'goat'"):
        play(tone(1.0), "a", Condition(6.0, "goat"), load_noises(data))
    with pytest.raises(KittError, match="no noise recordings"):
        play(tone(1.0), "a", Condition(6.0), None)
    with pytest.raises(KittError, match="holds no noise"):
        load_noises(tmp_path / "elsewhere")
