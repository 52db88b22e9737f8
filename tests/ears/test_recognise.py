import pytest

from kitt.ears.grammar import Grammar
from kitt.ears.recognise import Vocabulary


@pytest.mark.parametrize(
    ("text", "more"),
    [("a latte", True), ("a latte with milk", False), ("a", True), ("with", False), ("tea", False), ("a tea", False)],
)
def test_a_vocabulary_knows_which_words_may_go_on(text, more):
    grammar = Grammar.of_sentences({"Order": ["a latte [with milk]"]}, "en", "test")
    assert Vocabulary.of(grammar).goes_on(text.split()) is more
