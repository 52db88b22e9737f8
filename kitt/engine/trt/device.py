"""The CUDA driver as far as running a plan needs it, and the choice of who speaks to it.

pycuda is what the user's card asks for; it knows no CUDA graphs, which cuda-python (`cuda-bindings`) does: on the
same driver and the same streams, so that the one captures what the other enqueues. Where pycuda is absent cuda-python
does it all. Everything here is called on one thread, the one that made the device current.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kitt.engine.trt.library import driver_fault
from kitt.errors import KittError


@dataclass(frozen=True)
class Pinned:
    """Page-locked host memory. `array` is a view of it; address: where the GPU sees the same bytes, 0 if it does not.

    `handle` is its owner's: what frees it.
    """

    array: NDArray[np.uint8]
    address: int
    handle: Any


class Device(Protocol):
    """One GPU, made current on the thread that opened it. Streams, events, graphs and addresses are plain ints."""

    @property
    def name(self) -> str:
        """The GPU's own: "NVIDIA GeForce RTX 4070", "Orin"."""
        ...

    @property
    def compute_capability(self) -> tuple[int, int]: ...

    @property
    def integrated(self) -> bool:
        """Whether it shares the CPU's memory (Jetson), so that mapped buffers save the copies."""
        ...

    @property
    def binding(self) -> str:
        """Which Python package speaks to the driver: "pycuda 2026.1"."""
        ...

    @property
    def graphs(self) -> str:
        """ "" where CUDA graphs can be captured, else why not."""
        ...

    def free_bytes(self) -> int:
        """GPU memory that is free now."""
        ...

    def pinned(self, size_bytes: int, mapped: bool) -> Pinned: ...

    def free_pinned(self, pinned: Pinned) -> None: ...

    def allocate(self, size_bytes: int) -> int: ...

    def free(self, address: int) -> None: ...

    def stream(self) -> int: ...

    def end_stream(self, stream: int) -> None: ...

    def copy_in(self, address: int, source: Pinned, stream: int) -> None:
        """Enqueue the whole of `source` to the GPU."""
        ...

    def copy_out(self, target: Pinned, address: int, stream: int) -> None:
        """Enqueue as much from the GPU as `target` holds."""
        ...

    def event(self, timed: bool) -> int:
        """A new event; one that is waited for sleeps rather than spins."""
        ...

    def record(self, event: int, stream: int) -> None: ...

    def wait(self, event: int) -> None: ...

    def elapsed_ms(self, start: int, end: int) -> float: ...

    def end_event(self, event: int) -> None: ...

    def capture(self, stream: int, enqueue: Callable[[], None]) -> int:
        """What `enqueue` puts on the stream, as a graph that can be launched. Raises KittError where it cannot be."""
        ...

    def launch(self, graph: int, stream: int) -> None: ...

    def end_graph(self, graph: int) -> None: ...

    def end(self) -> None:
        """Give the CUDA context back. The last call."""
        ...


def open_device() -> Device:
    """The first GPU, made current on this thread: through pycuda, else cuda-python.

    Raises KittError naming what is missing. Which GPU is first is CUDA_VISIBLE_DEVICES' concern.
    """
    if fault := driver_fault():
        raise KittError(f"no GPU can be used: {fault}")
    faults = []
    for opened in (_pycuda, _cuda_python):
        try:
            return opened()
        except ImportError as e:
            faults.append(" ".join(str(e).split())[:120])
    raise KittError(
        f"nothing speaks to the GPU's driver: {'; '.join(faults)}; pip install cuda-bindings, or pip install pycuda"
    )


def _pycuda() -> Device:
    from kitt.engine.trt.device_pycuda import PycudaDevice

    return PycudaDevice()


def _cuda_python() -> Device:
    from kitt.engine.trt.device_cuda import CudaDevice

    return CudaDevice()
