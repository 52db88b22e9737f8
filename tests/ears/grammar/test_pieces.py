"""Graphs put together from pieces say what compiled ones say."""

from collections.abc import Iterable

import pytest

from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import INDEX
from kitt.ears.grammar import Grammar, PhoneGraph
from kitt.ears.grammar.automaton import determinise, minimise
from kitt.ears.grammar.pieces import graph_of, of_choice, of_word

WORDS = {
    "en": {
        "four": ["f ɔ ɹ", "f ɔ"],
        "eight": ["eɪ t"],
        "a": ["ə", "eɪ"],
        "not": ["n ɔ t"],
        "it": ["ɪ t"],
        "to": ["t u", "t ə"],
    },
    "fr": {
        "deux": ["d ø"],
        "pas": ["p a"],
        "à": ["a"],
        "et": ["e"],
        "ouvre": ["u v ʁ", "u v ʁ ə"],
        "cinq": ["s ɛ̃ k"],
        "six": ["s i s", "s i"],
    },
    "es": {"un": ["u n"], "con": ["k o n"], "bien": ["b j e n"], "a": ["a"], "la": ["l a"], "agua": ["a ɡ w a"]},
}
PRONS: dict[str, dict[str, Prons]] = {
    language: {
        word: tuple(tuple(INDEX[symbol] for symbol in way.split()) for way in ways) for word, ways in words.items()
    }
    for language, words in WORDS.items()
}


class Written:
    def pronounce(self, words: Iterable[str], language: str, user: object = None) -> dict[str, Prons]:
        return {word: PRONS[language][word] for word in words}


def smallest(graph: PhoneGraph) -> list[tuple[tuple[tuple[tuple[int, str], int], ...], list[str]]]:
    """The smallest automaton of a graph's phones, words and intents, numbered by its labels alone."""
    ahead: dict[int, list[int]] = {}
    for source, to in zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True):
        assert source < to
        ahead.setdefault(source, []).append(to)
    ends: dict[int, set[int]] = {}
    for state, intent in zip(graph.final_state.tolist(), graph.final_intent.tolist(), strict=True):
        ends.setdefault(state, set()).add(intent)

    def label(state: int) -> tuple[int, str]:
        word = int(graph.state_word[state])
        return int(graph.phone[state]), graph.words[word] if word >= 0 else ""

    made = minimise(
        determinise([-1], lambda s: ([(label(then), then) for then in ahead.get(s, [])], ends.get(s, ())), 100_000)
    )
    ids, order, rows = {0: 0}, [0], []
    for state in order:
        row = []
        for said, then in sorted(made.arcs[state].items()):
            if then not in ids:
                ids[then] = len(order)
                order.append(then)
            row.append((said, ids[then]))
        rows.append((tuple(row), sorted(graph.intents[i] for i in made.final[state])))
    return rows


@pytest.mark.parametrize(
    ("language", "choice", "sentence"),
    [
        ("en", "not|a|eight [to] it", "four a eight"),
        ("en", "four|to", "eight it to"),
        ("fr", "pas|et deux|à|six", "ouvre à six"),
        ("fr", "deux|cinq", "six et ouvre"),
        ("es", "bien|a la|con", "un agua"),
        ("es", "un|a", "con agua la"),
    ],
)
def test_pieces_say_what_a_compiled_grammar_says(language: str, choice: str, sentence: str) -> None:
    """Liaisons, taps, phones said once, words of one phone: between the words of a sentence and those put in."""
    words = sentence.split()
    anywhere = " ".join(f"{word} [({choice})]" for word in words)
    templates = {"Plain": [f"[({choice})] {sentence}"], "Mixed": [f"[({choice})] [({choice})] {anywhere}"]}
    compiled = Grammar.of_sentences(templates, language, "test", Written()).graph
    made = Grammar.of_sentences({"Choice": [f"({choice})"]}, language, "test", Written())
    some = of_choice(made.words, made.graph.words, made.prons, language)
    said = [(of_word(word, PRONS[language][word], language), False) for word in words]
    mixed = [(some, True), *(part for word in said for part in (word, (some, True)))]
    joined = graph_of([some], {"Plain": said, "Mixed": mixed})
    assert smallest(joined) == smallest(compiled)


def test_arcs_stand_as_the_decoder_wants_them() -> None:
    word = of_word("to", PRONS["en"]["to"], "en")
    graph = graph_of([], {"One": [(word, False), (word, False)]})
    arcs = list(zip(graph.arc_to.tolist(), graph.arc_from.tolist(), strict=True))
    assert arcs == sorted(set(arcs))
    assert all(source < to for to, source in arcs)
