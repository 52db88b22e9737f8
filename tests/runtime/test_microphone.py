"""A microphone that the test speaks into; at the end a real one, fed by PulseAudio."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.runtime import microphone as mic

ROOT = Path(__file__).resolve().parents[2]
BUILT_IN = {"index": 0, "name": "Built-in", "max_input_channels": 2, "default_samplerate": 48_000.0}
SPEAKER = {"index": 1, "name": "Loudspeaker", "max_input_channels": 0, "default_samplerate": 48_000.0}
USB = {"index": 2, "name": "USB cabin", "max_input_channels": 1, "default_samplerate": 44_100.0}
USB_ROOF = {"index": 3, "name": "USB roof", "max_input_channels": 1, "default_samplerate": 16_000.0}


class FakePortAudio:
    """Devices and streams as sounddevice has them. `speak` is the callback's thread."""

    class PortAudioError(Exception):
        pass

    def __init__(self, devices=(BUILT_IN, SPEAKER, USB), default=0, allowed=((16_000, 1),)):
        self.devices, self.allowed = devices, allowed
        self.default = SimpleNamespace(device=(default, 1))
        self.refuses = None

    def query_devices(self):
        return self.devices

    def check_input_settings(self, device, channels, dtype, samplerate):
        if (samplerate, channels) not in self.allowed:
            raise self.PortAudioError("Invalid sample rate")

    def RawInputStream(self, **settings):
        if self.refuses:
            raise self.PortAudioError(self.refuses)
        self.settings = settings
        return SimpleNamespace(start=lambda: None, close=lambda ignore_errors: settings["finished_callback"]())

    def speak(self, samples, t_s, overflow=False, adc=True):
        times = SimpleNamespace(inputBufferAdcTime=100.0 if adc else 0.0, currentTime=100.05)
        self.now_ns = round((t_s + (0.05 if adc else len(samples) / self.settings["samplerate"])) * 1e9)
        status = SimpleNamespace(input_overflow=overflow)
        self.settings["callback"](samples.astype("<i2").tobytes(), len(samples), times, status)

    def unplug(self):
        self.settings["finished_callback"]()


@pytest.fixture
def portaudio(monkeypatch):
    fake = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr(mic.time, "time_ns", lambda: fake.now_ns)
    return fake


def ramp(count, start=0):
    return np.arange(start, start + count)


def heard(microphone):
    microphone.close()
    return list(microphone)


def test_sound_comes_as_chunks_with_the_time_it_was_captured(portaudio):
    microphone = mic.microphone()
    portaudio.speak(ramp(320), 5.0)
    portaudio.speak(ramp(320, 320), 5.02)
    chunks = heard(microphone)
    assert np.concatenate([c.samples for c in chunks]) == pytest.approx(ramp(640) / 32_768)
    assert [c.t_ns for c in chunks] == [5_000_000_000, 5_020_000_000]
    assert microphone.notes == ()


def test_a_driver_that_tells_no_time_is_helped(portaudio):
    microphone = mic.microphone()
    portaudio.speak(ramp(320), 5.0, adc=False)
    (chunk,) = heard(microphone)
    assert chunk.t_ns == 5_000_000_000


def test_a_device_without_16_khz_is_resampled_and_it_is_said(portaudio):
    portaudio.allowed = ((48_000, 2),)
    microphone = mic.microphone()
    assert (microphone.rate_hz, microphone.channels) == (48_000, 2)
    for i in range(50):
        portaudio.speak(np.stack([ramp(960)] * 2, 1), i * 0.02)
    total = sum(len(c.samples) for c in heard(microphone))
    assert 15_900 < total <= 16_000
    assert microphone.notes == ("resampled from 48000 to 16000 Hz", "mixed down from 2 channels")


def test_a_slow_listener_loses_the_oldest_and_it_is_counted(portaudio, monkeypatch):
    monkeypatch.setattr(mic, "KEPT_S", 0.1)
    microphone = mic.microphone()
    for i in range(12):
        portaudio.speak(ramp(320, i * 320), i * 0.02)
    # closing puts an end behind the blocks
    chunks = heard(microphone)
    assert microphone.dropped == 7
    assert chunks[0].samples[0] == pytest.approx(7 * 320 / 32_768)
    assert microphone.notes == ("7 blocks of sound were dropped: the listener is slower than the sound",)


def test_what_was_dropped_in_between_is_silence_of_its_length(portaudio, monkeypatch):
    monkeypatch.setattr(mic, "KEPT_S", 0.1)
    microphone = mic.microphone()
    listening = iter(microphone)
    portaudio.speak(ramp(320, 1), 0.0)
    first = next(listening)
    for i in range(1, 12):
        portaudio.speak(ramp(320, 1), i * 0.02)
    rest = heard_rest(microphone, listening)
    sound = np.concatenate([first.samples, *(c.samples for c in rest)])
    assert len(sound) == 12 * 320
    assert np.count_nonzero(sound) == 6 * 320
    assert any("0.120 s of it filled with silence" in note for note in microphone.notes)


def heard_rest(microphone, listening):
    microphone.close()
    return list(listening)


def test_what_the_sound_system_lost_is_counted_and_filled(portaudio):
    microphone = mic.microphone()
    portaudio.speak(ramp(320, 1), 0.0)
    portaudio.speak(ramp(320, 1), 0.12, overflow=True)
    assert sum(len(c.samples) for c in heard(microphone)) == 440 + 0.1 * 16_000 + 200
    assert microphone.overflows == 1
    assert "the sound system lost sound 1 times before it got here" in microphone.notes[-1]


def test_a_delay_that_settles_cuts_and_fills_nothing(portaudio):
    microphone = mic.microphone()
    for i in range(50):
        portaudio.speak(ramp(320, 1), i * 0.02 + (0.25 if i > 20 else 0))
    assert sum(len(c.samples) for c in heard(microphone)) == 50 * 320
    assert microphone.notes == ()


def test_a_dead_microphone_is_told(portaudio):
    microphone = mic.microphone()
    for i in range(101):
        portaudio.speak(np.zeros(320), i * 0.02)
    heard(microphone)
    assert microphone.notes[0].startswith("dead microphone: 2.0 s")


def test_each_trouble_is_news_once_though_its_numbers_grow(portaudio):
    microphone = mic.microphone()
    listening = iter(microphone)
    news = []
    for i in range(200):
        portaudio.speak(np.zeros(320), i * 0.02)
        next(listening)
        news += microphone.news()
    assert [note.split(":")[0] for note in news] == ["dead microphone"]


def test_a_microphone_that_dies_again_is_told_again(portaudio):
    microphone = mic.microphone()
    listening = iter(microphone)
    news = []
    hum = np.arange(320) * 9
    blocks = [hum] * 50 + [hum * 0] * 150 + [hum] * 50 + [hum * 0] * 150 + [hum] * 50
    for i, block in enumerate(blocks):
        portaudio.speak(block, i * 0.02)
        next(listening)
        news += [(i, note) for note in microphone.news()]
    assert [(i, note.split(":")[0]) for i, note in news] == [(149, "dead microphone"), (349, "dead microphone")]


def test_a_dead_microphone_that_clicks_is_not_told_again(portaudio):
    microphone = mic.microphone()
    listening = iter(microphone)
    news = []
    click = np.append(np.zeros(319), 2)
    for i in range(450):
        portaudio.speak(click if i % 150 == 149 else np.zeros(320), i * 0.02)
        next(listening)
        news += microphone.news()
    assert [note.split(":")[0] for note in news] == ["dead microphone"]


def test_an_unplugged_microphone_is_told_after_what_it_gave(portaudio):
    microphone = mic.microphone()
    portaudio.speak(ramp(320), 0.0)
    portaudio.unplug()
    listening = iter(microphone)
    assert len(next(listening).samples) == 320
    with pytest.raises(KittError, match="the microphone 'Built-in' stopped; is it unplugged"):
        next(listening)


def test_a_microphone_that_gives_nothing_is_told(portaudio, monkeypatch):
    monkeypatch.setattr(mic, "LOST_S", 0.05)
    with pytest.raises(KittError, match="the microphone 'Built-in' gives no more sound; is it unplugged"):
        next(iter(mic.microphone()))


def test_closing_from_elsewhere_ends_the_iteration(portaudio):
    microphone = mic.microphone()
    threading.Timer(0.05, microphone.close).start()
    assert list(microphone) == []


def test_one_may_choose_by_number_or_a_part_of_the_name(portaudio):
    assert mic.inputs() == ["0 Built-in", "2 USB cabin"]
    assert mic.microphone("usb").name == mic.microphone(2).name == mic.microphone("2").name == "USB cabin"
    assert mic.microphone().name == "Built-in"


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("roof", "no microphone is called 'roof'; there are: 0 'Built-in', 2 'USB cabin'"),
        ("loudspeaker", "no microphone is called 'loudspeaker'"),
        (7, "no microphone is called '7'"),
    ],
)
def test_a_device_that_is_not_there_is_told_with_those_that_are(portaudio, device, message):
    with pytest.raises(KittError, match=message):
        mic.microphone(device)


def test_a_name_that_may_be_two_asks_for_the_number(portaudio):
    portaudio.devices = (BUILT_IN, USB, USB_ROOF)
    with pytest.raises(KittError, match="'usb' may be several microphones: 2 'USB cabin', 3 'USB roof'; give its"):
        mic.microphone("usb")


def test_no_device_at_all(portaudio):
    portaudio.devices = (SPEAKER,)
    with pytest.raises(KittError, match="there is no microphone: none is plugged in, or the sound system is not runn"):
        mic.microphone()


def test_a_device_in_use_is_one_line(portaudio):
    portaudio.refuses = "Error opening InputStream: Device\nunavailable [PaErrorCode -9985]"
    with pytest.raises(KittError, match="'Built-in' cannot be opened: Error opening InputStream: Device unavail"):
        mic.microphone()


def test_a_device_of_another_kind_is_one_line(portaudio):
    portaudio.allowed = ()
    with pytest.raises(KittError, match="'Built-in' gives no 16-bit sound at 48000 Hz"):
        mic.microphone()


def test_without_the_package_the_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(KittError, match="needs the package sounddevice: pip install 'kitt\\[live\\]'"):
        mic.microphone()


def test_without_portaudio_too(tmp_path, monkeypatch):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(KittError, match=r"apt-get install libportaudio2 \(PortAudio library not found\)"):
        mic.microphone()


def test_a_real_stream_hears_what_pulseaudio_plays(tmp_path):
    pytest.importorskip("sounddevice", reason="sounddevice is not here: pip install 'kitt[live]'", exc_type=Exception)
    done = subprocess.run(
        [ROOT / "tools/null_sink.sh", sys.executable, "-m", "tests.runtime.hear_null_sink", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["correlation"] > 0.95
    assert abs(got["late_s"]) < 0.5
    assert not any("dropped" in note or "lost" in note for note in got["notes"])
