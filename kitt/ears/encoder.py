"""Features of a finished utterance, for the second pass: the frozen encoder of Moonshine tiny-en, and log-mel.

Moonshine (Jeffries et al. 2024, MIT) is a transformer trained on English; its encoder's features serve French and
Spanish too, once a recurrent network is trained on top. It sees the whole utterance at once. The log-mel energies
beside them hold what it throws away.
"""

from __future__ import annotations

import numpy as np

from kitt.ears.denoise import denoise
from kitt.ears.features import FLOOR, HOP, MELS, STACK, log_mel
from kitt.engine.backend import Backend
from kitt.types import F32

WIDTH = 288
SAMPLES_A_FRAME = 384
BOTH = WIDTH + STACK * MELS
PAD = 4000
"""Samples of silence on either side: the encoder's first and last frames see less than they need."""
PEAK = 0.7


def encode(backend: Backend, samples: F32) -> F32:
    """Features of an utterance: float32 (n,) mono 16 kHz -> float32 (T, WIDTH), 41.7 frames a second.

    Frame t begins at sample t * SAMPLES_A_FRAME - PAD. The loudness is taken out first.
    """
    peak = max(1e-3, float(np.abs(samples).max(initial=0.0)))
    padded = np.zeros(len(samples) + 2 * PAD, np.float32)
    padded[PAD:-PAD] = samples * (PEAK / peak)
    mask = np.ones((1, len(padded)), np.int64)
    (features,) = backend.infer({"input_values": padded[None], "attention_mask": mask}).values()
    return np.asarray(features[0], np.float32)


def beside(encoded: F32, mel: F32) -> F32:
    """Each frame of the encoder with the STACK log-mel frames from its beginning on.

    encoded: (T, WIDTH); mel: (M, MELS) of the same samples; gives float32 (T, BOTH). Outside the samples is silence.
    """
    first = np.rint((np.arange(len(encoded)) * SAMPLES_A_FRAME - PAD) / HOP).astype(np.int64)
    at = first[:, None] + np.arange(STACK)
    inside = (at >= 0) & (at < len(mel))
    silence = np.full((1, MELS), np.log(FLOOR), np.float32)
    picked = np.concatenate([mel, silence])[np.where(inside, at, len(mel))]
    return np.concatenate([encoded, picked.reshape(len(encoded), -1)], 1, dtype=np.float32)


def utterance(backend: Backend, samples: F32) -> F32:
    """What the second pass hears of an utterance: float32 (n,) mono 16 kHz -> float32 (T, BOTH)."""
    return beside(encode(backend, denoise(samples)), log_mel(samples))
