"""What every inference backend does, and the table of those there are.

A backend takes named arrays in and gives named arrays back. It knows nothing of pictures, classes or boxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a network. A free dimension of `shape` is -1."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Backend(Protocol):
    """One network, loaded and ready to run. One caller at a time."""

    @classmethod
    def load(cls, path: Path, threads: int) -> Backend:
        """Load the network at `path` to run on `threads` CPU threads. Raises KittError when it cannot."""
        ...

    @property
    def name(self) -> str:
        """What runs it, with the version: "onnxruntime-cpu 1.32.0"."""
        ...

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """(inputs, outputs) of the network, in its own order."""
        ...

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Run once. Every array is C-contiguous with the spec's dtype and shape; outputs belong to the caller."""
        ...


BACKENDS: dict[str, str] = {
    "onnxruntime": "kitt.engine.ort:OrtBackend",
    "openvino": "kitt.engine.openvino:OpenVinoBackend",
    "tensorrt": "kitt.engine.trt.runtime:TrtBackend",
}
"""Name -> "module:class"; imported when asked for, so that a library that is missing hurts nobody else."""


def load(path: Path | str, threads: int, backend: str = "onnxruntime") -> Backend:
    """Load a network with a backend of `BACKENDS`.

    Raises KittError when the file is missing or is not a network, or the backend is unknown.
    """
    if backend not in BACKENDS:
        raise KittError(f"unknown backend '{backend}'; there are: {', '.join(BACKENDS)}")
    module, _, name = BACKENDS[backend].partition(":")
    return cast(type[Backend], getattr(import_module(module), name)).load(Path(path), threads)
