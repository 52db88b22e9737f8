"""A grammar, ready: what may be said in one language, as phones for the decoder and as meaning for its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kitt.ears.g2p import lexicon
from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.pronounce import G2p
from kitt.ears.grammar import lookalikes
from kitt.ears.grammar import source as sources
from kitt.ears.grammar.automaton import Automaton
from kitt.ears.grammar.compiling import Compiled, Own, compile_source
from kitt.ears.grammar.graph import PhoneGraph
from kitt.ears.grammar.lookalikes import LookAlikes
from kitt.ears.grammar.source import Source
from kitt.ears.grammar.words import Slots, WordNetwork


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
    source: Source = field(repr=False)
    own: Own = field(repr=False)

    @staticmethod
    def load(path: Path | str, g2p: G2p | None = None) -> Grammar:
        """Read and compile a grammar. Raises KittError with file and line for whatever is wrong in it."""
        path = Path(path)
        source_digest = sources.digest(path)
        own = sources.lexicon_file(path)
        entries = lexicon.read(own) if own.is_file() else {}
        return _grammar(sources.read(path), Own(entries, str(own)), source_digest, g2p)

    @staticmethod
    def of_sentences(intents: Mapping[str, Sequence[str]], language: str, name: str, g2p: G2p | None = None) -> Grammar:
        """A grammar of sentence templates that stand in no file; `name` is what messages call it. Raises KittError."""
        return _grammar(sources.of_sentences(intents, language, name), Own({}, "a grammar's 'lexicon:'"), "", g2p)

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

    def look_alikes(self, g2p: G2p | None = None) -> LookAlikes:
        """Phrases of different intents, and values of one list, that sound alike."""
        return lookalikes.find(Compiled(self.source, self.own, self.network, self.words, self.prons, self.graph), g2p)

    def is_stale(self) -> bool:
        """Whether a file of the grammar changed since it was loaded. Raises KittError when it is gone."""
        return bool(self.source_digest) and sources.digest(Path(self.name)) != self.source_digest


def _grammar(source: Source, own: Own, source_digest: str, g2p: G2p | None) -> Grammar:
    made = compile_source(source, own, g2p)
    return Grammar(
        source.language, source.name, made.graph, source_digest, made.prons, made.words, made.network, source, own
    )
