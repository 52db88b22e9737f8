"""The tables of the three languages hold the same, and put words together as their grammar wants it."""

import pytest

from kitt.errors import KittError
from kitt.mind.answers import UNITS
from kitt.mind.answers.phrases import ago, counted
from kitt.mind.answers.rounding import Rough
from kitt.mind.answers.words import Words, table
from kitt.mind.warnings import TABLE
from kitt.types import CLASSES, LANGUAGES, LIGHTS

OWN = ("number", "gender", "joins")
"""What grammar differs in."""


def paths(value: object, at: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {at}
    return set().union(*(paths(v, f"{at}.{k}") for k, v in value.items() if at or k not in OWN))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_phrases(language: str) -> None:
    assert paths(table(language)) == paths(table("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_seen_and_every_warning_has_its_words(language: str) -> None:
    words = Words(language, "metres")
    assert set(CLASSES) <= set(words.at("nouns"))
    assert set(LIGHTS) == set(words.at("lights"))
    for event in TABLE:
        assert words.has(f"events.{event.name}.what"), event.name
        assert words.has(f"events.{event.name}.why"), event.name
    genders = set(words.at("gender"))
    for use in ("before", "alone", "measure"):
        assert {k: len(v) for k, v in words.at("number")[use].items()} == dict.fromkeys(genders, 12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_there_that_nothing_says(language: str) -> None:
    from pathlib import Path

    import kitt.mind.answers as package

    code = "".join(p.read_text(encoding="utf-8") for p in Path(package.__file__).parent.glob("*.py"))
    for key in table(language)["say"]:
        # Some are built of two parts: light_yes, none_side.
        assert any(part in code for part in (key, f"_{key.rsplit('_', 1)[-1]}")), key


@pytest.mark.parametrize(
    ("language", "noun", "n", "said"),
    [
        ("en", "person", 1, "a person"),
        ("en", "person", 3, "three people"),
        ("en", "bus", 13, "13 buses"),
        ("fr", "bus", 2, "deux bus"),
        ("fr", "bicycle", 1, "un vélo"),
        ("fr", "car", 1, "une voiture"),
        ("fr", "stop sign", 2, "deux panneaux stop"),
        ("es", "truck", 1, "un camión"),
        ("es", "truck", 2, "dos camiones"),
        ("es", "stop sign", 1, "una señal de stop"),
        ("es", "bus", 2, "dos autobuses"),
    ],
)
def test_plural_and_gender(language: str, noun: str, n: int, said: str) -> None:
    assert counted(Words(language, "metres"), noun, n) == said


@pytest.mark.parametrize(
    ("language", "light", "n", "said"),
    [
        ("en", "red", 1, "a red light"),
        ("fr", "red", 2, "deux feux rouges"),
        ("fr", "yellow", 2, "deux feux orange"),
        ("fr", "off", 2, "deux feux éteints"),
        ("es", "red", 1, "un semáforo en rojo"),
        ("es", "off", 2, "dos semáforos apagados"),
    ],
)
def test_lights_with_their_colours(language: str, light: str, n: int, said: str) -> None:
    assert counted(Words(language, "metres"), "traffic light", n, light) == said


@pytest.mark.parametrize(
    ("language", "raw", "said"),
    [
        ("en", "a unlit light. a car.", "An unlit light. A car."),
        ("fr", "à moins de un mètre que une moto", "À moins d'un mètre qu'une moto"),
        ("fr", "de environ onze mètres, de onze ans", "D'environ onze mètres, de onze ans"),
        ("fr", "à le feu, de le bus", "Au feu, du bus"),
        ("fr", "parce que il y a", "Parce qu'il y a"),
        ("es", "seguíamos a el coche", "Seguíamos al coche"),
        ("es", "delante de el camión", "Delante del camión"),
    ],
)
def test_words_that_meet(language: str, raw: str, said: str) -> None:
    assert Words(language, "metres").finish(raw) == said


@pytest.mark.parametrize(
    ("language", "units", "number", "said"),
    [
        ("en", "metres", (30, 30), "about 30 metres away"),
        ("en", "feet", (1, 1), "about one foot away"),
        ("en", "feet", (5, 12), "between five and twelve feet away"),
        ("en", "metres", (5, 15), "between 5 and 15 metres away"),
        ("fr", "metres", (0, 1), "à moins de un mètre"),
        ("fr", "feet", (100, 100), "à environ 100 pieds"),
        ("es", "metres", (1, 1), "a más o menos un metro"),
        ("es", "metres", (1, 3), "a entre uno y tres metros"),
        ("es", "feet", (0, 5), "a menos de cinco pies"),
    ],
)
def test_distances(language: str, units: str, number: tuple[int, int], said: str) -> None:
    words = Words(language, units)
    assert words.rough("away", Rough(*number), words.length_unit) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0, ("1.0 seconds", "1,0 seconde", "1,0 segundos")),
        (1.8, ("1.8 seconds", "1,8 seconde", "1,8 segundos")),
        (2.4, ("2.4 seconds", "2,4 secondes", "2,4 segundos")),
    ],
)
def test_decimals(value: float, said: tuple[str, ...]) -> None:
    assert tuple(Words(language, "metres").decimal(value, "second") for language in LANGUAGES) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1.0, ("just now", "à l'instant", "hace un momento")),
        (12.0, ("twelve seconds ago", "il y a douze secondes", "hace doce segundos")),
        (23.0, ("25 seconds ago", "il y a 25 secondes", "hace 25 segundos")),
        (42.0, ("40 seconds ago", "il y a 40 secondes", "hace 40 segundos")),
        (58.0, ("one minute ago", "il y a une minute", "hace un minuto")),
        (120.0, ("two minutes ago", "il y a deux minutes", "hace dos minutos")),
        (1500.0, ("25 minutes ago", "il y a 25 minutes", "hace 25 minutos")),
        (3600.0, ("one hour ago", "il y a une heure", "hace una hora")),
        (5400.0, ("90 minutes ago", "il y a 90 minutes", "hace 90 minutos")),
        (11000.0, ("three hours ago", "il y a trois heures", "hace tres horas")),
    ],
)
def test_times_ago(seconds: float, said: tuple[str, ...]) -> None:
    assert tuple(ago(Words(language, "metres"), seconds)[0] for language in LANGUAGES) == said


def test_a_language_or_unit_that_is_not_known_is_said() -> None:
    with pytest.raises(KittError, match="language 'de' is not known; known: en, fr, es"):
        Words("de", "metres")
    with pytest.raises(KittError, match=f"units 'yards' are not known; known: {', '.join(UNITS)}"):
        Words("en", "yards")
