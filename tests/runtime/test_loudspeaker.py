"""A loudspeaker that the test listens at: sentences begin and end with the next block, and what was played is kept."""

import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.mouth.queue import BEGINS, CUT_OFF, Decision, Sentence
from kitt.runtime.loudspeaker import Loudspeaker
from kitt.types import Utterance

OUT = {"index": 0, "name": "Speaker", "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 48_000.0}
BLOCK = 480


class FakePortAudio:
    """One output. `play` is the callback's thread: it takes the next ten milliseconds."""

    class PortAudioError(Exception):
        pass

    def __init__(self, allowed=((48_000, 1),), refuses=None):
        self.allowed, self.refuses = allowed, refuses
        self.default = SimpleNamespace(device=(-1, 0))

    def query_devices(self):
        return [OUT]

    def check_output_settings(self, device, channels, dtype, samplerate):
        if (samplerate, channels) not in self.allowed:
            raise self.PortAudioError("Invalid number of channels")

    def RawOutputStream(self, **settings):
        if self.refuses:
            raise self.PortAudioError(self.refuses)
        self.settings = settings
        return SimpleNamespace(start=lambda: None, close=lambda ignore_errors: None, latency=0.05)

    def play(self, blocks=1, underflow=False):
        heard = []
        for _ in range(blocks):
            out = bytearray(BLOCK * self.settings["channels"] * 2)
            times = SimpleNamespace(outputBufferDacTime=100.05, currentTime=100.0)
            self.settings["callback"](memoryview(out), BLOCK, times, SimpleNamespace(output_underflow=underflow))
            heard.append(np.frombuffer(bytes(out), np.int16).reshape(BLOCK, -1))
        return np.concatenate(heard)


@pytest.fixture
def fake(monkeypatch):
    fake = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def decision(what: str, seconds: float = 1.0) -> Decision:
    tone = (8000 * np.sin(np.arange(round(seconds * 22_050)) / 5)).astype(np.int16)
    return Decision(0, what, Sentence("answer", 8, 0, Utterance("x", "en", 22_050, tone)))


def test_a_sentence_begins_with_the_next_block_and_the_time_is_kept(fake):
    with Loudspeaker() as speaker:
        assert not fake.play(5).any()
        speaker.carry_out(decision(BEGINS))
        before = time.time_ns()
        assert np.abs(fake.play()).max() > 5000
        assert len(speaker.written_ns) == 1
        assert before <= speaker.written_ns[0] <= time.time_ns()
        fake.play(10)
        assert len(speaker.written_ns) == 1, "once a sentence"
        assert speaker.speaking


def test_what_is_cut_off_is_silent_after_three_blocks(fake):
    with Loudspeaker() as speaker:
        speaker.carry_out(decision(BEGINS))
        fake.play(5)
        speaker.carry_out(decision(CUT_OFF))
        fake.play(2)
        assert not fake.play(5).any()
        assert not speaker.speaking


def test_both_channels_play_where_the_device_has_no_single_one(fake):
    fake.allowed = ((48_000, 2),)
    with Loudspeaker() as speaker:
        speaker.carry_out(decision(BEGINS))
        out = fake.play(5)
        assert out.shape[1] == 2
        assert np.array_equal(out[:, 0], out[:, 1])


def test_what_was_played_is_there_for_the_echo_canceller_at_its_time(fake):
    with Loudspeaker() as speaker:
        speaker.carry_out(decision(BEGINS, 0.5))
        begun = time.time_ns()
        for _ in range(20):
            fake.play()
            time.sleep(0.01)
        played = speaker.played(begun - 100_000_000, 6400)
        first = int(np.flatnonzero(np.abs(played) > 0.05)[0])
        assert first / 16_000 == pytest.approx(0.15, abs=0.03), "50 ms later than it was handed over"


def test_underflows_are_counted(fake):
    with Loudspeaker() as speaker:
        fake.play(3, underflow=True)
        assert speaker.underflows == 3


@pytest.mark.parametrize(("device", "said"), [("none such", "no loudspeaker is called 'none such'"), (7, "called '7'")])
def test_a_device_that_is_not_there_is_one_line(fake, device, said):
    with pytest.raises(KittError, match=said):
        Loudspeaker(device)


def test_a_device_that_does_not_open_is_one_line(fake):
    fake.refuses = "Device unavailable\n[PaErrorCode -9985]"
    with pytest.raises(KittError, match="loudspeaker 'Speaker' cannot be opened: Device unavailable") as e:
        Loudspeaker()
    assert "\n" not in str(e.value)
