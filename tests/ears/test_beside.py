"""Words beside a sentence: what changes nothing in it, and what makes another one of it."""

import numpy as np
import pytest

from kitt.ears.beside import Beside, weighed
from kitt.ears.decoder import Decoder
from kitt.ears.g2p.phones import INDEX, PHONES
from kitt.ears.grammar import Grammar
from kitt.types import F32

GRAMMAR = Grammar.of_sentences({"LightOn": ["turn on the lights"], "Level": ["thirty"]}, "en", "test")


def heard(text: str, **other: str) -> F32:
    """Posteriors of words of the grammar, and of others by their phones."""
    frames: list[int] = [0]
    for word in text.split():
        phones = [INDEX[p] for p in other[word].split()] if word in other else GRAMMAR.prons[word][0]
        frames += [frame for phone in phones for frame in (phone, 0)]
    p = np.full((len(frames), len(PHONES)), 1e-6, np.float32)
    p[np.arange(len(frames)), frames] = 1 - 1e-6 * (len(PHONES) - 1)
    return np.log(p)


def beside(posteriors: F32) -> Beside:
    return weighed(Decoder(GRAMMAR.graph).decode(posteriors)[0], posteriors, GRAMMAR)


def test_a_sentence_alone_has_nothing_beside_it() -> None:
    found = beside(heard("turn on the lights"))
    assert (found.path.text, found.other, found.better) == ("turn on the lights", "", 0.0)
    assert found.path.beside == 0


@pytest.mark.parametrize("text", ["please turn on the lights", "um turn on the lights please", "kitt thirty um"])
def test_courtesies_do_not_count(text: str) -> None:
    found = beside(heard(text, please="p l i z", um="ʌ m", kitt="k ɪ t"))
    assert found.path.text in ("turn on the lights", "thirty")
    assert found.path.beside == 0
    assert found.path.per_phone == pytest.approx(0.0, abs=0.1), "they are no filler either"
    assert found.other == ""


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("dont turn on the lights", "don't turn on the lights"),
        ("please dont turn on the lights", "please don't turn on the lights"),
        ("turn on not the lights", "turn on not the lights"),
        ("thirty six", "thirty six"),
    ],
)
def test_turns_make_another_sentence(text: str, other: str) -> None:
    found = beside(heard(text, dont="d oʊ n t", please="p l i z", six="s ɪ k s", **{"not": "n ɑ t"}))
    assert found.other == other
    assert found.better > 10


def test_other_words_are_counted() -> None:
    found = beside(heard("turn on the lights zebra", zebra="z i b ɹ ʌ"))
    assert found.path.beside == pytest.approx(5.0)
    assert found.other == ""


def test_half_a_turn_is_none() -> None:
    assert beside(heard("thirty sh", sh="s ʃ")).other == ""
