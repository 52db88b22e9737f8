"""Words said beside a sentence of the grammar: courtesies change nothing in it ("um", "please", KITT's name), turns
make another sentence of it ("don't", "half", "thousand"). Both stand in beside.toml; a grammar may name either itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from kitt.ears.decoder import FILLER, Decoder, Path, Word
from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import INDEX
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.pieces import Piece, graph_of, of_choice, of_word
from kitt.types import F32

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORST_COURTESY, WORST_TURN = -2.5, -1.5
"""Least score a phone of each of these words, for it to have been said."""
_SAME, _OTHER = "Same", "Other"
_LISTED: dict[str, Any] = tomllib.loads(File(__file__).with_name("beside.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class _Written:
    """The words of beside.toml and those of a grammar as they are said there, the latter first."""

    own: Mapping[str, Prons]

    def pronounce(
        self, words: Iterable[str], language: str, user: Mapping[str, Prons] | None = None
    ) -> dict[str, Prons]:
        return {word: self.own.get(word) or _prons(language, word) for word in words}


def _prons(language: str, word: str) -> Prons:
    written = _LISTED[language]["phones"][word]
    ways = [written] if isinstance(written, str) else written
    return tuple(tuple(INDEX[symbol] for symbol in way.split()) for way in ways)


@dataclass(frozen=True)
class Beside:
    """path: the one that was weighed, its score and what it counts as `beside` without the courtesies around it; other:
    the sentence with turns put in where they fit best, "" where none was said; better: by how much that fits better, in
    all.
    """

    path: Path
    other: str = ""
    better: float = 0.0


def weighed(path: Path, log_posteriors: F32, grammar: Grammar) -> Beside:
    """What was said beside the sentence of `path`. log_posteriors: float32 (T, len(phones.PHONES)), the ones it was
    found in; grammar: the one it is of.
    """
    found = {p.intent: p for p in _around(grammar, path.text).decode(log_posteriors, 2, FILLER)}
    same, other = found.get(_SAME), found.get(_OTHER)
    if same is None or other is None:
        return Beside(path)
    if all(word.score >= WORST_COURTESY for word in _put_in(same, path)):
        path = replace(path, score=max(path.score, same.score), beside=min(path.beside, same.beside))
    better = other.score - max(path.score, same.score)
    if better <= 0 or any(word.score < WORST_TURN for word in _put_in(other, path)):
        return Beside(path)
    return Beside(path, other.text, better)


@lru_cache(maxsize=64)
def _around(grammar: Grammar, text: str) -> Decoder:
    """Of the sentence with courtesies around it, and with turns anywhere in it as well."""
    said = [of_word(word, grammar.prons[word], grammar.language) for word in text.split()]
    courtesy, turn = prepared(grammar)
    closing = [(courtesy, True), (courtesy, True)]
    same = [*((word, False) for word in said), *closing]
    other = [(turn, True), *(part for word in said for part in ((word, False), (turn, True))), *closing]
    return Decoder(graph_of([courtesy, courtesy], {_SAME: same, _OTHER: other}))


def prepared(grammar: Grammar) -> tuple[Piece, Piece]:
    """A courtesy and a turn as they are said beside a grammar's sentences; the first time takes a few milliseconds."""
    own = {word: grammar.prons[word] for word in _LISTED[grammar.language]["phones"] if word in grammar.prons}
    courtesy, turn = (_choice(grammar.language, kind, tuple(own.items())) for kind in ("courtesies", "turns"))
    return courtesy, turn


@lru_cache(maxsize=64)
def _choice(language: str, kind: str, own: tuple[tuple[str, Prons], ...]) -> Piece:
    made = Grammar.of_sentences({kind: [f"({_LISTED[language][kind]})"]}, language, kind, _Written(dict(own)))
    return of_choice(made.words, made.graph.words, made.prons, language)


def _put_in(other: Path, path: Path) -> list[Word]:
    """The words that `other` has more than `path`."""
    own = [word.text for word in path.words]
    out = []
    for word in other.words:
        if own and word.text == own[0]:
            own.pop(0)
        else:
            out.append(word)
    return out
