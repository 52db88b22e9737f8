"""Wit: good manners are tested here, taste is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import source
from kitt.errors import KittError
from kitt.mind import persona
from kitt.mind.persona import AFTER_S, AFTER_WARNING_S, SILENT, Persona, Script, carried
from kitt.types import LANGUAGES

S = 1_000_000_000
NOT_ITS_OWN = {
    "en": "two three four five six seven eight nine ten twenty hundred left right red green yellow amber safe danger"
    " faster speeding",
    "fr": "deux trois quatre cinq six sept huit neuf dix vingt cent gauche droite rouge vert verte jaune orange sûr"
    " danger dangereux",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez veinte cien izquierda derecha rojo roja verde amarillo"
    " seguro peligro",
}
"""Numbers, sides, colours and verdicts: what only evidence may say."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_enough_of_it(language: str) -> None:
    assert len(Script.load(language).lines) >= 45
    assert sum("KittJoke" in line.topics for line in Script.load(language).lines) >= 12


def test_each_language_has_its_own() -> None:
    keys = [line.key for language in LANGUAGES for line in Script.load(language).lines]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_states_no_fact_of_its_own(language: str) -> None:
    for line in Script.load(language).lines:
        text = " ".join(line.say.pieces[::2]).lower()
        assert not re.search(r"\d", text), text
        assert not set(re.findall(r"\w+", text)) & set(NOT_ITS_OWN[language].split()), text
        assert len(text) <= 130, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_topics_and_conditions_are_those_of_the_car_grammar(language: str) -> None:
    grammar = source.read(GRAMMARS / language)
    outs = {str(v.out) for one in grammar.lists.values() for v in one.values}
    for line in Script.load(language).lines:
        assert line.topics <= set(grammar.intents), line.topics - set(grammar.intents)
        wrong = {m.text for m in line.when.values() if m.text is not None} - outs
        assert not wrong, wrong
        slots = {"object", "count", "degrees", "change", "state", "level", "vent", "window", "speed", "genre"}
        assert set(line.when) <= slots | {"destination", "place", "avoid", "contact", "topic"}


def test_silent_intents_exist() -> None:
    assert set(source.read(GRAMMARS / "en").intents) >= SILENT


def test_asked_for_jokes_come_until_they_are_used_up_and_never_twice() -> None:
    teller = Persona("en", drive="a")
    told = [teller.quip("KittJoke", i * S, True, {}, "en") for i in range(40)]
    heard = [joke for joke in told if joke]
    assert len(heard) == len(set(heard)) == sum("KittJoke" in line.topics for line in Script.load("en").lines)
    assert told[len(heard) :] == [None] * (40 - len(heard))


def test_the_drive_decides_the_order() -> None:
    def jokes(drive: str) -> list[str | None]:
        teller = Persona(drive=drive)
        return [teller.quip("KittJoke", i * S, True, {}, "fr") for i in range(8)]

    assert jokes("a") == jokes("a")
    assert jokes("a") != jokes("b")


def test_others_wait_for_the_time_since_the_last() -> None:
    teller = Persona()
    assert teller.quip("TalkThanks", 0, True, {}, "es")
    assert teller.quip("KittTime", int((AFTER_S - 1) * S), True, {}, "es") is None
    assert teller.quip("KittTime", int(AFTER_S * S), True, {}, "es")


def test_a_busy_road_a_warning_and_the_switch_silence_it() -> None:
    teller = Persona()
    assert teller.quip("KittJoke", 0, False, {}, "en") is None
    teller.warned(0)
    assert teller.quip("KittJoke", int(AFTER_WARNING_S * S) - 1, True, {}, "en") is None
    teller.switch(False)
    assert teller.quip("KittJoke", 100 * S, True, {}, "en") is None
    teller.switch(True)
    assert teller.quip("KittJoke", 100 * S, True, {}, "en")


def test_nothing_funny_about_safety_or_an_emergency() -> None:
    teller = Persona()
    for intent in SILENT:
        assert teller.quip(intent, 0, True, {"object": "car", "count": 12}, "en") is None
    assert teller.quip("PhoneCall", 0, True, {"contact": "mother"}, "en")
    assert Persona().quip("PhoneHangUp", 0, True, {"contact": "emergency"}, "en") is None


def test_gaps_hold_only_what_the_answer_carries() -> None:
    said = Persona().quip("EyesCount", 0, True, {"count": 7, "object": "truck"}, "en")
    assert said
    assert re.findall(r"\d+", said) == ["7"]
    assert Persona().quip("EyesCount", 0, True, {"object": "truck"}, "en") is None
    assert Persona().quip("EyesCount", 0, True, {"count": float("nan")}, "en") is None
    assert (
        Persona().quip("TemperatureSet", 0, True, {"degrees": 28}, "fr")
        == "28 degrés : je vous apporte aussi un transat ?"
    )


def test_a_name_is_said_in_the_language() -> None:
    teller, said = Persona(), []
    for i in range(3):
        said.append(teller.quip("EyesSee", int(i * AFTER_S * S), True, {"object": "bus", "count": 1}, "fr"))
    assert said[2] is None
    assert any("un bus" in (line or "") for line in said)
    assert Persona().quip("EyesLastSeen", 0, True, {"object": "unicorn", "count": 0}, "fr") is None


def test_slots_and_tracks_are_what_an_answer_carries() -> None:
    values = carried({"object": "car"}, {"car.count": 7}, track_ids=(1, 2, 3, 4, 5, 6, 7))
    said = Persona().quip("EyesCount", 0, True, values, "es")
    assert said == "He vuelto a contar y me siguen saliendo 7. Por puro vicio."
    assert carried({"object": "car"}, {"count": 0}) == {"object": "car", "count": 0}


def test_the_line_most_at_home_comes_first() -> None:
    said = Persona().quip("WindowOpen", 0, True, {"window": "sunroof"}, "es")
    assert said
    assert "cielo" in said


def test_a_new_drive_starts_over_but_keeps_the_switch() -> None:
    teller = Persona(drive="a")
    first = teller.quip("TalkThanks", 0, True, {}, "en")
    assert teller.quip("TalkThanks", 1000 * S, True, {}, "en") is None
    teller.new_drive("b")
    assert teller.quip("TalkThanks", 0, True, {}, "en") == first
    teller.switch(False)
    teller.new_drive("c")
    assert not teller.state.on


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{topic = "EyesSafe", say = "x"}', "en.toml:3: topic 'EyesSafe': no wit"),
        ('{topic = "eye", say = "x"}', "en.toml:3: unknown topic 'eye'"),
        ('{topic = "joke", say = "{x"}', "en.toml:3: '{' at character 1 has no counterpart"),
        ('{topic = "joke", say = "x", rode = "calm"}', "en.toml:3: unknown key 'rode'"),
        ('{topic = "joke", say = "x", road = "wet"}', "en.toml:3: road = 'wet'; allowed: calm, any"),
        ('{topic = "joke", say = "x", after_s = -1}', "en.toml:3: after_s = -1"),
        ('{topic = "joke", say = "x", when = {count = "9..1"}}', "en.toml:3: '9..1' is an empty range"),
        ('{topic = "joke", say = "a"}', "en.toml:3: the same words stand on line 2"),
        ('{topic = "joke"}', "en.toml:3: a line needs"),
    ],
)
def test_mistakes_are_told_with_their_line(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "en.toml"
    path.write_text(f'lines = [\n    {{topic = "joke", say = "a"}},\n    {line},\n]\n', encoding="utf-8")
    monkeypatch.setattr(persona, "FOLDER", tmp_path)
    with pytest.raises(KittError, match=re.escape(f"{tmp_path}/{told}")):
        Persona("en")
