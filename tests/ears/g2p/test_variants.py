"""Pronunciation rules: they add ways to say a word, keep the dictionary's, and say which line is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.ears.g2p import variants
from kitt.ears.g2p.phones import INDEX, PHONES, Pron, decode
from kitt.errors import KittError
from kitt.types import LANGUAGES


def encode(symbols: str) -> Pron:
    return tuple(INDEX[s] for s in symbols.split())


WORDS = st.lists(st.integers(1, len(PHONES) - 1), min_size=1, max_size=14).map(tuple)


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [
        ("en", "ɑ m ə n d", "ɑ m ə n"),
        ("fr", "k a t ʁ", "k a t"),
        ("fr", "f ə n ɛ t ʁ", "f n ɛ t ʁ"),
        ("es", "o ɾ d e n a d o ɾ", "o ɾ d e n a o ɾ"),
    ],
)
def test_a_word_may_be_said_as_people_say_it(language: str, word: str, said: str) -> None:
    ways = variants.spoken(encode(word), language)
    assert ways[0] == encode(word)
    assert encode(said) in ways, [decode(w) for w in ways]


def test_a_short_word_keeps_its_few_phones() -> None:
    assert variants.spoken(encode("n d"), "en") == (encode("n d"),)


@given(WORDS, st.sampled_from(LANGUAGES))
def test_ways_are_bounded_differ_and_are_never_empty(word: tuple[int, ...], language: str) -> None:
    ways = variants.spoken(word, language)
    assert ways[0] == word
    assert all(ways)
    assert len(set(ways)) == len(ways) <= variants.MOST_WAYS


@pytest.mark.parametrize("line", ["t / V _ V", "> t / V _", "t > q / V _ V", "t > ɾ / V V", "t > ɾ / Q _ V"])
def test_a_rule_that_cannot_be_read_is_named(line: str, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    table = tmp_path / "variants.toml"
    table.write_text(f'[en.every_word]\n"a rule" = ["{line}"]\n', encoding="utf-8")
    monkeypatch.setattr(variants, "TABLE", table)
    variants.rules.cache_clear()
    try:
        with pytest.raises(KittError, match="'a rule'"):
            variants.rules("en")
    finally:
        variants.rules.cache_clear()
