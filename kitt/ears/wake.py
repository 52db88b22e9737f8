"""Wake phrases given as text: a tiny grammar of the phrases, which needs no training."""

from __future__ import annotations

from collections.abc import Sequence

from kitt.ears.grammar import Grammar

DEFAULT = {"en": ("hey kitt", "kitt"), "fr": ("hey kitt", "kitt"), "es": ("oye kitt", "hey kitt", "kitt")}
"""What wakes kitt, by language."""
INTENT = "Wake"


def wake_grammar(phrases: Sequence[str], language: str) -> Grammar:
    """The phrases as a grammar of one intent. Raises KittError for one that cannot be pronounced."""
    return Grammar.of_sentences({INTENT: phrases}, language, f"--wake {' | '.join(phrases)}")
