"""The acoustic models: sound to log posteriors of phones, for one step and for a whole utterance.

Both ship with kitt (`engines/ears-*.onnx`, trained by tools/train_speech) under a manifest that names their phone
set and their digests; weights that are not those are not run.
"""

from __future__ import annotations

import hashlib
import json
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from kitt.ears.encoder import encode
from kitt.ears.features import HOP, STACK, STEP, WINDOW, log_mel, stack
from kitt.ears.g2p.phones import PHONES
from kitt.engine.backend import Backend, load
from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER
from kitt.engine.pull import path_of
from kitt.errors import KittError
from kitt.places import shipped
from kitt.types import F32, LANGUAGES

MANIFEST = "ears.json"
_HOLDS: dict[str, tuple[type, str]] = {
    "phones": (list, "a list"),
    "languages": (list, "a list"),
    "sha256": (dict, "a table"),
    "encoder": (str, "a digest"),
}


class FirstPass:
    """The streaming model: a step of 30 ms at a time, its state carried from call to call."""

    def __init__(self, backend: Backend, language: str | None = None) -> None:
        self._backend = backend
        self._language = told(language)
        (state,) = (s for s in backend.io_specs()[0] if s.name == "state")
        self._zero = np.zeros(state.shape, np.float32)
        self.reset()

    @classmethod
    def load(cls, language: str | None = None, threads: int = 1, folder: Path | None = None) -> FirstPass:
        """With the weights that ship with kitt. Raises KittError when they are missing or are not those."""
        return cls(load(checked(folder or shipped(), "ears-first.onnx"), threads), language)

    def fresh(self) -> FirstPass:
        """The same network for another stream of sound, with a state of its own."""
        other = copy(self)
        other.reset()
        return other

    def reset(self) -> None:
        """Forget what was heard."""
        self._state = self._zero
        self._waiting = np.zeros(0, np.float32)

    def push(self, samples: F32) -> list[F32]:
        """float32 (n,) mono at 16 kHz -> log posteriors float32 (len(PHONES),) of each step that is whole now."""
        heard = np.concatenate([self._waiting, samples])
        steps = max(0, (len(heard) - WINDOW + HOP) // STEP)
        self._waiting = heard[steps * STEP :]
        if not steps:
            return []
        out = []
        for features in stack(log_mel(heard[: steps * STEP - HOP + WINDOW])[: steps * STACK]):
            got = self._backend.infer({"features": features[None], "language": self._language, "state": self._state})
            self._state = got["next_state"]
            out.append(got["log_posteriors"][0])
        return out


class SecondPass:
    """The model over a finished utterance: Moonshine's frozen encoder, then a bidirectional network."""

    def __init__(self, encoder: Backend, network: Backend) -> None:
        self._encoder, self._network = encoder, network

    @classmethod
    def load(cls, threads: int = 1, folder: Path | None = None) -> SecondPass:
        """With the weights that were pulled and those that ship with kitt. Raises KittError saying how to get them."""
        network = load(checked(folder or shipped(), "ears-second.onnx"), threads)
        return cls(load(path_of(MOONSHINE_TINY_EN_ENCODER.name), threads), network)

    def features(self, samples: F32) -> F32:
        """float32 (n,) mono at 16 kHz -> float32 (T, 288), whatever the language."""
        return encode(self._encoder, samples)

    def posteriors(self, features: F32, language: str | None) -> F32:
        """float32 (T, 288) -> log posteriors float32 (T, len(PHONES)). language: None where it is not known."""
        got = self._network.infer({"features": features[None], "language": told(language)})
        return np.asarray(got["log_posteriors"][0], np.float32)


def told(language: str | None) -> F32:
    """The networks' input for a language, or for none: float32 (1, len(LANGUAGES))."""
    return np.array([[float(language == known) for known in LANGUAGES]], np.float32)


def checked(folder: Path, name: str) -> Path:
    """The weights `name` in `folder`, after the manifest beside them was held against them and against our phones.

    Raises KittError naming what does not match.
    """
    path, beside = folder / name, folder / MANIFEST
    manifest = _manifest(beside)
    if not path.is_file():
        raise KittError(f"{path}: the ears' weights are missing; they belong to kitt: install it anew")
    if manifest["phones"] != list(PHONES):
        raise KittError(
            f"{beside}: the model was trained on another phone set than kitt's {len(PHONES) - 1} phones;"
            " train it anew: python -m tools.train_speech"
        )
    if manifest["languages"] != list(LANGUAGES):
        raise KittError(
            f"{beside}: the model was trained on other languages than kitt's {', '.join(LANGUAGES)}, in this order;"
            " train it anew: python -m tools.train_speech"
        )
    if manifest["encoder"] != MOONSHINE_TINY_EN_ENCODER.sha256:
        raise KittError(
            f"{beside}: the model was trained on another encoder than {MOONSHINE_TINY_EN_ENCODER.name};"
            " train it anew: python -m tools.train_speech"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    expected = manifest["sha256"].get(name)
    if digest != expected:
        raise KittError(f"{path}: not the weights of {MANIFEST}: sha256 {digest}, expected {expected}; not loaded")
    return path


def _manifest(path: Path) -> dict[str, Any]:
    """The table at `path`, with all of `_HOLDS` in it."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise KittError(
            f"{path}: the ears' weights are missing ({e.strerror}); they belong to kitt: install it anew"
        ) from e
    except ValueError as e:
        raise KittError(f"{path}: damaged: {e}; install kitt anew") from e
    if not isinstance(manifest, dict):
        raise KittError(f"{path}: damaged: not a table; install kitt anew")
    for key, (kind, what) in _HOLDS.items():
        if not isinstance(manifest.get(key), kind):
            raise KittError(f"{path}: damaged: '{key}' is not {what}; install kitt anew")
    return manifest
