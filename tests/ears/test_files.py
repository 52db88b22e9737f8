"""Sound files that the test writes itself, good and bad."""

import os
import wave

import av
import numpy as np
import pytest

from kitt.ears import files
from kitt.ears.files import RawFormat, SoundFile, read_mono
from kitt.errors import KittError

RATE = 16_000


def tone(seconds=1.0, rate_hz=RATE, channels=1):
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    one = 0.5 * np.sin(2 * np.pi * 440 * t)
    return np.stack([one * (0.5**c) for c in range(channels)], 1).astype(np.float32)


def write_wav(path, samples, rate_hz=RATE):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes((samples * 32_767).astype("<i2").tobytes())
    return path


def write_coded(path, samples, rate_hz, codec, sample_format):
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.format = sample_format
        resampler = av.AudioResampler(sample_format, layout, rate_hz)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", layout)
        frame.sample_rate = rate_hz
        frame.pts = 0
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        size = stream.codec_context.frame_size or 1024
        while piece := fifo.read(size, partial=True):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_a_wav_comes_back_with_rate_channels_and_times(tmp_path, rate_hz, channels):
    samples = tone(1.0, rate_hz, channels)
    sound = SoundFile(write_wav(tmp_path / "a.wav", samples, rate_hz))
    assert (sound.rate_hz, sound.channels, sound.duration_s) == (rate_hz, channels, pytest.approx(1))
    blocks = list(sound.blocks())
    got = np.concatenate([b.samples for b in blocks])
    assert got == pytest.approx(samples, abs=1e-4)
    starts = np.cumsum([0, *(len(b.samples) for b in blocks)])[:-1]
    assert [b.t_ns for b in blocks] == pytest.approx(list(starts / rate_hz * 1e9), abs=1e6)
    assert sound.notes == []


@pytest.mark.parametrize(
    ("name", "codec", "sample_format", "rate_hz"),
    [
        ("a.flac", "flac", "s16", 44_100),
        ("a.ogg", "libopus", "flt", 48_000),
        ("b.ogg", "libvorbis", "fltp", 44_100),
        ("a.mp3", "libmp3lame", "fltp", 22_050),
        ("a.m4a", "aac", "fltp", 44_100),
    ],
)
def test_the_usual_kinds_are_read(tmp_path, name, codec, sample_format, rate_hz):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    samples = tone(1.0, rate_hz)
    sound = SoundFile(write_coded(tmp_path / name, samples, rate_hz, codec, sample_format))
    got, rate = sound.read()
    assert rate == rate_hz
    assert abs(len(got) - rate_hz) < 0.1 * rate_hz
    inner = slice(rate_hz // 4, rate_hz // 2)
    assert np.std(got[inner]) == pytest.approx(np.std(samples[inner]), rel=0.1)


def test_raw_samples_are_what_they_are_said_to_be(tmp_path):
    samples = tone(0.5, 8_000, 2)
    path = tmp_path / "a.raw"
    path.write_bytes((samples * 32_767).astype("<i2").tobytes() + b"\0")
    sound = SoundFile(path, RawFormat(8_000, 2))
    got, rate = sound.read()
    assert rate == 8_000
    assert got == pytest.approx(samples, abs=1e-4)
    assert sound.notes == [
        "taken as raw 16-bit sound at 8000 Hz, 2 channel(s)",
        "1 bytes at the end make no whole sample",
    ]


def test_eight_and_twenty_four_bits(tmp_path):
    for width, values, expected in ((1, bytes([128, 255]), [0, 1]), (3, b"\0\0\0\xff\xff\x3f", [0, 0.5])):
        with wave.open(str(tmp_path / "a.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(width)
            out.setframerate(RATE)
            out.writeframes(values * 100)
        got, _ = SoundFile(tmp_path / "a.wav").read()
        assert got[:2, 0] == pytest.approx(expected, abs=1e-3)


def test_the_sound_may_be_read_twice(tmp_path):
    sound = SoundFile(write_wav(tmp_path / "a.wav", tone()))
    assert np.array_equal(sound.read()[0], sound.read()[0])


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (48_000, 2)])
def test_a_whole_file_at_once_is_what_the_ears_hear(tmp_path, rate_hz, channels):
    got = read_mono(write_wav(tmp_path / "a.wav", tone(1.0, rate_hz, channels), rate_hz))
    loudness = {1: 1.0, 2: 0.75}[channels]
    assert got.dtype == np.float32
    assert got[400:-400] == pytest.approx(loudness * tone()[400:-400, 0], abs=2e-3)


@pytest.mark.parametrize("rate_hz", [0, -16_000, 10, 10**9])
def test_raw_sound_of_an_absurd_rate_is_one_line(rate_hz):
    with pytest.raises(KittError, match=f"raw sound of {rate_hz} samples a second: it must be 1000 to 768000"):
        RawFormat(rate_hz)


@pytest.mark.parametrize("channels", [0, -1])
def test_raw_sound_without_a_channel_is_one_line(channels):
    with pytest.raises(KittError, match="it must be one or more"):
        RawFormat(RATE, channels)


def test_sound_that_the_ears_cannot_take_names_its_file(tmp_path):
    loud = write_coded(tmp_path / "loud.wav", 100 * tone(0.1), RATE, "pcm_f32le", "flt")
    with pytest.raises(KittError, match=r"loud\.wav: samples reach 50: floats must lie in -1\.\.1"):
        read_mono(loud)
    slow = write_wav(tmp_path / "slow.wav", tone(0.1), 10)
    with pytest.raises(KittError, match=r"slow\.wav: a sample rate of 10 Hz is outside"):
        read_mono(slow)


def test_raw_bytes_that_make_no_sample_are_no_sound(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"\0")
    assert len(read_mono(tmp_path / "a.raw")) == 0


def test_a_file_that_breaks_off_gives_what_is_there_and_a_note(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(3))
    path.write_bytes(path.read_bytes()[: 44 + RATE * 2])
    sound = SoundFile(path)
    assert len(sound.read()[0]) == RATE
    assert sound.notes == ["the file breaks off: 64000 bytes of it are missing"]


def test_a_compressed_file_that_breaks_off_too(tmp_path):
    path = write_coded(tmp_path / "a.flac", tone(3), RATE, "flac", "s16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound = SoundFile(path)
    assert 0 < len(sound.read()[0]) < 3 * RATE
    assert "breaks off after" in "".join(sound.notes) or "broken after" in "".join(sound.notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"hello world, this is no sound\n" * 40, "no sound file that can be read"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "no sound|broken|can be read"),
    ],
)
def test_what_is_no_sound_is_one_line(tmp_path, content, message):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(KittError, match=message) as caught:
        SoundFile(path).read()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wav_without_a_single_sample_is_told(tmp_path):
    with pytest.raises(KittError, match="there is no sound in it"):
        SoundFile(write_wav(tmp_path / "a.wav", tone(0))).read()


def test_a_code_that_nobody_knows_is_one_line(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(1.0))
    content = bytearray(path.read_bytes())
    content[20:22] = b"\x63\x00"
    path.write_bytes(content)
    with pytest.raises(KittError, match=r"a\.wav: the sound in it is in a code that cannot be read here"):
        SoundFile(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(KittError, match=r"nowhere\.wav: cannot read: No such file"):
        SoundFile(tmp_path / "nowhere.wav")
    with pytest.raises(KittError, match="Is a directory"):
        SoundFile(tmp_path)


def test_a_pipe_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(KittError, match=r"a\.wav: a pipe or a device is no sound file"):
        SoundFile(tmp_path / "a.wav")


def test_a_silent_film_is_told(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        container.mux(stream.encode(None))
    with pytest.raises(KittError, match=r"film\.mp4: there is no sound in it"):
        SoundFile(path)


def test_a_burst_out_of_the_decoder_is_cut_off_and_told(tmp_path, monkeypatch):
    file = SoundFile(write_coded(tmp_path / "a.flac", tone(0.1), RATE, "flac", "s16"))
    monkeypatch.setattr(files, "_floats", lambda frame: np.array([[0.5], [428.0], [-9.0]], np.float32))
    samples, _ = file.read()
    assert np.abs(samples).max() == np.float32(1.5)
    assert "burst beyond full scale as flac" in file.notes[-1]
