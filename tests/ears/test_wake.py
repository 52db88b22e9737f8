import pytest

from kitt.ears.wake import DEFAULT, phrases_of, wake_grammar
from kitt.errors import KittError


@pytest.mark.parametrize(
    ("given", "phrases"),
    [
        (None, ()),
        ("kitt", "kitt"),
        (" KITT", "kitt"),
        (["kitt"], ("kitt",)),
        ("hey you", ("hey you",)),
        (["hey you", "computer"], ("hey you", "computer")),
    ],
)
def test_a_wake_phrase_is_text_or_several(given, phrases):
    assert phrases_of(given) == phrases


@pytest.mark.parametrize("given", ["", "  ", [], [""], ["computer", " "]])
def test_an_empty_one_is_not_taken_for_none(given):
    with pytest.raises(KittError, match="the wake phrase is empty"):
        phrases_of(given)


@pytest.mark.parametrize("given", [3, True, [3], {"kitt"}, b"kitt"])
def test_what_is_no_text_is_one_line(given):
    with pytest.raises(KittError, match="it must be text, or a list of texts"):
        phrases_of(given)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_kitt_has_phrases_of_its_own_in_each_language(language):
    assert set(DEFAULT[language]) == {" ".join(words) for words in _sentences(wake_grammar("kitt", language))}


@pytest.mark.parametrize("given", ["...", "[hey", "{name}"])
def test_what_nobody_can_say_is_one_line(given):
    with pytest.raises(KittError, match="--wake"):
        wake_grammar((given,), "en")


def _sentences(grammar):
    found, open_ = [], [(0, ())]
    while open_:
        state, words = open_.pop()
        if grammar.parse(list(words)):
            found.append(words)
        open_ += [(to, (*words, grammar.graph.words[w])) for w, to in grammar.words.arcs[state].items()]
    return found
