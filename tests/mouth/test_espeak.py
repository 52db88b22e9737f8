"""The voice: audible, different in each language, the same every time, and not lost with its process."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.mind.warnings import TABLE
from kitt.mouth import espeak, espeak_library, espeak_program
from kitt.mouth.espeak import Espeak
from kitt.mouth.espeak_library import LibrarySynthesiser
from kitt.mouth.espeak_program import ProgramSynthesiser, parse_wav
from kitt.types import LANGUAGES


@pytest.fixture(scope="module")
def synthesiser():  # type: ignore[no-untyped-def]
    made = LibrarySynthesiser(*espeak_library.find())
    yield made
    made.close()


@pytest.fixture
def voice(synthesiser: LibrarySynthesiser) -> Espeak:
    return Espeak(synthesiser)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean((samples / 32768.0) ** 2)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", TABLE, ids=lambda e: e.name)
def test_every_warning_is_heard_and_is_short(voice: Espeak, event, language: str) -> None:  # type: ignore[no-untyped-def]
    said = voice.say(event.text[language], language)
    assert said.samples.dtype == np.int16
    assert said.samples.ndim == 1
    assert 0.5 < len(said.samples) / said.rate_hz < 3.2
    assert rms(said.samples) > 0.03
    assert (said.text, said.language, said.rate_hz) == (event.text[language], language, 22_050)


def test_what_a_driver_must_hear_first_is_said_within_two_seconds(voice: Espeak) -> None:
    for language in LANGUAGES:
        said = voice.say(TABLE[0].text[language], language)
        assert len(said.samples) / said.rate_hz < 2.0


def test_the_same_text_sounds_different_in_each_language(voice: Espeak) -> None:
    sounds = [voice.say("attention", language).samples.tobytes() for language in LANGUAGES]
    assert len(set(sounds)) == 3


@pytest.mark.parametrize(
    ("language", "accented", "plain"), [("fr", "pêché", "pech"), ("fr", "où ça", "ou ca"), ("es", "año", "ano")]
)
def test_accents_are_spoken(voice: Espeak, language: str, accented: str, plain: str) -> None:
    assert voice.say(accented, language).samples.tobytes() != voice.say(plain, language).samples.tobytes()


def test_accents_are_letters_and_not_spelt_out(voice: Espeak) -> None:
    """French writes one sound in two ways; bytes read as Latin-1 would spell one of them out."""
    assert voice.say("marché", "fr").samples.tobytes() == voice.say("marcher", "fr").samples.tobytes()
    assert len(voice.say("año", "es").samples) < 1.3 * len(voice.say("ano", "es").samples)


def test_a_sentence_sounds_the_same_whatever_was_said_before(synthesiser: LibrarySynthesiser) -> None:
    once, _ = synthesiser.render("Stop sign ahead.", "en-us", 165)
    synthesiser.render("Panneau stop devant.", "fr", 165)
    again, _ = synthesiser.render("Stop sign ahead.", "en-us", 165)
    other = LibrarySynthesiser(*espeak_library.find())
    elsewhere, _ = other.render("Stop sign ahead.", "en-us", 165)
    assert once.tobytes() == again.tobytes() == elsewhere.tobytes()


def test_there_is_no_pause_at_either_end(voice: Espeak) -> None:
    said = voice.say("Stop sign ahead.", "en")
    loud = np.flatnonzero(np.abs(said.samples.astype(int)) > 64) / said.rate_hz
    assert loud[0] <= 0.03
    assert loud[-1] >= len(said.samples) / said.rate_hz - 0.03


def test_said_once_it_is_kept(voice: Espeak) -> None:
    assert voice.say("Kept.", "en") is voice.say("Kept.", "en")


def test_nothing_to_say_and_an_unknown_language_are_one_line(voice: Espeak) -> None:
    with pytest.raises(KittError, match="nothing to hear in '' "):
        voice.say("", "en")
    with pytest.raises(KittError, match="language 'de' is not known; known: en, fr, es"):
        voice.say("Halt", "de")


def test_an_unknown_voice_is_one_line_and_the_worker_lives_on(synthesiser: LibrarySynthesiser) -> None:
    with pytest.raises(KittError, match="no voice 'zzz'"):
        synthesiser.render("Hello.", "zzz", 165)
    assert len(synthesiser.render("Hello.", "en-us", 165)[0])
    assert synthesiser.restarts == 0


def test_a_dead_worker_is_started_again(synthesiser: LibrarySynthesiser) -> None:
    before = synthesiser.render("Hello.", "en-us", 165)[0]
    synthesiser.process.kill()
    synthesiser.process.wait()
    after = synthesiser.render("Hello.", "en-us", 165)[0]
    assert before.tobytes() == after.tobytes()
    assert synthesiser.restarts == 1


def worker_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> LibrarySynthesiser:
    worker = tmp_path / "worker.py"
    greeting = 'import sys; sys.stdout.buffer.write(b"\\0\\x20\\0\\0\\0" + b\'{"version":"x","rate_hz":22050}  \'); '
    worker.write_text(f"{greeting}sys.stdout.flush(); {code}")
    monkeypatch.setattr(espeak_library, "WORKER", worker)
    return LibrarySynthesiser(*espeak_library.find())


def test_a_worker_that_dies_over_a_sentence_is_tried_once_more_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = worker_that(tmp_path, monkeypatch, "sys.stdin.readline()")
    with pytest.raises(KittError, match="died twice over 'Hello'"):
        dying.render("Hello", "en-us", 165)
    assert dying.restarts == 1


def test_a_worker_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = worker_that(tmp_path, monkeypatch, "sys.stdin.readline(); sys.stdin.readline()")
    monkeypatch.setattr(espeak_library, "TIMEOUT_S", 0.2)
    with pytest.raises(KittError, match="died twice"):
        hanging.render("Hello", "en-us", 165)


def test_a_library_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"not a library")
    with pytest.raises(KittError, match=r"voice espeak: .*pip install espeakng-loader"):
        LibrarySynthesiser(broken, tmp_path)


def test_the_process_ends_with_its_voice() -> None:
    made = Espeak(LibrarySynthesiser(*espeak_library.find()))
    process = made._synthesiser.process  # type: ignore[attr-defined]
    del made
    assert process.poll() is not None


def test_kitt_itself_never_loads_the_library() -> None:
    code = (
        "from kitt.mouth.voice import make_voice; v = make_voice('espeak'); v.say('Hello', 'en');"
        "print('libespeak' in open('/proc/self/maps').read(), 'wheel' in v.describe())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "True"]


def test_data_at_the_end_of_a_very_long_path_is_found(tmp_path: Path) -> None:
    """The library cuts paths at 160 bytes."""
    library, folder = espeak_library.find()
    deep = tmp_path / ("x" * 120) / ("y" * 120)
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(folder / "espeak-ng-data")
    made = LibrarySynthesiser(library, deep)
    assert len(made.render("Hello.", "en-us", 165)[0])


class TestProgram:
    """The fallback, with a program of our own in its place, as the system's may be absent."""

    def program(self, tmp_path: Path, body: str) -> str:
        path = tmp_path / "espeak-ng"
        path.write_text(f"#!{sys.executable}\nimport sys\n{body}")
        path.chmod(0o755)
        return str(path)

    SPEAKS = (
        "if '--version' in sys.argv: print('eSpeak NG text-to-speech: 9.9  Data at: /x'); sys.exit()\n"
        "text = sys.stdin.buffer.read()\n"
        "head = b'RIFF' + b'\\xff' * 4 + b'WAVEfmt ' + (16).to_bytes(4, 'little') + b'\\1\\0\\1\\0'\n"
        "head += (16000).to_bytes(4, 'little') + b'\\0' * 8 + b'data' + b'\\xff' * 4\n"
        "sys.stdout.buffer.write(head + b'\\0\\x20' * len(text))\n"
    )

    def test_its_wav_is_read_whatever_lengths_it_claims(self, tmp_path: Path) -> None:
        voice = Espeak(ProgramSynthesiser(self.program(tmp_path, self.SPEAKS)))
        said = voice.say("où", "fr")
        assert (said.rate_hz, len(said.samples)) == (16_000, 3)
        assert "9.9, the system's program" in voice.describe()

    def test_it_is_taken_when_the_wheel_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.program(tmp_path, self.SPEAKS)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(espeak_library.importlib.util, "find_spec", lambda name: None)
        assert "system's program" in espeak.make().describe()

    def test_with_neither_both_mending_lines_are_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(espeak_library.importlib.util, "find_spec", lambda name: None)
        with pytest.raises(KittError, match="pip install espeakng-loader; or sudo apt-get install espeak-ng"):
            espeak.make()
        ok, _, mend = espeak.available()
        assert (ok, mend) == (False, "pip install espeakng-loader")

    def test_its_failure_is_one_line(self, tmp_path: Path) -> None:
        body = "if '--version' in sys.argv: print('x'); sys.exit()\nsys.stderr.write('no such voice'); sys.exit(3)\n"
        made = ProgramSynthesiser(self.program(tmp_path, body))
        with pytest.raises(KittError, match="exits with 3: no such voice"):
            made.render("Hello", "en-us", 165)

    def test_what_is_no_wav_is_refused(self) -> None:
        with pytest.raises(KittError, match="gave no WAV but b'hello'"):
            parse_wav(b"hello", "espeak-ng")

    def test_the_real_one_if_it_is_here(self) -> None:
        try:
            program = espeak_program.find()
        except KittError:
            pytest.skip("the system has no espeak-ng program")
        assert rms(Espeak(ProgramSynthesiser(program)).say("Hello.", "en").samples) > 0.03
