"""Phrases that sound alike are named, the nearest of each two meanings, as a comparison of all with all finds them."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.g2p.distance import distance, insertion, substitution
from kitt.ears.g2p.phones import INDEX, encode
from kitt.ears.grammar import Grammar, alike
from tests.ears.grammar.paths import load, walk


def told(grammar: Grammar) -> list[str]:
    return [str(a).replace(grammar.name, "g") for a in grammar.look_alikes().pairs]


def of(folder: Path, *intents: str, rest: str = "") -> Grammar:
    made = "".join(f"  I{i}: {{data: [{{sentences: [{said}]}}]}}\n" for i, said in enumerate(intents))
    return load(folder, f"language: es\nintents:\n{made}{rest}")


def test_costs_are_those_of_confusion() -> None:
    swap = substitution()
    assert (swap == swap.T).all()
    assert (swap.diagonal() == 0).all()
    assert swap[INDEX["p"], INDEX["b"]] < swap[INDEX["p"], INDEX["t"]] < swap[INDEX["p"], INDEX["z"]] <= 1
    assert swap[INDEX["e"], INDEX["ɛ"]] < swap[INDEX["i"], INDEX["a"]]
    assert distance(encode("kɑt", "en"), encode("kɑt", "en")) == 0
    assert distance(encode("kɑ", "en"), encode("kɑt", "en")) == insertion()[INDEX["t"]]


def test_near_phrases_of_two_intents_are_named_with_their_lines(tmp_path: Path) -> None:
    grammar = of(tmp_path, "'toda la pata', uno", "'toda la bata', siete")
    assert told(grammar) == [
        "g:3: 'toda la pata' (I0) and 'toda la bata' (I1, g:4) sound alike (0.35 of 10 phones differ)"
    ]


def test_far_phrases_are_not(tmp_path: Path) -> None:
    assert told(of(tmp_path, "siete", "uno")) == []


def test_alternatives_of_one_meaning_are_not(tmp_path: Path) -> None:
    assert told(of(tmp_path, "'pata [ya]', bata", "siete")) == []


def test_the_same_sounds_are_always_named(tmp_path: Path) -> None:
    grammar = of(tmp_path, "kasa", "casa")
    assert told(grammar) == ["g:3: 'kasa' (I0) and 'casa' (I1, g:4) sound the same"]


def test_one_sentence_of_two_intents(tmp_path: Path) -> None:
    assert told(of(tmp_path, "'toda [la] pata'", "toda pata")) == [
        "g:3: 'toda pata' is I0 and, at g:4, I1; the first is taken"
    ]


def test_values_of_a_list(tmp_path: Path) -> None:
    rest = (
        "lists:\n  x:\n    values:\n      - pata\n      - {in: bata, out: other}\n      - {in: 'batas', out: other}\n"
    )
    assert told(of(tmp_path, "'mi {x}'", rest=rest)) == [
        "g:7: 'pata' ({x} = pata) and 'bata' ({x} = other, g:8) sound alike (0.35 of 4 phones differ)"
    ]


def test_fixed_slots_are_meanings_too(tmp_path: Path) -> None:
    text = (
        "language: es\nintents:\n  Go:\n    data:\n"
        "      - {sentences: [la pata], slots: {to: a}}\n      - {sentences: [la bata], slots: {to: b}}\n"
    )
    assert told(load(tmp_path, text)) == [
        "g:5: 'la pata' (Go with to = a) and 'la bata' (Go with to = b, g:6) sound alike (0.35 of 6 phones differ)"
    ]


def test_a_bounded_search_still_names_the_same_sounds(tmp_path: Path) -> None:
    grammar = of(tmp_path, "'kasa [de] [la] [pata]', pata", "'casa [de] [la] [pata]', bata")
    found = alike.find(grammar.graph, most_pairs=5)
    assert found.cost_limit == 0
    assert [a.cost for a in found.pairs] == [0]


WORDS = st.lists(st.sampled_from(["pa", "ba", "ta", "da", "ti", "di", "te", "s", "sa"]), min_size=1, max_size=4).map(
    " ".join
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=3, unique=True), min_size=2, max_size=3))
def test_as_all_with_all(intents: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grammar = of(Path(folder), *(", ".join(f"'{s}'" for s in said) for said in intents))
    paths = [(tuple(INDEX[p] for p in phones), intent) for _, phones, intent in walk(grammar.graph)]
    wanted: dict[tuple[str, str], float] = {}
    for (a, i), (b, j) in itertools.product(paths, paths):
        if i < j:
            wanted[i, j] = min(wanted.get((i, j), 99.0), round(distance(a, b), 3))
    found = {(f"I{a.intents[0]}", f"I{a.intents[1]}"): a.cost for a in alike.find(grammar.graph).pairs}
    for pair, cost in found.items():
        assert cost == pytest.approx(wanted[pair], abs=0.002)
    for pair, cost in wanted.items():
        assert cost > 0 or pair in found
