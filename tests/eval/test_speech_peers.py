"""What turns other engines' text into commands, so that they are compared by their hearing."""

import pytest

from kitt.ears.grammar import Grammar
from tools.compare_speech_match import closest, finite_state
from tools.compare_speech_peers import peaks


@pytest.fixture(scope="module")
def grammar():
    sentences = {"Open": ["open the (window|door) [please]"], "Drink": ["[a] cappuccino"]}
    return Grammar.of_sentences(sentences, "en", "a test")


@pytest.mark.parametrize(
    ("said", "sentence", "letters"),
    [
        ("open the window", "open the window", 0),
        ("opened a door please", "open the door please", 3),
        ("a cap you chino", "a cappuccino", 3),
        ("cappuccino", "cappuccino", 0),
        ("", "cappuccino", 10),
    ],
)
def test_the_closest_sentence_by_its_letters(grammar, said, sentence, letters):
    words, far = closest(grammar, said)
    assert " ".join(words) == sentence
    assert far == pytest.approx(letters / len(sentence.replace(" ", "")))


def test_the_finite_state_grammar_walks_through_the_same_sentences(grammar):
    made = finite_state(grammar)

    def sentences(state):
        if state == made["final"]:
            yield ()
        for begin, end, _, word in made["arcs"]:
            if begin == state:
                yield from ((*([word] if word else []), *rest) for rest in sentences(end))

    assert {" ".join(s) for s in sentences(0)} == {
        "open the window", "open the door", "open the window please", "open the door please", "cappuccino",
        "a cappuccino",
    }  # fmt: skip
    shares = {}
    for begin, _, share, _ in made["arcs"]:
        shares[begin] = shares.get(begin, 0) + share
    assert all(s == pytest.approx(1) for s in shares.values())
    assert made["pronunciations"]["door"].startswith("D ")


def test_scores_of_a_wake_word_are_one_a_moment():
    scores = [0.0] * 50
    scores[10], scores[12], scores[40] = 0.8, 0.9, 0.5
    assert [(round(t, 2), s) for t, _, _, s in peaks(scores, 0.08)] == [(0.96, 0.9), (3.2, 0.5)]
    assert peaks([], 0.08) == []
