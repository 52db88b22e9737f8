"""Stage one: the list of clips, and their sound in shards. Each shard is written whole or not at all."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.train_speech import voices
from tools.train_speech.human import Clip, clips, test_sets
from tools.train_speech.noise import read_sound
from tools.train_speech.texts import Texts

SHARD = 500


def write_list(path: Path, data: Path, sentences: dict[str, int], seed: int, *, copyleft: bool) -> None:
    """corpus.jsonl: every clip that trains, human recordings and sentences to be spoken, shuffled by the seed."""
    listed = list(clips(data, copyleft=copyleft))
    for language, count in sentences.items():
        rng = random.Random(f"voices-{language}-{seed}")
        for text in islice(Texts(language, data, seed), count):
            voice = voices.draw(language, rng, test_sets()["voices"])
            listed.append(Clip(json.dumps(asdict(voice)), language, text, voice.labels))
    random.Random(seed).shuffle(listed)
    save_text(path, "".join(json.dumps(asdict(c), ensure_ascii=False) + "\n" for c in listed))


def read_list(path: Path) -> list[Clip]:
    """The clips of corpus.jsonl."""
    return [Clip(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def shards(listed: Sequence[Clip]) -> list[Sequence[Clip]]:
    """The clips in groups of SHARD."""
    return [listed[i : i + SHARD] for i in range(0, len(listed), SHARD)]


def sound_of(clip: Clip) -> NDArray[np.int16]:
    """int16 (n,) at 16 kHz: the recording, or the sentence spoken."""
    if clip.path:
        return np.rint(np.clip(read_sound(clip.path), -1, 1) * 32767).astype(np.int16)
    return voices.say(voices.Voice(**json.loads(clip.source)), clip.text)


def write_sound(path: Path, shard: Sequence[Clip]) -> None:
    """The sound of one shard, one array after the other; `ends` says where each ends."""
    sounds = [sound_of(clip) for clip in shard]
    save_arrays(path, samples=np.concatenate(sounds), ends=np.cumsum([len(s) for s in sounds]))


def save_arrays(path: Path, **arrays: NDArray[np.generic]) -> None:
    """An .npz that appears when it is whole."""
    part = path.with_name(f".{path.stem}.part.npz")
    np.savez(part, **arrays)
    os.replace(part, path)


def save_text(path: Path, text: str) -> None:
    """A text file that appears when it is whole."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
