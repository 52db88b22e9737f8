"""All ranges of a network from what its tensors were seen to hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from kitt.engine.quantise.histogram import Histogram
from kitt.engine.quantise.methods import METHODS
from kitt.engine.quantise.placement import ENCODINGS
from kitt.engine.quantise.ranges import Ranges, TensorRanges
from kitt.errors import KittError

Progress = Callable[[Iterable[Any], int | None, str], Iterable[Any]]
"""Wraps steps, so many if it is known, to show how far what is named is."""


def method_named(name: str) -> str:
    """The name, if there is such a method. Raises KittError naming those there are."""
    if name not in METHODS:
        raise KittError(f"unknown method '{name}'; there are: {', '.join(METHODS)}")
    return name


def derive(
    model: str,
    network: str,
    histograms: Mapping[str, Histogram],
    method: str,
    frames: str,
    progress: Progress,
    encodings: Collection[str] = ENCODINGS,
    slopes: Mapping[str, float] | None = None,
) -> Ranges:
    """Ranges by one of `METHODS`. frames: what the word stands for, in the file's list of sources.

    slopes: by what negative values of a tensor are multiplied right behind it, where that is not 1.
    encodings: those to give ranges for; a network that carries ranges it was trained with needs none for u8.
    """
    how = METHODS[method_named(method)]
    said = f"frames {method}"
    tensors = {}
    for name, seen in progress(histograms.items(), len(histograms), f"{method} ranges"):
        held, limit = how(seen, (slopes or {}).get(name, 1.0))
        tensors[name] = TensorRanges(
            *((held, said) if "u8" in encodings else (None, "")), *((limit, said) if "s8" in encodings else (None, ""))
        )
    return Ranges(model, network, tensors, {"frames": frames})
