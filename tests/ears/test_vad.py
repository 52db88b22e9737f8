import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.endpoint import EndPointer
from kitt.ears.vad import FRAME, VoiceActivity, level_db
from kitt.engine.backend import TensorSpec
from kitt.engine.models import SILERO_VAD
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from tests.ears.voices import speak


class FakeSilero:
    """Takes and gives what Silero does; says loudness, and carries a state that a wrong order would show."""

    name = "fake"

    def __init__(self, names=("input", "state", "sr")):
        self.names = names

    def io_specs(self):
        specs = tuple(TensorSpec(n, (-1,), np.dtype(np.float32)) for n in self.names)
        return specs, ()

    def infer(self, inputs):
        assert inputs["input"].shape == (1, 576)
        assert inputs["input"].dtype == np.float32
        state = inputs["state"] * np.float32(0.5) + np.abs(inputs["input"]).mean() + inputs["input"][0, 0]
        return {"output": state[0, :, :1], "stateN": state}


@pytest.fixture
def silero():
    if not weights_path(SILERO_VAD.name).is_file():
        pytest.skip("silero-vad is not here: kitt models pull silero-vad")
    return VoiceActivity.load()


def test_a_frame_is_told_as_soon_as_it_is_whole():
    vad = VoiceActivity(FakeSilero())
    assert len(vad.push(np.zeros(FRAME - 1, np.float32))) == 0
    assert len(vad.push(np.zeros(1, np.float32))) == 1
    assert len(vad.push(np.zeros(3 * FRAME + 5, np.float32))) == 3


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 2_000), max_size=20), st.integers(0, 2**32 - 1))
def test_pieces_of_any_size_give_the_same_probabilities_and_utterances(sizes, seed):
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.choice([0.0, 0.6], 40), 1_000)
    samples = (rng.uniform(0.5, 1, 40_000) * loudness).astype(np.float32)
    whole = VoiceActivity(FakeSilero()).push(samples)
    vad, pieced, got = VoiceActivity(FakeSilero()), EndPointer(), []
    probabilities = []
    for piece in np.split(samples, np.minimum(np.cumsum(sizes), len(samples)).astype(int)):
        probabilities.append(vad.push(piece))
        got += pieced.push(probabilities[-1])
    at_once = EndPointer()
    assert np.array_equal(np.concatenate(probabilities), whole)
    assert [*got, pieced.finish(40_000)] == [*at_once.push(whole), at_once.finish(40_000)]


@pytest.mark.parametrize(("value", "db"), [(1.0, 0.0), (0.1, -20.0), (0.0, -120.0)])
def test_the_level_of_a_frame_is_told_in_db_of_full_scale(value, db):
    assert level_db(np.full(FRAME, value, np.float32)) == pytest.approx(db, abs=0.01)


def test_reset_forgets():
    vad = VoiceActivity(FakeSilero())
    first = vad.push(np.ones(2 * FRAME + 100, np.float32))
    vad.reset()
    assert np.array_equal(vad.push(np.ones(2 * FRAME + 100, np.float32)), first)


def test_a_copy_hears_another_stream():
    vad = VoiceActivity(FakeSilero())
    whole = vad.push(np.ones(4 * FRAME, np.float32))
    vad.reset()
    before = vad.push(np.ones(FRAME + 100, np.float32))
    other = vad.fresh()
    other.push(np.full(3 * FRAME, 0.5, np.float32))
    assert np.array_equal(np.concatenate([before, vad.push(np.ones(3 * FRAME - 100, np.float32))]), whole)
    assert np.array_equal(vad.fresh().push(np.ones(4 * FRAME, np.float32)), whole)


def test_another_network_is_told():
    with pytest.raises(KittError, match="this network takes images, Silero's takes input, state, sr: kitt models pull"):
        VoiceActivity(FakeSilero(("images",)))


def test_missing_weights_name_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    with pytest.raises(KittError, match="kitt models pull silero-vad"):
        VoiceActivity.load()


@pytest.mark.weights
def test_silence_and_noise_are_no_speech(silero):
    assert silero.push(np.zeros(50 * FRAME, np.float32)).max() < 0.1
    noise = np.random.default_rng(0).normal(0, 0.02, 50 * FRAME).astype(np.float32)
    assert silero.push(noise)[3:].max() < 0.35


@pytest.mark.weights
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_spoken_sentence_is_one_utterance_with_all_its_words(silero, language):
    text = {"en": "turn on the lights", "fr": "allume les phares", "es": "enciende las luces"}[language]
    speech = speak(text, language)
    silence = np.random.default_rng(0).normal(0, 1e-3, 24_000).astype(np.float32)
    sound = np.concatenate([silence, speech, silence])
    ends = EndPointer()
    (span,) = [*ends.push(silero.push(sound), may_end=True)]
    assert span.start <= 24_000
    assert 24_000 + len(speech) <= span.end + 0.1 * 16_000
    assert span.end < 24_000 + len(speech) + 0.55 * 16_000


@pytest.mark.weights
def test_speech_that_begins_with_the_file_is_heard_as_after_silence(silero):
    speech = speak("two", "en")
    at_once = silero.push(speech)
    silero.reset()
    after_silence = silero.push(np.concatenate([np.zeros(20 * FRAME, np.float32), speech]))[20:]
    assert at_once == pytest.approx(after_silence, abs=0.1)


@pytest.mark.weights
def test_the_real_network_does_not_mind_the_cutting_either(silero):
    sound = speak("bonjour, quelle heure est-il", "fr")
    whole = silero.push(sound)
    silero.reset()
    pieces = [silero.push(p) for p in np.array_split(sound, 37)]
    assert np.array_equal(np.concatenate(pieces), whole)
