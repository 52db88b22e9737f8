"""What the synthetic voices say: broad text in the three languages, drawn by a seed.

Sources: the test sentences of Home Assistant's intents (CC BY 4.0), words of the Art4apps lists and of gruut's
lexica (MIT), and the short lists of words.toml. No sentence of a test's grammar is
among them by intent; that common words (numbers, days, months, left, open, stop) stand in both is unavoidable, and so
the word tests measure unseen voices, not unseen words.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import yaml

from tools.train_speech.human import read_toml

WORDS = read_toml(Path(__file__).with_name("words.toml"))


class Texts:
    """Endless sentences of one language. The same seed gives the same sentences."""

    def __init__(self, language: str, data: Path, seed: int) -> None:
        self._language = language
        self._random = random.Random(f"{language}-{seed}")
        self._sentences = _intent_sentences(data / "text_ohf_intents" / "tests" / language)
        listed = _word_list(data / f"speech_art4apps_{language}" / "transcripts.tsv")
        spoken = [w for s in self._sentences for w in s.split() if w.isalpha() and len(w) > 3]
        self._words = sorted(set(listed)) + sorted(set(spoken)) + WORDS["short"][language].split()
        self._rare = _lexicon_words(language)
        self._glue = WORDS["function"][language].split()

    def __iter__(self) -> Iterator[str]:
        kinds = (self._sentence, self._number, self._chain, self._lexicon, self._single)
        while True:
            yield self._random.choices(kinds, (38, 15, 22, 12, 13))[0]()

    def _sentence(self) -> str:
        words = self._random.choice(self._sentences).split()
        for i, word in enumerate(words):
            if word.isdigit():
                words[i] = str(self._draw_number())
            elif len(word) > 3 and self._random.random() < 0.25:
                words[i] = self._random.choice(self._words)
        return " ".join(words)

    def _number(self) -> str:
        frame = self._random.choice(WORDS["numbers"][self._language])
        word = self._random.choice(self._words)
        return frame.format(n=self._draw_number(), m=self._random.randint(1, 59), d=self._random.randint(0, 9), w=word)

    def _draw_number(self) -> int:
        return self._random.choice(
            (self._random.randint(0, 20), self._random.randint(0, 100), self._random.randint(0, 999))
        )

    def _chain(self) -> str:
        words = []
        for _ in range(self._random.randint(2, 5)):
            if self._random.random() < 0.6:
                words += self._random.choices(self._glue, k=self._random.randint(1, 2))
            words.append(self._random.choice(self._words))
        return " ".join(words)

    def _lexicon(self) -> str:
        return " ".join(self._random.choices(self._rare, k=self._random.randint(1, 4)))

    def _single(self) -> str:
        pool = WORDS["short"][self._language].split() if self._random.random() < 0.4 else self._words
        return self._random.choice(pool)


def _intent_sentences(folder: Path) -> list[str]:
    found = set()
    for path in sorted(folder.rglob("*.yaml")):
        for test in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("tests", []):
            found |= {re.sub(r"[^\w' -]", " ", s).strip() for s in test.get("sentences", [])}
    return sorted(s for s in found if s)


def _word_list(path: Path) -> list[str]:
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    return [text for text in (row.split("\t")[3] for row in rows) if not text.startswith("<")]


def _lexicon_words(language: str) -> list[str]:
    spec = find_spec(f"gruut_lang_{language}")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"train_speech: gruut's words for {language} are missing: pip install gruut[{language}]")
    database = Path(spec.submodule_search_locations[0]) / "lexicon.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT DISTINCT word FROM word_phonemes ORDER BY word")
        return [w for (w,) in rows if w.isalpha() and 3 <= len(w) <= 10]
