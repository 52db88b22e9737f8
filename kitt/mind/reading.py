"""Typed sentences read by the car grammars of all languages, the one now spoken before the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.mind.typed import Reading, read
from kitt.types import LANGUAGES

FOREIGN = 0.3
"""What a reading in another language than the one spoken costs more."""


class Reader:
    """Call it with a sentence and the language now spoken; gives readings of all languages, nearest first."""

    def __init__(self, grammars: Sequence[Grammar] = ()) -> None:
        """grammars: none for those that ship. Raises KittError."""
        self._grammars = list(grammars) or [Grammar.load(GRAMMARS / language) for language in LANGUAGES]

    def __call__(self, typed: str, language: str) -> list[Reading]:
        found: list[Reading] = []
        for grammar in self._grammars:
            more = 0.0 if grammar.language == language else FOREIGN
            found += [replace(r, cost=r.cost + more) for r in read(grammar, typed)]
        return sorted(found, key=lambda r: r.cost)
