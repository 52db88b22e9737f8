"""From what the files say to the phone graph: network of pieces, of words, pronunciations, phones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kitt.ears.g2p.lexicon import Entry, Prons, prons_of
from kitt.ears.g2p.pronounce import G2p, Pronouncer
from kitt.ears.grammar.automaton import Automaton
from kitt.ears.grammar.graph import PhoneGraph, compile_phones, compile_words
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.source import Source
from kitt.ears.grammar.words import WordNetwork
from kitt.errors import KittError


@dataclass(frozen=True)
class Own:
    """The user's own lexicon beside a grammar, and where it lies or would lie."""

    entries: Mapping[str, Entry]
    place: str


@dataclass(frozen=True, eq=False)
class Compiled:
    """A grammar at every stage: words are indices into `graph.words`, prons the ways to say each."""

    source: Source
    own: Own
    network: WordNetwork
    words: Automaton[int]
    prons: dict[str, Prons]
    graph: PhoneGraph


def compile_source(source: Source, own: Own, g2p: G2p | None, known: Mapping[str, Prons] | None = None) -> Compiled:
    """Compile a grammar. Raises KittError with file and line.

    `known` is for a part of a grammar that was compiled before: its pronunciations, not looked up again.
    """
    network = WordNetwork(Network(source, check_unused=known is None))
    words, spoken = compile_words(network, source.name)
    known = known or {}
    prons = {w: known[w] for w in spoken if w in known}
    if new := [w for w in spoken if w not in known]:
        prons |= _pronounce(new, source, own, network, g2p)
    graph = compile_phones(words, spoken, prons, source.language, tuple(source.intents), source.name)
    return Compiled(source, own, network, words, prons, graph)


def _pronounce(
    words: Iterable[str], source: Source, own: Own, network: WordNetwork, g2p: G2p | None
) -> dict[str, Prons]:
    user = prons_of({**own.entries, **source.lexicon}, source.language)
    if g2p:
        prons = g2p.pronounce(words, source.language, user)
    else:
        pronouncer = Pronouncer()
        try:
            prons = pronouncer.pronounce(words, source.language, user)
        finally:
            pronouncer.close()
    for word, ways in prons.items():
        if not ways:
            raise KittError(
                f"{network.where[word]}: no pronunciation for '{word}' in '{source.language}';"
                f' add it to {own.place} as in kitt = "k ɪ t"'
            )
    return prons
