"""What goes into the ears, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.audio import Intake
from kitt.ears.resample import RATE_HZ
from kitt.ears.timeline import Timeline
from kitt.errors import KittError

S = 1_000_000_000


def speechlike(seconds, rate_hz=RATE_HZ, level=0.1, seed=0):
    return np.random.default_rng(seed).normal(0, level, int(seconds * rate_hz)).clip(-0.9, 0.9).astype(np.float32)


def joined(chunks):
    return np.concatenate([c.samples for c in chunks]) if chunks else np.zeros(0, np.float32)


def heard(samples, rate_hz=RATE_HZ):
    intake = Intake()
    chunks = [*intake.push(samples, rate_hz), *intake.finish()]
    return joined(chunks), intake.notes


def test_good_sound_passes_unchanged_and_without_a_word():
    samples = speechlike(1)
    out, notes = heard(samples)
    assert np.array_equal(out, samples)
    assert notes == ()


def test_any_rate_and_channels_become_16_khz_mono_and_it_is_said():
    stereo = np.stack([speechlike(1, 44_100), speechlike(1, 44_100, seed=1)], 1)
    out, notes = heard(stereo, 44_100)
    assert out.dtype == np.float32
    assert out.shape == (RATE_HZ,)
    assert notes == ("resampled from 44100 to 16000 Hz", "mixed down from 2 channels")


def test_a_telephone_recording_says_what_it_lacks():
    _, notes = heard(speechlike(1, 8_000), 8_000)
    assert notes == ("resampled from 8000 to 16000 Hz; nothing above 4 kHz is in it",)


@pytest.mark.parametrize(
    ("kind", "half"), [(np.int16, 16_384), (np.int32, 2**30), (np.uint8, 192), (np.int8, 64), (np.float64, 0.5)]
)
def test_integers_and_floats_mean_the_same(kind, half):
    out, _ = heard(np.full(100, half, kind))
    assert out == pytest.approx(0.5, abs=0.01)


def test_clipped_sound_is_told_with_its_share():
    samples = speechlike(1)
    samples[:800] = 1.0
    assert heard(samples)[1] == ("clipped: 5.0 % of the samples are at full scale; turn the recording level down",)
    as_int16 = (samples * 32_767).astype(np.int16)
    assert heard(as_int16)[1] == heard(samples)[1]


def test_one_loud_peak_is_no_clipping():
    samples = speechlike(1)
    samples[100] = 1.0
    assert heard(samples)[1] == ()


def test_silence_is_told_with_its_level():
    (note,) = heard(speechlike(1, level=1e-5))[1]
    assert note.startswith("silent: never louder than -")


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_a_dead_microphone_gives_the_same_number_for_two_seconds(value):
    samples = speechlike(4)
    samples[RATE_HZ : 3 * RATE_HZ + 10] = value
    (note,) = heard(samples)[1]
    assert note == "dead microphone: 2.0 s of exactly the same value; is it muted, unplugged, another one?"
    samples[2 * RATE_HZ] = 0.1
    assert heard(samples)[1] == ()


def test_a_dead_microphone_is_told_across_blocks():
    intake = Intake()
    for _ in range(99):
        intake.push(np.zeros(320, np.float32))
    assert "dead microphone" not in "".join(intake.notes)
    intake.push(np.zeros(320, np.float32))
    assert "dead microphone: 2.0 s" in "".join(intake.notes)


def test_nan_counts_as_silence_and_is_told():
    samples = speechlike(1)
    samples[[5, 6, 7]] = np.nan, np.inf, -np.inf
    out, notes = heard(samples)
    assert np.isfinite(out).all()
    assert not out[5:8].any()
    assert notes == ("3 of 16000 samples are not numbers (NaN or infinite); they count as silence",)


def test_a_quiet_beginning_is_no_silence_yet():
    intake = Intake()
    assert intake.notes == ()
    for _ in range(99):
        intake.push(speechlike(0.02, level=1e-5))
    assert intake.notes == ()
    intake.push(speechlike(0.04, level=1e-5))
    assert intake.notes[0].startswith("silent")


def test_no_sound_at_all_is_told():
    assert heard(np.zeros(0, np.float32))[1] == ("no sound in it",)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.full(10, 20_000.0), "samples reach 20000: floats must lie in -1..1"),
        (np.zeros((2, 3, 4), np.float32), r"shape \(2, 3, 4\) is no sound"),
        (
            np.zeros((2, 16_000), np.float32),
            r"shape \(2, 16000\) is no sound: it must be \(samples,\) or",
        ),
        (np.zeros(10, np.complex64), "samples of type complex64 are no sound; use one of float32"),
        (np.zeros(10, np.int64), "samples of type int64"),
        ([1, 2, 3], "samples of type int64"),
        ([[0.5], [0.5, 0.5]], "what makes no array is no sound"),
        (None, r"shape \(\) is no sound"),
        ("abc", r"shape \(\) is no sound"),
        (["abc"], "samples of type <U3 are no sound"),
    ],
)
def test_what_is_no_sound_is_one_line(samples, message):
    with pytest.raises(KittError, match=message):
        Intake().push(samples)


def test_a_list_of_floats_is_sound():
    out, _ = heard([0.25, -0.5])
    assert out.tolist() == [0.25, -0.5]


@pytest.mark.parametrize("rate_hz", [16_000.0, np.int64(16_000), np.float32(16_000)])
def test_a_whole_rate_may_be_of_any_kind(rate_hz):
    samples = speechlike(1)
    assert np.array_equal(heard(samples, rate_hz)[0], samples)


@pytest.mark.parametrize("rate_hz", [22_050.5, "16000", None, np.nan, np.inf, 1j])
def test_a_rate_that_is_no_whole_number_is_one_line(rate_hz):
    with pytest.raises(KittError, match=r"a sample rate of .* is no whole number of samples a second"):
        Intake().push(speechlike(1), rate_hz)


@pytest.mark.parametrize("rate_hz", [0, -16_000, 999, 10**9, True])
def test_a_rate_that_nobody_records_at_is_one_line(rate_hz):
    with pytest.raises(KittError, match=r"a sample rate of .* Hz is outside 1000 to 768000 Hz"):
        Intake().push(speechlike(1), rate_hz)


def test_channels_of_opposite_phase_are_heard_and_told():
    voice = speechlike(2)
    out, notes = heard(np.stack([0.5 * voice, -voice], 1))
    assert np.array_equal(out[160:], -voice[160:])
    assert notes == (
        "mixed down from 2 channels",
        "channels of opposite phase cancel each other: 2.0 s are of the loudest alone; are the wires of one swapped?",
    )


def test_such_a_stretch_is_noted_where_it_lies():
    voice = speechlike(6)
    other = voice * np.repeat(np.float32([1, -1, 1]), 2 * RATE_HZ)
    intake = Intake()
    intake.push(np.stack([voice, other], 1))
    assert "opposite phase" in "".join(intake.notes_of(2 * S, 4 * S))
    assert "opposite phase" not in "".join((*intake.notes_of(0, 1 * S), *intake.notes_of(5 * S, 6 * S)))


def blocks_with_times(samples, times_s, block_s=0.5, rate_hz=RATE_HZ):
    intake = Intake()
    size = int(block_s * rate_hz)
    chunks = []
    for i, t_s in enumerate(times_s):
        chunks += intake.push(samples[i * size : (i + 1) * size], rate_hz, round(t_s * S))
    return [*chunks, *intake.finish()], intake


def test_a_gap_is_filled_counted_and_told():
    samples = speechlike(1.5)
    chunks, intake = blocks_with_times(samples, [10, 10.5, 11.25])
    out = joined(chunks)
    assert len(out) == 1.75 * RATE_HZ
    assert not out[RATE_HZ : int(1.25 * RATE_HZ)].any()
    assert np.array_equal(out[-8_000:], samples[-8_000:])
    assert chunks[-1].t_ns == 11.25 * S
    assert intake.notes == ("gaps in the time stamps: 1, 0.250 s missing, 0.250 s of it filled with silence",)


def test_an_overlap_is_cut_counted_and_told():
    samples = speechlike(1.5)
    chunks, intake = blocks_with_times(samples, [10, 10.5, 10.75])
    out = joined(chunks)
    assert len(out) == 1.25 * RATE_HZ
    assert np.array_equal(out[RATE_HZ:], samples[20_000:])
    assert intake.notes == ("overlaps in the time stamps: 1, 0.250 s that came twice were cut",)


def test_a_long_gap_ends_what_was_said_and_time_jumps():
    chunks, intake = blocks_with_times(speechlike(1), [10, 3_600])
    assert len(joined(chunks)) == 3 * RATE_HZ
    assert chunks[-1].t_ns == 3_600 * S
    assert intake.notes == ("gaps in the time stamps: 1, 3589.500 s missing, 2.000 s of it filled with silence",)


def test_a_clock_set_back_loses_no_sound():
    chunks, intake = blocks_with_times(speechlike(1), [1_000, 10])
    assert len(joined(chunks)) == RATE_HZ
    assert chunks[-1].t_ns == 10 * S
    assert intake.notes == ("time stamps set back: 1; the sound goes on with the new time",)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_straying_stamps_and_a_drifting_clock_cut_nothing(rate_hz):
    rng = np.random.default_rng(3)
    times = np.arange(1_000) * 0.02 * (1 + 2e-4) + rng.uniform(-0.008, 0.008, 1_000)
    chunks, intake = blocks_with_times(speechlike(20, rate_hz), times, 0.02, rate_hz)
    assert len(joined(chunks)) == 20 * RATE_HZ
    assert not any("time stamps" in note for note in intake.notes)
    assert chunks[-1].t_ns / S == pytest.approx(times[-1], abs=0.02)


def test_times_follow_the_sound_through_the_resampler():
    chunks, _ = blocks_with_times(speechlike(1, 48_000), [7, 7.5], rate_hz=48_000)
    total = 0
    for chunk in chunks:
        assert chunk.t_ns == 7 * S + total * 62_500
        total += len(chunk.samples)


def test_a_change_of_rate_goes_on_where_the_other_ended():
    intake = Intake()
    chunks = [*intake.push(speechlike(0.5, 48_000), 48_000, 0), *intake.push(speechlike(0.5, 8_000), 8_000, S // 2)]
    chunks += intake.finish()
    assert len(joined(chunks)) == RATE_HZ
    ends = [c.t_ns + len(c.samples) * 62_500 for c in chunks]
    assert ends[:-1] == [c.t_ns for c in chunks[1:]]


def test_notes_of_a_stretch_hold_only_what_happened_in_it():
    intake = Intake()
    loud = speechlike(1)
    loud[:4_000] = 1
    for i, block in enumerate((speechlike(1), loud, speechlike(1))):
        intake.push(block, t_ns=i * S)
    assert intake.notes_of(0, S) == ()
    assert "clipped: 25.0 %" in intake.notes_of(S, 2 * S)[0]
    assert intake.notes_of(2 * S, 3 * S) == ()
    assert "clipped: 8.3 %" in intake.notes[0]


def test_a_whole_recording_has_its_notes_where_they_belong():
    samples = speechlike(60)
    samples[30 * RATE_HZ :][:400] = 1
    intake = Intake()
    intake.push(samples)
    assert "clipped" in intake.notes_of(30 * S, 31 * S)[0]
    assert intake.notes_of(28 * S, 29 * S) == intake.notes_of(32 * S, 33 * S) == ()


def test_the_time_line_knows_when_each_sample_was():
    chunks, _ = blocks_with_times(speechlike(1.5), [10, 10.5, 3_600])
    line = Timeline()
    for chunk in chunks:
        line.add(chunk)
    assert line.t_ns(0) == 10 * S
    assert line.t_ns(RATE_HZ) == 11 * S
    # two seconds of silence fill the gap, then time jumps
    assert line.t_ns(3 * RATE_HZ) == 3_600 * S
    assert line.t_ns(3 * RATE_HZ - 1) == 13 * S - 62_500
    assert line.t_ns(4 * RATE_HZ) == 3_601 * S


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([8_000, 16_000, 44_100, 48_000]),
    st.integers(1, 2),
    st.lists(st.integers(0, 4_000), max_size=10),
    st.integers(0, 2**32 - 1),
)
def test_the_cutting_into_blocks_changes_neither_samples_nor_notes(rate_hz, channels, sizes, seed):
    samples = np.random.default_rng(seed).integers(-(2**15), 2**15, (12_000, channels), np.int16)
    samples[3_000:5_000] = 32_767
    intake = Intake()
    cuts = np.minimum(np.cumsum(sizes), len(samples)).astype(int)
    chunks = [c for piece in np.split(samples, cuts) for c in intake.push(piece, rate_hz)]
    out = joined([*chunks, *intake.finish()])
    expected, notes = heard(samples, rate_hz)
    assert np.array_equal(out, expected)
    assert intake.notes == notes
