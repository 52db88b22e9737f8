"""Whole conversations about random scenes: every number, side, class and colour in what is said stands in the evidence.

tests/mind/answers/test_evidence.py holds the answers against the scene itself; here it is follow-ups, recipes, the car.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kitt
from kitt.mind.assistant import Assistant
from kitt.mind.reading import Reader
from kitt.mind.recipes import Recipes
from kitt.mind.turn import Turn
from kitt.mind.typed import Reading
from kitt.types import CLASSES, Signals, Warning
from tests.mind.answers.test_evidence import things
from tests.mind.scenes import S, scene

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORDS = {
    language: tomllib.loads(
        (Path(kitt.__file__).parent / "mind" / "answers" / "words" / f"{language}.toml").read_text(encoding="utf-8")
    )
    for language in ("en", "fr", "es")
}
SENTENCES = {
    "en": (
        "what do you see", "and on the left", "and on the right", "how many cars are there", "how many people",
        "how far is the car", "is it getting closer", "the other one", "is the light green", "what was that",
        "when did we last see a bicycle", "is it safe to go", "how busy is it", "give me a breeze of three",
        "set the temperature to 24", "warmer", "undo that", "again", "how warm is it outside", "how fast are we going",
        "what is on the right", "and the bicycles", "take me home", "what's playing", "volume 40", "louder",
    ),
    "fr": (
        "qu'est-ce que tu vois", "et à gauche", "et à droite", "combien de voitures", "combien de piétons",
        "à quelle distance est la voiture", "est-ce qu'elle se rapproche", "l'autre", "le feu est vert",
        "c'était quoi", "mets la température à 24", "annule", "encore", "à quelle vitesse on roule", "plus fort",
    ),
    "es": (
        "qué ves", "y a la izquierda", "y a la derecha", "cuántos coches hay", "cuántas personas hay",
        "a qué distancia está el coche", "se está acercando", "el otro", "está verde el semáforo", "qué fue eso",
        "pon la temperatura a 24", "deshaz eso", "otra vez", "a qué velocidad vamos", "más alto",
    ),
}  # fmt: skip
SIDES = {
    "en": {"left": "left", r"right(?! now)": "right", "ahead": "ahead", "in front of us": "ahead"},
    "fr": {"gauche": "left", "droite": "right", "devant": "ahead"},
    "es": {"izquierda": "left", "derecha": "right", "delante": "ahead"},
}
COLOURS = {
    "en": {"red": "red", "yellow": "yellow", "green": "green"},
    "fr": {"rouges?": "red", "orange": "yellow", "verts?": "green"},
    "es": {"rojo": "red", "ámbar": "yellow", "verde": "green"},
}
RECIPES = """\
language: en
recipes:
  BusyRoad:
    sentences: ["how busy is it"]
    reply: "I see {count:car} cars, the one ahead at {distance_m:lead} metres. We do {speed_kmh}."
    otherwise: "I see {count:car} cars."
  Breeze:
    sentences: ["give me a breeze of {1..9:strength}"]
    reply: "Fan {slot:strength}."
    action: {intent: FanSpeed, slots: {level: "{slot:strength}"}}
"""


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Recipes:
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "en.yaml").write_text(RECIPES, encoding="utf-8")
    return Recipes.load(folder)


class Understood:
    """A reader that reads every sentence once."""

    def __init__(self, reader: Reader) -> None:
        self.read = cache(lambda typed, language: tuple(reader(typed, language)))

    def __call__(self, typed: str, language: str) -> list[Reading]:
        return list(self.read(typed, language))


@pytest.fixture(scope="module")
def understand(recipes: Recipes) -> Understood:
    return Understood(Reader(more=recipes.grammars()))


def evidence(turn: Turn) -> tuple[set[float], set[str]]:
    """Numbers, and names: of values and of the parts of their keys, and of what was heard and done."""
    values: list[object] = [*turn.evidence.values.values(), *turn.slots.values()]
    for action in turn.actions:
        values += [*action.slots.values(), *action.figures.values(), action.value, action.before, action.after]
    numbers = {abs(float(v)) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)}
    names = {str(v) for v in values if isinstance(v, str)}
    for key in turn.evidence.values:
        names.update(re.split(r"[.:]", key))
    if "lead" in names:
        names.add("ahead")
    if turn.evidence.values.get("event") == "light_green":
        names |= {"green", "traffic light"}
    return numbers, names


def numbers_in(text: str, language: str) -> Iterable[float]:
    """Those in digits, and in words from two on: one is an article too."""
    spelt = WORDS[language]["number"]["alone"]
    words = {word: n for forms in spelt.values() for n, word in enumerate(forms, 1) if n > 1}
    for piece in re.findall(r"\d+(?:[.,]\d+)?|\w+", text.lower()):
        if piece[0].isdigit():
            yield float(piece.replace(",", "."))
        elif piece in words:
            yield float(words[piece])


def check(turn: Turn) -> None:
    numbers, names = evidence(turn)
    # what kitt can know at all is no claim about the road
    text = turn.said
    for known in WORDS[turn.language]["say"]["empty"].split(". ", 1)[1:]:
        text = text.replace(known, "")
    for number in numbers_in(text, turn.language):
        assert any(abs(number - one) < 1e-6 for one in numbers), (number, turn)
    for table in (SIDES, COLOURS):
        for word, name in table[turn.language].items():
            if re.search(rf"\b{word}\b", text, re.IGNORECASE):
                assert name in names, (word, turn)
    for name in CLASSES:
        noun = WORDS[turn.language]["nouns"][name]
        if re.search(rf"\b({re.escape(noun['one'])}|{re.escape(noun['many'])})\b", text, re.IGNORECASE):
            assert name in names or (turn.evidence.frame < 0 and not turn.evidence.values), (name, turn)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, list[tuple[str, float]]]:
    language = draw(st.sampled_from(["en", "en", "fr", "es"]))
    said = draw(st.lists(st.sampled_from(SENTENCES[language]), min_size=2, max_size=7))
    return language, [(sentence, draw(st.sampled_from([0.1, 0.4, 3.0]))) for sentence in said]


@given(
    conversations(), st.lists(things(), min_size=1, max_size=3), st.sampled_from([None, 0.0, 13.9, 33.3]), st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_what_is_said_stands_in_the_evidence(
    recipes: Recipes,
    understand: Understood,
    conversation: tuple[str, list[tuple[str, float]]],
    scenes: list[list],
    speed_mps: float | None,
    warned: bool,
) -> None:
    language, turns = conversation
    mind = Assistant(language=language, recipes=recipes, begun_ns=0)
    mind.persona.switch(False)
    t_s = 30.0
    for number, (sentence, age_s) in enumerate(turns):
        shown = scene(scenes[number % len(scenes)], t_s, number)
        ids = shown.tracks.id
        numbers = {"ttc_s": 1.84, "limit_ttc_s": 2.4, "distance_m": 20.3}
        warning = [Warning("forward_collision", 0, shown.t_ns, number, int(i), "", language, numbers) for i in ids[:1]]
        mind.see(shown, Signals(speed_mps), warning if warned else ())
        turn = mind.read(sentence, round((t_s + age_s) * S), understand)
        assert turn.intent, (sentence, turn)
        check(turn)
        t_s += 4.0
