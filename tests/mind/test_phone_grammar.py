"""Calls to the names in the phone, as the ears hear them."""

import pytest

from kitt.mind.phone_grammar import phone_grammar
from kitt.types import LANGUAGES

NAMES = ("Anna Bell", "Paul Durand", "Paul Martin", "José Núñez", "Dr. Müller (work) 2", "Zoë O’Brien-Smith", "42")
CALLS = {"en": "call", "fr": "appelle", "es": "llama a"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("said", "contact"),
    [
        ("anna bell", "Anna Bell"),
        ("anna", "Anna"),
        ("paul", "Paul"),
        ("paul martin", "Paul Martin"),
        ("josé núñez", "José Núñez"),
        ("dr müller work", "Dr. Müller (work) 2"),
        ("zoë o'brien-smith", "Zoë O’Brien-Smith"),
    ],
)
def test_full_and_first_names_are_heard_in_each_language(language: str, said: str, contact: str) -> None:
    heard = phone_grammar(NAMES, language).parse([*CALLS[language].split(), *said.split()])
    assert heard == ("PhoneCall", {"contact": contact})


def test_nothing_else_is_in_it() -> None:
    grammar = phone_grammar(NAMES, "en")
    assert list(grammar.graph.intents) == ["PhoneCall"]
    assert grammar.parse(["call", "my", "mother"]) is None
