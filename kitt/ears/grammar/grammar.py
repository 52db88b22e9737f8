"""A grammar, ready: what may be said in one language, as phones for the decoder and as meaning for its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kitt.ears.g2p import lexicon
from kitt.ears.g2p.lexicon import Entry, Prons
from kitt.ears.g2p.pronounce import G2p, Pronouncer
from kitt.ears.grammar import source as sources
from kitt.ears.grammar.automaton import Automaton
from kitt.ears.grammar.graph import PhoneGraph, compile_phones, compile_words
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.words import Slots, WordNetwork
from kitt.errors import KittError


@dataclass(frozen=True, eq=False)
class Grammar:
    """Sentences of one language, from a YAML file or a folder of them.

    name: the file or folder, for messages; source_digest: changes when a file of it does; prons: the ways to say each
    word of `graph.words`.
    """

    language: str
    name: str
    graph: PhoneGraph
    source_digest: str
    prons: dict[str, Prons]
    words: Automaton[int] = field(repr=False)
    network: WordNetwork = field(repr=False)

    @staticmethod
    def load(path: Path | str, g2p: G2p | None = None) -> Grammar:
        """Read and compile a grammar. Raises KittError with file and line for whatever is wrong in it."""
        path = Path(path)
        source_digest = sources.digest(path)
        own = sources.lexicon_file(path)
        entries = lexicon.read(own) if own.is_file() else {}
        return _compiled(sources.read(path), entries, source_digest, str(own), g2p)

    @staticmethod
    def of_sentences(
        intents: Mapping[str, Sequence[str]], language: str, name: str, g2p: Pronouncer | None = None
    ) -> Grammar:
        """A grammar of sentence templates that stand in no file; `name` is what messages call it. Raises KittError."""
        return _compiled(sources.of_sentences(intents, language, name), {}, "", "a grammar's 'lexicon:'", g2p)

    def parse(self, words: Sequence[str], intent: str | None = None) -> tuple[str, Slots] | None:
        """Intent and slots of a sentence given as words of `graph.words`; of `intent` alone where one is named.

        The first rule in the order of the files wins. None for words that are no sentence of the grammar.
        """
        names = self.graph.intents
        for i in range(len(names)) if intent is None else [names.index(intent)]:
            slots = self.network.parse(words, i)
            if slots is not None:
                return names[i], slots
        return None

    def is_stale(self) -> bool:
        """Whether a file of the grammar changed since it was loaded. Raises KittError when it is gone."""
        return bool(self.source_digest) and sources.digest(Path(self.name)) != self.source_digest


def _compiled(
    source: sources.Source, entries: Mapping[str, Entry], digest: str, own: str, g2p: Pronouncer | None
) -> Grammar:
    network = WordNetwork(Network(source))
    words, spoken = compile_words(network, source.name)
    known = lexicon.prons_of({**entries, **source.lexicon}, source.language)
    prons = _pronounce(source, spoken, network, known, own, g2p)
    graph = compile_phones(words, spoken, prons, source.language, tuple(source.intents), source.name)
    return Grammar(source.language, source.name, graph, digest, prons, words, network)


def _pronounce(
    source: sources.Source,
    words: Sequence[str],
    network: WordNetwork,
    known: Mapping[str, Prons],
    own: str,
    g2p: Pronouncer | None,
) -> dict[str, Prons]:
    pronouncer = g2p or Pronouncer()
    try:
        prons = pronouncer.pronounce(words, source.language, known)
    finally:
        if g2p is None:
            pronouncer.close()
    for word, ways in prons.items():
        if not ways:
            where = network.where[word]
            raise KittError(
                f"{where}: no pronunciation for '{word}' in '{source.language}'; add it to {own} as in kitt = \"k ɪ t\""
            )
    return prons
