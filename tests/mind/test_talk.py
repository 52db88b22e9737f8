"""The wording files hold the same in every language, and what is said of time and counts is right in each."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kitt.ears.engine import GRAMMARS
from kitt.ears.g2p.tokens import tokens
from kitt.ears.grammar import source
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.words import WordNetwork
from kitt.errors import KittError
from kitt.mind import talk
from kitt.mind.talk import Misses, Talk
from kitt.types import LANGUAGES

FIXED = [
    ("KittWho", {}),
    ("KittHowAreYou", {}),
    ("KittPraise", {}),
    ("KittGreeting", {}),
    ("KittGoodbye", {}),
    ("KittTurboBoost", {}),
    ("KittScanner", {"state": "on"}),
    ("KittScanner", {"state": "off"}),
    ("KittMode", {"mode": "auto"}),
    ("KittMode", {"mode": "normal"}),
    ("KittMode", {"mode": "pursuit"}),
    ("KittMode", {"mode": "comfort"}),
    ("TalkThanks", {}),
    ("TalkHelp", {}),
    ("TalkNeverMind", {}),
    ("TalkJokes", {"state": "on"}),
    ("TalkJokes", {"state": "off"}),
    ("QuietMode", {"state": "on"}),
    ("QuietMode", {"state": "off"}),
    ("VoiceVolume", {"change": "up"}),
    ("VoiceVolume", {"change": "down"}),
]


def ns(hour: int, minute: int, day: int = 14) -> int:
    return int(datetime(2023, 11, day, hour, minute, tzinfo=timezone.utc).timestamp()) * 1_000_000_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("intent", "slots"), FIXED)
def test_small_talk_has_its_reply(intent: str, slots: dict[str, str | int], language: str) -> None:
    said = Talk.load(language).reply(intent, slots)
    assert said
    assert said.text


def test_what_is_no_small_talk_has_none() -> None:
    assert Talk.load("en").reply("EyesCount", {"object": "car"}) is None


def test_replies_are_said_in_turn() -> None:
    en = Talk.load("en")
    said = [en.reply("TalkThanks", {}, i) for i in range(4)]
    assert said[0] != said[1]
    assert said[3] == said[0]


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, ("It is midnight.", "Il est minuit.", "Es medianoche.")),
        (12, 0, ("It is noon.", "Il est midi.", "Es mediodía.")),
        (0, 5, ("It is 12 oh 5 in the morning.", "Il est 0 heure 5.", "Son las 12 y 5 de la madrugada.")),
        (1, 0, ("It is 1 o'clock in the morning.", "Il est 1 heure.", "Es la 1 de la madrugada.")),
        (7, 45, ("It is 7 45 in the morning.", "Il est 7 heures 45.", "Son las 7 y 45 de la mañana.")),
        (13, 20, ("It is 1 20 in the afternoon.", "Il est 13 heures 20.", "Es la 1 y 20 de la tarde.")),
        (19, 0, ("It is 7 o'clock in the evening.", "Il est 19 heures.", "Son las 7 de la tarde.")),
        (22, 13, ("It is 10 13 in the evening.", "Il est 22 heures 13.", "Son las 10 y 13 de la noche.")),
    ],
)
def test_the_time(hour: int, minute: int, said: tuple[str, str, str]) -> None:
    assert tuple(Talk.load(language).time(ns(hour, minute)).text for language in ("en", "fr", "es")) == said


def test_the_time_where_one_is() -> None:
    assert Talk.load("fr").time(ns(22, 13), utc_offset_s=2 * 3600).text == "Il est 0 heure 13."


def test_the_date() -> None:
    said = [Talk.load(language).date(ns(10, 0)).text for language in LANGUAGES]
    assert said == [
        "It is Tuesday, November 14.",
        "Nous sommes le mardi 14 novembre.",
        "Hoy es martes, 14 de noviembre.",
    ]
    assert Talk.load("fr").date(ns(10, 0, day=1)).text == "Nous sommes le mercredi 1er novembre."


def test_lists_and_counts() -> None:
    en = Talk.load("en")
    assert en.listed([]) == ""
    assert en.listed(["a"]) == "a"
    assert en.listed(["a", "b", "c"]) == "a, b and c"
    assert en.say_count("note.read", 0, notes="").text == "You have no notes."
    assert en.say_count("note.read", 1, notes="x").text == "One note: x."
    assert en.say_count("note.read", 3, notes="x").values == {"count": 3, "notes": "x"}


def test_not_understood_is_said_twice_and_then_no_more() -> None:
    en, misses = Talk.load("en"), Misses()
    said = [misses.missed(en) for _ in range(4)]
    assert said[0]
    assert said[1]
    assert said[0].text != said[1].text
    assert said[2:] == [None, None]
    misses.understood()
    again = misses.missed(en)
    assert again
    assert again.text not in (said[0].text, said[1].text)


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("en", "speak French|speak Spanish|louder|mute|undo that|repeat|never mind|quiet mode on|you can joke again"),
        ("en", "what can I say"),
        ("fr", "parle anglais|parle espagnol|plus fort|coupe le son|remets comme avant|répète|laisse tomber"),
        ("fr", "active le mode silencieux|tu peux plaisanter|qu'est-ce que je peux dire"),
        ("es", "habla inglés|habla francés|más alto|silencia el sonido|deshaz eso|repite|no importa"),
        ("es", "activa el modo silencioso|puedes bromear|qué puedo decir"),
    ],
)
def test_what_kitt_tells_one_to_say_is_understood(language: str, phrases: str) -> None:
    grammar = source.read(GRAMMARS / language)
    network = WordNetwork(Network(grammar))
    said = " ".join(
        t.fill(dict.fromkeys(t.gaps, "x"), language) for ts in Talk.load(language).texts.values() for t in ts
    )
    for phrase in phrases.split("|"):
        assert phrase.lower() in said.lower()
        words = [w for word in phrase.split() for w in tokens(word, language)]
        assert any(network.parse(words, i) is not None for i in range(len(grammar.intents))), phrase


def copies(folder: Path) -> dict[str, Path]:
    for language in LANGUAGES:
        (folder / f"{language}.toml").write_text((talk.FOLDER / f"{language}.toml").read_text("utf-8"), "utf-8")
    return {language: folder / f"{language}.toml" for language in LANGUAGES}


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("lost = \"Je n'ai", "last = \"Je n'ai", r"en\.toml:\d+: key 'camera\.lost' is missing in fr\.toml"),
        ("[camera]\n", '[camera]\nmore = "x"\n', r"fr\.toml:\d+: key 'camera\.more' is missing in en\.toml"),
        (
            "au niveau {level}",
            "au niveau {etage}",
            r"fr\.toml:\d+: 'note\.parked' has \{etage\} and en\.toml has \{level\}",
        ),
        ('bread = "acheter', 'baguette = "acheter', r"en\.toml:\d+: word 'words\.topic\.bread' is missing in fr\.toml"),
        ("{count} notes :", "{count notes :", r"fr\.toml:\d+: '\{' at character 1 has no counterpart"),
        ('softest = "Plus', "softest = 4 #", r"fr\.toml:\d+: 'softest' must be a text in quotes"),
        ("[camera]", "[camera", r"fr\.toml: not valid TOML"),
    ],
)
def test_files_that_differ_are_told_with_their_line(was: str, becomes: str, told: str, tmp_path: Path) -> None:
    files = copies(tmp_path)
    text = files["fr"].read_text("utf-8")
    assert was in text
    files["fr"].write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(KittError, match=told) as caught:
        talk.load(tmp_path)
    if line := re.search(r"(\w\w)\.toml:(\d+)", str(caught.value)):
        shown = files[line[1]].read_text("utf-8").splitlines()[int(line[2]) - 1]
        assert re.search(r"lost|more|parked|bread|read_many|softest", shown)
