"""Features of a finished utterance, for the second pass: the frozen encoder of Moonshine tiny-en.

Moonshine (Jeffries et al. 2024, MIT) is a transformer trained on English; its encoder's features serve French and
Spanish too, once a recurrent network is trained on top. It sees the whole utterance at once. (Log-mel energies beside
its features made the network better on synthetic voices and worse on people: docs/speech.md.)
"""

from __future__ import annotations

import numpy as np

from kitt.engine.backend import Backend
from kitt.types import F32

WIDTH = 288
SAMPLES_A_FRAME = 384
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
