"""The first pass on its own: where a sentence may end."""

import numpy as np
import pytest

from kitt.ears.decoder import Decoder
from kitt.ears.grammar import Grammar
from kitt.ears.sentence_end import SentenceEnd
from tests.ears.coded import CodedFirst, silence, speech

GRAMMAR = Grammar.of_sentences({"LightOn": ["turn on the lights"], "Quiet": ["stop"]}, "en", "test")


def say(text):
    return speech(*(GRAMMAR.prons[w][0] for w in text.split()))


def sentence_end():
    return SentenceEnd(CodedFirst(), [Decoder(GRAMMAR.graph)])


@pytest.mark.parametrize(
    ("text", "whole"), [("turn on the lights", True), ("stop", True), ("turn on the", False), ("turn", False)]
)
def test_a_sentence_may_end_where_it_is_whole(text, whole):
    sound = np.concatenate([silence(4000), say(text), silence(2000)])
    assert sentence_end().hear(sound, len(sound)) is whole


def test_it_may_end_in_any_of_the_grammars():
    other = Grammar.of_sentences({"A": ["completely different"]}, "en", "test")
    sound = np.concatenate([say("stop"), silence(2000)])
    assert SentenceEnd(CodedFirst(), [Decoder(other.graph), Decoder(GRAMMAR.graph)]).hear(sound, len(sound))


def test_an_utterance_comes_in_pieces_and_the_next_one_begins_anew():
    end = sentence_end()
    assert end.heard_until is None
    sound = np.concatenate([say("turn on the lights"), silence(2000)])
    for begin in range(0, len(sound), 512):
        may_end = end.hear(sound[begin : begin + 512], begin + 512)
    assert may_end
    assert end.heard_until == begin + 512
    end.forget()
    assert end.heard_until is None
    assert not end.hear(say("turn on"), 99_000)


def test_nothing_heard_is_no_sentence():
    assert not sentence_end().hear(silence(10), 10)
