"""Wake phrases given as text: a tiny grammar of the phrases, which needs no training."""

from __future__ import annotations

from collections.abc import Sequence

from kitt.ears.grammar import Grammar
from kitt.errors import KittError

OWN = "kitt"
"""Stands for kitt's own phrases, whatever the language."""
DEFAULT = {"en": ("hey kitt", "kitt"), "fr": ("hey kitt", "kitt"), "es": ("oye kitt", "hey kitt", "kitt")}
"""What wakes kitt, by language."""
INTENT = "Wake"


def phrases_of(wake: str | Sequence[str] | None) -> str | tuple[str, ...]:
    """What was given as wake phrase, checked: OWN, the phrases, or none of them for None.

    Raises KittError for what is no phrase, an empty one too: nobody who gives one means to need none.
    """
    if wake is None:
        return ()
    phrases = (wake,) if isinstance(wake, str) else wake
    if not isinstance(phrases, Sequence) or not all(isinstance(p, str) for p in phrases):
        raise KittError(f"the wake phrase is {wake!r}: it must be text, or a list of texts")
    if not phrases or not all(p.strip() for p in phrases):
        raise KittError("the wake phrase is empty: give its words, or none at all where none is needed")
    return OWN if isinstance(wake, str) and wake.strip().lower() == OWN else tuple(phrases)


def wake_grammar(phrases: str | Sequence[str], language: str) -> Grammar:
    """The phrases, or OWN, as a grammar of one intent. Raises KittError for one that cannot be pronounced."""
    words = DEFAULT[language] if phrases == OWN else tuple(phrases)
    return Grammar.of_sentences({INTENT: words}, language, f"--wake {' | '.join(words)}")
