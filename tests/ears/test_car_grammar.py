"""The shipped car grammar: three languages that mean the same, read by hassil and by kitt alike.

`car_sentences.tsv` holds what drivers say, with the intent and the slots each sentence must give.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import hassil
import pytest
import yaml
from hassil.expression import Expression, Group, ListReference, RuleReference
from hassil.intents import Intents, RangeSlotList, TextSlotList
from hassil.util import merge_dict

from kitt.ears.g2p.tokens import tokens
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.alike import find
from kitt.types import CLASSES, LANGUAGES, LIGHTS

GRAMMARS = Path(__file__).resolve().parents[2] / "kitt" / "ears" / "grammars"
MOST_STATES, MOST_ARCS = 10_000, 18_500

Meaning = tuple[str, dict[str, Any]]

OUTSIDE = {
    "en": """
        turn on the
        open the
        the weather tomorrow
        what's the weather like tomorrow
        who won the game last night
        I had lunch with my brother yesterday
        the lights of the city are beautiful
        she said she would call me later
        how many people live in Paris
        is it going to rain today
        I think we should sell the car
        the window was open all night
        turn on the television
        call a taxi for my friend
        set the temperature to ninety degrees
        volume two hundred
        remind me in seven years
        play something by Mozart
        what do you think about the president
        how far is the moon
        where did you buy that jacket
        could you pass me the water
        yes but I don't know
        no one was there
        stop the car right now
        the red one on the shelf
        good morning everyone and welcome
        we parked and then went for a walk
        can you believe it
        why did you leave so early
    """,
    "fr": """
        allume les
        ouvre la
        la météo de demain
        quel temps fera-t-il demain
        qui a gagné le match hier soir
        j'ai déjeuné avec mon frère
        les lumières de la ville sont belles
        elle m'a dit qu'elle rappellerait plus tard
        combien de personnes vivent à Paris
        est-ce qu'il va pleuvoir aujourd'hui
        je pense qu'on devrait vendre la voiture
        la fenêtre est restée ouverte toute la nuit
        allume la télévision
        appelle un taxi pour mon ami
        mets la température à quatre-vingt degrés
        volume à deux cents
        rappelle-moi dans sept ans
        mets du Mozart
        qu'est-ce que tu penses du président
        à quelle distance est la lune
        où as-tu acheté cette veste
        tu peux me passer l'eau
        oui mais je ne sais pas
        non je ne crois pas
        arrête la voiture tout de suite
        celui qui est sur la table
        bonjour à tous et bienvenue
        on s'est garés et on a marché
        tu te rends compte
        pourquoi tu es parti si tôt
    """,
    "es": """
        enciende las
        abre la
        el tiempo de mañana
        qué tiempo va a hacer mañana
        quién ganó el partido de anoche
        comí con mi hermano ayer
        las luces de la ciudad son bonitas
        ella dijo que llamaría más tarde
        cuántas personas viven en Madrid
        va a llover hoy
        creo que deberíamos vender el coche
        la ventana estuvo abierta toda la noche
        enciende la televisión
        llama un taxi para mi amigo
        pon la temperatura a noventa grados
        volumen a doscientos
        recuérdame en siete años
        pon algo de Mozart
        qué piensas del presidente
        a qué distancia está la luna
        dónde compraste esa chaqueta
        me pasas el agua por favor
        sí pero no lo sé
        no había nadie en casa
        para el coche ahora mismo
        el que está en la mesa
        buenos días a todos y bienvenidos
        aparcamos y fuimos a caminar
        te lo puedes creer
        por qué te fuiste tan pronto
    """,
}


@lru_cache
def by_hassil(language: str) -> Intents:
    merged: dict[str, Any] = {}
    for file in sorted((GRAMMARS / language).glob("*.yaml")):
        if file.name != "_always.yaml":
            merge_dict(merged, yaml.safe_load(file.read_text(encoding="utf-8")))
    return Intents.from_dict(merged | {"language": language})


@lru_cache
def by_kitt(language: str) -> Grammar:
    return Grammar.load(GRAMMARS / language)


def meanings(sentence: str, intents: Intents) -> list[Meaning]:
    """Every way hassil understands a sentence."""
    found = hassil.recognize_all(sentence, intents)
    return [(r.intent.name, {name: e.value for name, e in r.entities.items()}) for r in found]


def words(sentence: str, language: str) -> list[str]:
    return [t for w in sentence.split() for t in tokens(w, language)]


def slots(intents: Intents) -> dict[str, dict[str, set[str | int]]]:
    """What each slot of each intent may be."""

    def walk(part: Expression, into: dict[str, set[str | int]]) -> None:
        if isinstance(part, RuleReference):
            walk(intents.expansion_rules[part.rule_name].expression, into)
        elif isinstance(part, ListReference):
            values = intents.slot_lists[part.list_name]
            if isinstance(values, RangeSlotList):
                into[part.slot_name] |= {int(n) for n in values.get_numbers()}
            else:
                assert isinstance(values, TextSlotList)
                into[part.slot_name] |= {v.value_out for v in values.values}
        elif isinstance(part, Group):
            for item in part.items:
                walk(item, into)

    found: dict[str, dict[str, set[str | int]]] = {}
    for name, intent in intents.intents.items():
        own: dict[str, set[str | int]] = defaultdict(set)
        for data in intent.data:
            for sentence in data.sentences:
                walk(sentence.expression, own)
        found[name] = dict(own)
    return found


def examples(language: str) -> list[tuple[str, Meaning]]:
    with Path(__file__).with_name("car_sentences.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(r["sentence"], (r["intent"], json.loads(r["slots"]))) for r in rows if r["language"] == language]


def test_the_three_languages_mean_the_same() -> None:
    english, french, spanish = (slots(by_hassil(language)) for language in LANGUAGES)
    assert len(english) >= 60
    assert french == english
    assert spanish == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_keep_the_same_intents_in_the_same_files(language: str) -> None:
    def of(lang: str) -> dict[str, list[str]]:
        files = sorted((GRAMMARS / lang).glob("*.yaml"))
        return {f.name: list(yaml.safe_load(f.read_text(encoding="utf-8")).get("intents", {})) for f in files}

    assert of(language) == of("en")


def test_slots_are_words_or_whole_numbers_and_eyes_speak_kitts_own_names() -> None:
    english = slots(by_hassil("en"))
    for intent, own in english.items():
        for slot, values in own.items():
            assert all(type(v) in (str, int) for v in values), f"{intent}.{slot}: an unquoted on or off in YAML?"
    assert english["EyesCount"]["object"] == english["EyesLastSeen"]["object"] == set(CLASSES)
    assert english["EyesLight"]["colour"] == {"red", "yellow", "green"} <= set(LIGHTS)
    assert english["TalkLanguage"]["language"] == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_and_rule_is_used(language: str) -> None:
    texts = "".join(f.read_text(encoding="utf-8") for f in sorted((GRAMMARS / language).glob("*.yaml")))
    intents = by_hassil(language)
    unused = [f"<{r}>" for r in intents.expansion_rules if f"<{r}>" not in texts]
    unused += [f"{{{n}}}" for n in intents.slot_lists if f"{{{n}}}" not in texts and f"{{{n}:" not in texts]
    assert not unused


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_has_three_examples(language: str) -> None:
    counts = Counter(intent for _, (intent, _) in examples(language))
    assert {i: counts[i] for i in by_hassil(language).intents if counts[i] < 3} == {}
    assert set(counts) == set(by_hassil(language).intents)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_drivers_say_means_one_thing(language: str) -> None:
    wrong = []
    for sentence, meaning in examples(language):
        by = meanings(sentence, by_hassil(language))
        if not by or any(m != meaning for m in by):
            wrong.append(f"{sentence!r} is {by}, not {meaning}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_kitts_own_reader_agrees_with_hassil(language: str) -> None:
    grammar = by_kitt(language)
    parsed = [(sentence, grammar.parse(words(sentence, language))) for sentence, _ in examples(language)]
    assert parsed == examples(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_talk_is_not_a_command(language: str) -> None:
    sentences = [line.strip() for line in OUTSIDE[language].strip().splitlines()]
    assert len(sentences) >= 25
    assert [(s, m) for s in sentences if (m := meanings(s, by_hassil(language)))] == []
    assert [(s, m) for s in sentences if (m := by_kitt(language).parse(words(s, language)))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_graph_stays_small(language: str) -> None:
    graph = by_kitt(language).graph
    assert len(graph.phone) < MOST_STATES
    assert len(graph.arc_to) < MOST_ARCS


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_intents_sound_alike(language: str) -> None:
    graph = by_kitt(language).graph
    pairs = [(graph.intents[a.intents[0]], graph.intents[a.intents[1]], a.phrases) for a in find(graph).pairs]
    assert pairs == []


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ("stop", "stop talking", "be quiet", "shut up")),
        ("fr", ("tais-toi", "taisez-vous", "stop", "arrête")),
        ("es", ("cállate", "cállese", "silencio", "stop")),
    ],
)
def test_words_that_need_no_wake_word_are_a_grammar_of_their_own(language: str, sentences: tuple[str, ...]) -> None:
    always = Grammar.load(GRAMMARS / language / "_always.yaml")
    assert always.graph.intents == ("StopTalking",)
    for sentence in sentences:
        assert always.parse(words(sentence, language)) == ("StopTalking", {})
    assert always.parse(words("kitt", language)) is None
