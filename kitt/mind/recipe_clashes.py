"""Sentences of recipes that are kitt's own questions to the eyes: a recipe must not answer for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import source as sources
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.source import Source
from kitt.ears.grammar.words import State, WordNetwork
from kitt.mind import answers
from kitt.mind.typed import distance

TYPED = Path(__file__).with_name("typed_grammars")


def refuse_questions(source: Source, words: WordNetwork) -> None:
    """Raise KittError for a recipe one of whose sentences, case and accents apart, kitt reads as one of its questions.

    words: those of `source`. Both networks are walked at once, so every way to say a sentence is looked at.
    """
    for number in range(len(source.intents)):
        for own, intents in _questions(source.language):
            for theirs, intent in intents:
                said = _shared(words, words.starts[number], own, theirs)
                if said is not None:
                    where = words.sentence_of(said, number).where
                    raise where.error(
                        f"'{' '.join(said)}' is a question that kitt's eyes answer ({intent}); ask it in other words"
                    )


def _shared(one: WordNetwork, first: State, other: WordNetwork, start: State) -> tuple[str, ...] | None:
    """A sentence that both networks have, in the words of `one`; None where there is none."""
    seen = {(first, start)}
    open_ones: list[tuple[State, State, tuple[str, ...]]] = [(first, start, ())]
    while open_ones:
        here, there, said = open_ones.pop()
        if said and one.accepts(here) and other.accepts(there):
            return said
        theirs = other.arcs(there)
        for word, _, then in one.arcs(here):
            for same, _, beyond in theirs:
                if (then, beyond) not in seen and distance(word, same) == 0:
                    seen.add((then, beyond))
                    open_ones.append((then, beyond, (*said, word)))
    return None


@cache
def _questions(language: str) -> tuple[tuple[WordNetwork, tuple[tuple[State, str], ...]], ...]:
    """Kitt's grammars of a language, as people type and as the ears know, and where their questions begin."""
    found = []
    for folder in (TYPED, GRAMMARS):
        source = sources.read(folder / language)
        words = WordNetwork(Network(source, check_unused=False))
        starts = tuple(
            (start, intent)
            for start, intent in zip(words.starts, source.intents, strict=True)
            if intent in answers.INTENTS
        )
        found.append((words, starts))
    return tuple(found)
