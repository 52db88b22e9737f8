"""From words to phones: lexica first, then espeak-ng in every accent and gruut, kept on disk.

What the pronouncers say of a word is kept by word and language in a file whose name changes with the phone set, the
accents and the pronouncers' versions, so a grammar whose words are all known starts no espeak-ng.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kitt import places
from kitt.ears.g2p import figures, gruut, phones
from kitt.ears.g2p.distance import distance
from kitt.ears.g2p.espeak import ACCENTS, EspeakPronouncer
from kitt.ears.g2p.figures import SPELLED
from kitt.ears.g2p.lexicon import Prons, shipped, symbols
from kitt.ears.g2p.phones import Pron
from kitt.ears.g2p.variants import spoken

_FORMAT = 2
"""Counted up when what is kept of a word is made in another way."""
_MOST_WAYS = 24
"""Ways to say one word; a word of many parts with many ways each keeps the first."""

_MOST_OF_NUMBER = 48
"""The same of a word that holds digits, with the variants: it is long, and each of its words has several."""
_VARIANT = 0.4
"""Distance by length up to which gruut's pronunciation is a variant ("des" as d ɛ) and not another word (d a m)."""
_PARTS = re.compile(r"[^\W\d]+(?:'[^\W\d]*)?")


class G2p(Protocol):
    """Who says how words are pronounced."""

    def pronounce(
        self, words: Iterable[str], language: str, user: Mapping[str, Prons] | None = None
    ) -> dict[str, Prons]:
        """The ways to say each word; () for a word without a sound."""
        ...


class Pronouncer:
    """Pronunciations of words. `folder` holds what was asked before; it is made when missing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or places.home() / "cache" / "g2p"
        self._known: dict[str, dict[str, Prons]] = {}
        self._espeak: EspeakPronouncer | None = None

    def pronounce(
        self, words: Iterable[str], language: str, user: Mapping[str, Prons] | None = None
    ) -> dict[str, Prons]:
        """The ways to say each word (as `tokens` gives them); () for a word without a sound.

        `user` goes before all else, and what it says is taken as it is. Raises KittError.
        """
        asked = list(dict.fromkeys(words))
        user = user or {}
        written = {**shipped(language), **user}
        parts = {w: _readings(w, language, written) for w in asked}
        self._learn({p for ways in parts.values() for way in ways for p in way if p.lower() not in written}, language)
        said = {w: self._say(ways, language, written) for w, ways in parts.items()}
        return {w: _as_spoken(w, prons, language) if w.lower() not in user else prons for w, prons in said.items()}

    def close(self) -> None:
        """End espeak-ng's worker if one was started."""
        if self._espeak:
            self._espeak.close()
            self._espeak = None

    def _say(self, ways: list[list[str]], language: str, written: Mapping[str, Prons]) -> Prons:
        known = self._known.get(language, {})
        found: dict[Pron, None] = {}
        picks = [
            itertools.islice(itertools.product(*(written.get(p.lower()) or known.get(p, ()) for p in way)), _MOST_WAYS)
            for way in ways
        ]
        # One of each way in turn, so that where there are too many every way still has some.
        for pick in filter(None, itertools.chain.from_iterable(itertools.zip_longest(*picks))):
            found[tuple(itertools.chain.from_iterable(pick))] = None
        return tuple(p for p in itertools.islice(found, _MOST_WAYS) if p)

    def _learn(self, words: set[str], language: str) -> None:
        if language not in self._known:
            self._known[language] = _read(self._file(language))
        known = self._known[language]
        new = sorted(words - known.keys())
        if not new:
            return
        self._espeak = self._espeak or EspeakPronouncer()
        texts = [w.replace(SPELLED, " ") for w in new]
        ways = self._espeak.ways(texts, language)
        other = gruut.pronounce([w.lower() for w in new], language)
        for i, word in enumerate(new):
            said = list(ways[i])
            said += [p for p in other.get(word.lower(), ()) if not said or _is_variant(p, said)]
            known[word] = tuple(dict.fromkeys(said))
        _write(self._file(language), known)

    def _file(self, language: str) -> Path:
        return self._folder / f"{language}-{_stamp(language)}.json"


def _is_variant(pron: Pron, said: Sequence[Pron]) -> bool:
    """Whether a lexicon's pronunciation is near one of espeak-ng's: the lexica also spell out and abbreviate."""
    return any(distance(pron, p) <= _VARIANT * max(len(pron), len(p)) for p in said)


def _readings(word: str, language: str, written: Mapping[str, Prons]) -> list[list[str]]:
    """The ways to read a word, each a list of parts to be said one after the other."""
    if word.lower() in written:
        return [[word]]
    if word in symbols(language):
        return [list(way) for way in symbols(language)[word]]
    if any(c.isdecimal() for c in word):
        return [list(way) for way in figures.ways(word.lower(), language)]
    parts = _PARTS.findall(word)
    ways = [[word.lower()]]
    if word.isupper() and len(word) > 1:
        ways.append([SPELLED.join(word.lower())])
    if len(parts) > 1 and any(p.lower() in written for p in parts):
        ways.append([p.lower() for p in parts])
    return ways


def _as_spoken(word: str, prons: Prons, language: str) -> Prons:
    """Each way with its variants; those of the dictionary stand first."""
    found = dict.fromkeys(prons)
    share = _MOST_OF_NUMBER // max(1, len(prons)) if any(c.isdecimal() for c in word) else None
    for pron in prons:
        found.update(dict.fromkeys(spoken(pron, language)[:share]))
    return tuple(found)


def _stamp(language: str) -> str:
    try:
        espeak = importlib.metadata.version("espeakng-loader")
    except importlib.metadata.PackageNotFoundError:
        espeak = ""
    table = Path(phones.__file__).with_name("phones.toml").read_bytes()
    about = [_FORMAT, hashlib.sha256(table).hexdigest(), ACCENTS[language], espeak, gruut.version(language)]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:12]


def _read(file: Path) -> dict[str, Prons]:
    """What was kept; nothing when the file is missing or was damaged (it is written anew then)."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return {word: tuple(tuple(int(p) for p in pron) for pron in prons) for word, prons in table.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, known: Mapping[str, Prons]) -> None:
    """Kept whole or not at all; a folder that cannot be written to costs time at the next start and nothing else."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.stem, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(known, out, ensure_ascii=False, separators=(",", ":"))
        os.replace(name, file)
