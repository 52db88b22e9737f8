"""Stage three's food: the views in memory, their phone labels, and batches of like length."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kitt.ears.features import stack
from kitt.ears.g2p.espeak import EspeakPronouncer
from kitt.types import LANGUAGES
from tools.train_speech.corpus import read_list, shards
from tools.train_speech.human import Clip

SYNTHETIC_A_PASS, HUMAN_A_PASS = 1, 3
"""Views of one clip that one pass over the data uses."""
HARD_SHARE = 0.6
"""How often the view is a noisy one."""


@dataclass
class Views:
    """All views there are, by kind of features ("encoder" or "mel"); grows as shards are prepared."""

    work: Path
    kind: str
    features: list[NDArray[np.float16]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    language: list[int] = field(default_factory=list)
    clip: list[int] = field(default_factory=list)
    human: list[bool] = field(default_factory=list)
    hard: list[bool] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def grow(self) -> int:
        """Take in the shards that were prepared since the last call; gives how many there are in all."""
        listed = read_list(self.work / "corpus.jsonl")
        labels = _labels(self.work, listed)
        for number, shard in enumerate(shards(listed)):
            path = self.work / f"views-{number:03d}.npz"
            if number in self._seen or not path.is_file():
                continue
            self._seen.add(number)
            first = sum(len(s) for s in shards(listed)[:number])
            before, hard = -1, False
            with np.load(path) as stored:
                parts = {k: np.split(stored[k], stored[f"{k}_ends"][:-1]) for k in ("encoder", "mel")}
                rows = stored["clip"]
            for row, encoded, mel in zip(rows, parts["encoder"], parts["mel"], strict=True):
                hard = before == row and not hard
                before = row
                frames = stack(mel) if self.kind == "mel" else encoded
                phones = labels[first + row]
                # CTC needs a frame a phone, and one more between two equal ones
                if phones and len(frames) > len(phones) + sum(a == b for a, b in pairwise(phones)):
                    self.features.append(frames)
                    self.labels.append(phones)
                    self.language.append(LANGUAGES.index(shard[row].language))
                    self.clip.append(first + row)
                    self.human.append(bool(shard[row].path))
                    self.hard.append(hard)
        return len(self._seen)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        """One pass: some views of each clip, in batches of about the same length, shuffled."""
        by_clip: dict[int, list[int]] = {}
        for view, clip in enumerate(self.clip):
            by_clip.setdefault(clip, []).append(view)
        picked = []
        for views in by_clip.values():
            count = HUMAN_A_PASS if self.human[views[0]] else SYNTHETIC_A_PASS
            liked = np.array([HARD_SHARE if self.hard[v] else 1 - HARD_SHARE for v in views])
            picked += list(rng.choice(views, min(count, len(views)), replace=False, p=liked / liked.sum()))
        lengths = np.array([len(self.features[v]) for v in picked]) * rng.uniform(0.95, 1.05, len(picked))
        order = np.array(picked)[np.argsort(lengths)]
        groups = [order[i : i + size] for i in range(0, len(order), size)]
        for g in rng.permutation(len(groups)):
            yield groups[g]


def _labels(work: Path, listed: Sequence[Clip]) -> list[list[int]]:
    """Phones of each clip of the corpus, by espeak-ng in the clip's accent; computed once."""
    path = work / "labels.json"
    if path.is_file():
        return list(json.loads(path.read_text()))
    espeak = EspeakPronouncer()
    labels: list[list[int]] = [[] for _ in listed]
    for voice in sorted({c.labels for c in listed}):
        rows = [i for i, c in enumerate(listed) if c.labels == voice]
        language = listed[rows[0]].language
        for row, pron in zip(rows, espeak.pronounce([listed[i].text for i in rows], language, voice), strict=True):
            labels[row] = list(pron)
    espeak.close()
    path.write_text(json.dumps(labels))
    return labels
