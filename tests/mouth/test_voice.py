"""Voices by name: kitt's own, and those that other packages bring."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from kitt.config import VoiceConfig
from kitt.errors import KittError
from kitt.mouth import voice
from kitt.mouth.voice import ENGINES, VoiceEngine, available, make_voice
from kitt.types import Utterance


class Hum:
    """A voice for these tests."""

    def say(self, text: str, language: str) -> Utterance:
        return Utterance(text, language, 8_000, np.full(len(text), 1000, np.int16))

    def describe(self) -> str:
        return "hum"

    def close(self) -> None:
        """Nothing to let go of."""


ENGINE = VoiceEngine(Hum, lambda: (True, "hum", ""))


def plug(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("hum", value, voice.ENTRY_POINTS)
    monkeypatch.setattr(voice, "entry_points", lambda group: [point] if group == "kitt.voices" else [])


def test_the_default_engine_of_the_settings_speaks() -> None:
    speaker = make_voice(VoiceConfig().engine)
    assert len(speaker.say("Hello.", VoiceConfig().language).samples)
    speaker.close()
    assert available(VoiceConfig().engine) == (True, speaker.describe(), "")


def test_a_package_may_bring_one(monkeypatch: pytest.MonkeyPatch) -> None:
    plug(monkeypatch, f"{__name__}:ENGINE")
    assert len(make_voice("hum").say("abc", "en").samples) == 3
    assert available("hum") == (True, "hum", "")


def test_an_unknown_name_tells_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    plug(monkeypatch, f"{__name__}:ENGINE")
    with pytest.raises(KittError, match="'siri' is not known; known: espeak, espeak-program, hum"):
        make_voice("siri")
    assert available("siri")[0] is False


@pytest.mark.parametrize(
    ("value", "told"),
    [("no_such_package:ENGINE", "cannot be loaded: ModuleNotFoundError"), (f"{__name__}:Hum", "is not a")],
)
def test_a_package_that_is_broken_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str, told: str) -> None:
    plug(monkeypatch, value)
    with pytest.raises(KittError, match=told):
        make_voice("hum")


def test_kitts_own_names_cannot_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(ENGINES) == {"espeak", "espeak-program"}
    monkeypatch.setattr(voice, "entry_points", lambda group: [EntryPoint("espeak", f"{__name__}:ENGINE", group)])
    assert voice.find_engine("espeak") is ENGINES["espeak"]
