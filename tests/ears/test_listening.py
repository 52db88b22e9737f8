"""Sound files through the ears, and what is told of them: by the functions and by `kitt listen`."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from kitt.cli.listen import listen
from kitt.ears import engine
from kitt.ears.engine import Ears
from kitt.ears.grammar import Grammar
from kitt.ears.listening import Recording, hear, line_of
from kitt.errors import KittError
from kitt.types import F32, Heard
from tests.ears.coded import networks, silence, speech

SENTENCES = {"LightOn": ["lights", "turn on the lights"], "Wake": ["hey kitt"], "Other": ["completely different"]}
SPOKEN = Grammar.of_sentences(SENTENCES, "en", "test")
LIGHTS = "language: en\nintents:\n  LightOn:\n    data:\n      - sentences: ['lights', 'turn on the lights']\n"


def say(text: str) -> F32:
    return speech(*(SPOKEN.prons[w][0] for w in text.split()))


def recorded(path: Path, *parts: F32, rate_hz: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        # rounded as the ears' scale has it, so that the code of the sound survives
        out.writeframes((np.concatenate(parts) * 2**15).round().astype("<i2").tobytes())
    return path


@pytest.fixture
def grammar(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(LIGHTS)
    return tmp_path / "mine.yaml"


@pytest.fixture
def run(monkeypatch, grammar):
    """Output, lines of JSON and the error of `kitt listen --grammar mine.yaml WORDS`."""
    monkeypatch.setattr(engine.Networks, "load", staticmethod(networks))
    app = typer.Typer()
    app.command()(listen)

    def invoke(*words):
        written = grammar.parent / "out.jsonl"
        given = ["--grammar", grammar, "--jsonl", written, *words]
        done = CliRunner().invoke(app, [str(w) for w in given])
        assert done.exception is None or isinstance(done.exception, KittError | SystemExit), done.exception
        lines = [json.loads(line) for line in written.read_text().splitlines()] if written.exists() else []
        return done.output, lines, str(done.exception or "")

    return invoke


def heard(intent: str, confidence: float, *, rejected: bool = False, wake: str = "") -> Heard:
    return Heard(0, 1, "en", intent, {}, "", confidence, rejected, "so" if rejected else "", wake)


def test_a_command_goes_before_a_rejected_one_and_that_before_a_wake_phrase_alone() -> None:
    ranked = [
        heard("Go", 0.3),
        heard("Go", 0.2),
        heard("Go", 0.9, rejected=True),
        heard("", 0.0, wake="kitt"),
        heard("", 0.0, rejected=True),
    ]
    for i, best in enumerate(ranked):
        assert Recording(Path("a"), 1.0, tuple(ranked[i:][::-1]), ()).best is best
    assert Recording(Path("a"), 1.0, (), ()).best is None


def test_a_rejected_order_behind_a_wake_phrase_alone_is_told_as_rejected(tmp_path, grammar) -> None:
    path = recorded(tmp_path / "a.wav", say("hey kitt"), silence(32_000), say("completely different"), silence(16_000))
    recording = hear(Ears(grammar, wake="hey kitt", networks=networks()), path)
    assert [h.wake for h in recording.utterances] == ["hey kitt", "hey kitt"]
    line = line_of(recording)
    assert line["rejected"]
    assert line["intent"] == "LightOn"
    assert "not in the grammar" in line["reason"]


def test_speech_without_the_wake_phrase_is_told_as_that(tmp_path, run) -> None:
    path = recorded(tmp_path / "a.wav", silence(8000), say("turn on the lights"), silence(16_000))
    output, (line,), _ = run(path, "--wake", "hey kitt")
    assert f"{path}: the wake phrase was not said" in output
    assert (line["rejected"], line["reason"], line["intent"]) == (True, "the wake phrase was not said", "")
    quiet = recorded(tmp_path / "b.wav", silence(16_000))
    output, (line,), _ = run(quiet, "--wake", "hey kitt")
    assert f"{quiet}: no speech" in output
    assert line["reason"] == "no speech"


def test_a_command_is_one_line(tmp_path, run) -> None:
    output, (line,), error = run(recorded(tmp_path / "a.wav", say("turn on the lights"), silence(16_000)))
    assert "LightOn" in output
    assert (line["intent"], line["text"], line["rejected"], error) == ("LightOn", "turn on the lights", False, "")


@pytest.mark.parametrize("wake", ["", "  "])
def test_an_empty_wake_phrase_is_one_line(tmp_path, run, wake) -> None:
    path = recorded(tmp_path / "a.wav", say("lights"))
    _, lines, error = run(path, "--wake", wake)
    assert error == "the wake phrase is empty: give its words, or none at all where none is needed"
    assert lines == []


@pytest.mark.parametrize("rate_hz", [0, -16_000, 10, 10**9])
def test_an_absurd_rate_of_raw_files_is_one_line(tmp_path, run, rate_hz) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(32_000))
    output, lines, error = run(tmp_path / "a.raw", "--raw-rate", rate_hz)
    assert error == f"raw sound of {rate_hz} samples a second: it must be 1000 to 768000"
    assert (output, lines) == ("", [])


def test_a_file_that_cannot_be_taken_is_named_and_the_others_are_heard(tmp_path, run) -> None:
    slow = recorded(tmp_path / "slow.wav", silence(100), rate_hz=10)
    good = recorded(tmp_path / "good.wav", say("lights"), silence(16_000))
    output, lines, error = run(slow, good)
    assert f"kitt: {slow}: a sample rate of 10 Hz is outside" in output
    assert lines[0]["error"].startswith(str(slow))
    assert lines[1]["intent"] == "LightOn"
    assert error == "1 of 2 files could not be read"


def test_a_microphone_is_named_for_nothing_where_files_are_heard(tmp_path, run) -> None:
    _, _, error = run(recorded(tmp_path / "a.wav", say("lights")), "--device", "list")
    assert error == "--device list names a microphone; it goes with --mic"


class OneByOne:
    """A microphone that gives chunks of a sound, and lets something be done before each."""

    def __init__(self, sound: F32, before=lambda at: None) -> None:
        self.sound, self.before = sound, before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        for at in range(0, len(self.sound), 1600):
            self.before(at)
            yield engine.AudioChunk(at * 62_500, self.sound[at : at + 1600])

    def news(self):
        return ()

    def close(self):
        pass


def test_the_microphone_tells_once_that_the_wake_phrase_is_missing(run, monkeypatch) -> None:
    sound = np.concatenate([piece for _ in range(3) for piece in (say("lights"), silence(32_000))])
    monkeypatch.setattr("kitt.runtime.microphone.microphone", lambda device: OneByOne(sound))
    output, lines, _ = run("--mic", "--wake", "hey kitt")
    assert output.count("speech, but the wake phrase was not said") == 1
    assert lines == []
    output, _, _ = run("--mic", "--wake", "hey kitt", "--explain")
    assert output.count("speech, but the wake phrase was not said") == 3


def test_the_microphone_tells_of_changed_grammars(run, grammar, monkeypatch) -> None:
    edits = {32_000: LIGHTS.replace("[", "[["), 96_000: LIGHTS.replace("LightOn", "Lamps")}
    sound = np.concatenate([silence(144_000), say("lights"), silence(32_000)])
    mic = OneByOne(sound, lambda at: at in edits and grammar.write_text(edits[at]))
    monkeypatch.setattr("kitt.runtime.microphone.microphone", lambda device: mic)
    output, (line,), _ = run("--mic")
    assert output.count("the grammar as it was before stays in force") == 1
    assert f"kitt: {grammar}: changed, and in force now" in output
    assert line["intent"] == "Lamps"


def test_an_utterance_keeps_the_notes_of_its_sound(tmp_path, grammar) -> None:
    path = recorded(tmp_path / "a.wav", np.repeat(say("lights"), 3), silence(48_000), rate_hz=48_000)
    recording = hear(Ears(grammar, networks=networks()), path)
    assert [h.notes[0] for h in recording.utterances] == ["resampled from 48000 to 16000 Hz"]
