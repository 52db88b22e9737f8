"""Typed sentences read in all languages, the one now spoken before the others.

Two grammars a language: how people type (typed_grammars/), and what the ears know. The cheapest reading of an intent
wins. A sentence that nobody understands as a whole may be one with something said before or after it ("it is raining,
put the wipers on"): then the clause that is understood counts, unless another clause asks for something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.mind import contradictions
from kitt.mind.free_text import Words, read_free
from kitt.mind.typed import Reading, firm_words, plain, plain_words, polite_words, read, small_words
from kitt.mind.vehicle.actions import TABLE
from kitt.types import LANGUAGES

TYPED = Path(__file__).with_name("typed_grammars")
FOREIGN = 0.3
"""What a reading in another language than the one spoken costs more."""
SURE = 0.15
"""A reading in the language now spoken that costs no more than this needs no look at the others."""
BESIDE = 0.15
"""What a clause costs that is not understood beside one that is."""
_CLAUSES = re.compile(r"[,;:.!?¿¡]+(?=\s|$)|(?<!\w)[¿¡]+")


class Reader:
    """Call it with a sentence and the language now spoken; gives readings of all languages, nearest first."""

    def __init__(self, grammars: Sequence[Grammar] = (), more: Sequence[Grammar] = ()) -> None:
        """grammars: none for those that ship; more: before them, such as those of recipes. Raises KittError."""
        folders = (TYPED, GRAMMARS)
        own = list(grammars) or [Grammar.load(f / language) for language in LANGUAGES for f in folders]
        self._grammars = [*more, *own]
        self._acts = {*TABLE, *(intent for grammar in more for intent in grammar.source.intents)}
        """What may do something in the car, and so is not done on a condition that kitt does not understand."""
        self._words = {language: Words.load(TYPED / language / "words.toml") for language in LANGUAGES}

    def __call__(self, typed: str, language: str) -> list[Reading]:
        found = self._read(typed, language)
        if (found and found[0].cost <= SURE) or self._is_shared(typed, language):
            return found
        for one in dict.fromkeys(g.language for g in self._grammars):
            if one != language:
                found += [replace(r, cost=r.cost + FOREIGN) for r in self._read(typed, one)]
        return sorted(found, key=lambda r: r.cost)

    def _is_shared(self, typed: str, language: str) -> bool:
        """Whether nothing in a sentence tells of another language than this: "no, 22"."""
        own = firm_words(language) | small_words(language) | polite_words(language, self._words[language].courtesies)
        return {*map(plain, plain_words(typed, language))} <= own

    def _read(self, typed: str, language: str) -> list[Reading]:
        whole = self._as_it_stands(typed, language)
        if whole and whole[0].cost == 0:
            return whole
        contrary = contradictions.found(typed, lambda half: self._nearly(half, language))
        if contrary or whole:
            return [contrary] if contrary else whole
        clauses = [c.strip() for c in _CLAUSES.split(typed) if c.strip()]
        if not 1 < len(clauses) <= 4:
            return []
        parts = [self._as_it_stands(c, language) for c in clauses]
        understood = [p for p in parts if p]
        pairs = ((a[0], b[0]) for a, b in combinations(understood, 2))
        if contrary := next((c for a, b in pairs if (c := contradictions.of(a, b, typed))), None):
            return [contrary]
        if len({p[0].intent for p in understood}) != 1:
            return []
        firm = firm_words(language) | self._words[language].conditions
        beside = [plain_words(c, language) for c, p in zip(clauses, parts, strict=True) if not p]
        if any({*words, *map(plain, words)} & firm for words in beside):
            return []
        best = min(understood, key=lambda p: (-len(p[0].slots), p[0].cost))
        return [replace(r, cost=r.cost + BESIDE * (len(clauses) - 1)) for r in best]

    def _as_it_stands(self, typed: str, language: str) -> list[Reading]:
        """One clause; without what leads up to its question, where that is nearer."""
        found = self._clause(typed, language)
        lead = self._words[language].leads.match(typed)
        if lead is None or (found and found[0].cost <= SURE):
            return found
        bare = self._clause(typed[lead.end() :], language)
        return bare if bare and (not found or bare[0].cost < found[0].cost) else found

    def _nearly(self, typed: str, language: str) -> Reading | None:
        """The nearest reading of a command that is there almost word for word, of equals the one that says most."""
        polite, most = self._words[language].courtesies, contradictions.NEAR
        own = (grammar for grammar in self._grammars if grammar.language == language)
        readings = [r for grammar in own for r in read(grammar, typed, polite, most)]
        return min(readings, key=lambda r: (r.cost, -len(r.slots)), default=None)

    def _clause(self, typed: str, language: str) -> list[Reading]:
        words = self._words[language]
        nearest: dict[str, Reading] = {}
        readings: list[Reading] = []
        conditional = bool(words.conditions & set(plain_words(typed, language)))
        for grammar in self._grammars:
            if grammar.language == language and not (readings and readings[0].cost == 0):
                readings += read(grammar, typed, words.courtesies)
        for reading in [*readings, *read_free(words, typed, language)]:
            if conditional and reading.cost > 0 and reading.intent in self._acts:
                continue
            kept = nearest.get(reading.intent)
            if kept is None or reading.cost < kept.cost:
                nearest[reading.intent] = reading
        return sorted(nearest.values(), key=lambda r: r.cost)
