"""Stage two: each clip as several microphones heard it, as features of both passes, computed once and kept.

A human clip gets HUMAN_VIEWS views and a spoken sentence SYNTHETIC_VIEWS; the first of each is a gentle one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kitt.ears.encoder import encode
from kitt.ears.features import log_mel
from kitt.engine.backend import Backend
from tools.train_speech.augment import augment
from tools.train_speech.corpus import save_arrays
from tools.train_speech.human import Clip
from tools.train_speech.noise import F32, Noises

HUMAN_VIEWS, SYNTHETIC_VIEWS = 4, 2
LONGEST_S = 12.0


def write_views(path: Path, sound: Path, shard: Sequence[Clip], noises: Noises, encoder: Backend, seed: int) -> None:
    """Features of all views of one shard.

    encoder float16 (sum T, 288), mel float16 (sum M, 40), clip int64 (V,) row in the shard, encoder_ends and
    mel_ends int64 (V,).
    """
    rng = np.random.default_rng(seed)
    with np.load(sound) as stored:
        samples, ends = stored["samples"].astype(np.float32) / 32768, stored["ends"]
    starts = np.concatenate([[0], ends[:-1]])

    def babble(n: int) -> F32:
        mixed = np.zeros(n, np.float32)
        for _ in range(int(rng.integers(3, 7))):
            at = int(rng.integers(max(1, len(samples) - n)))
            voice = samples[at : at + n]
            mixed[: len(voice)] += voice * rng.uniform(0.3, 1.0)
        return mixed

    encoded, mels, rows = [], [], []
    for row, clip in enumerate(shard):
        speech = samples[starts[row] : ends[row]]
        if not 0 < len(speech) <= LONGEST_S * 16000 or not np.any(speech):
            continue
        for view in range(HUMAN_VIEWS if clip.path else SYNTHETIC_VIEWS):
            heard = augment(speech, noises, babble, rng, hard=view % 2 == 1)
            encoded.append(encode(encoder, heard).astype(np.float16))
            mels.append(log_mel(heard).astype(np.float16))
            rows.append(row)
    save_arrays(
        path,
        encoder=np.concatenate(encoded),
        encoder_ends=np.cumsum([len(e) for e in encoded]),
        mel=np.concatenate(mels),
        mel_ends=np.cumsum([len(m) for m in mels]),
        clip=np.array(rows),
    )
