"""The GPU through pycuda, with cuda-python for graphs where that is here too. ImportError without pycuda."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pycuda
import pycuda.driver as cuda

from kitt.engine.trt.device import Pinned
from kitt.errors import KittError

_NO_GRAPHS = "pycuda has no CUDA graphs: pip install cuda-bindings"


class PycudaDevice:
    """The first GPU's primary context, current on the thread that makes it. Fulfils `device.Device`.

    pycuda frees an object when Python lets go of it: what is handed out as an int is kept in a table until its end.
    """

    def __init__(self) -> None:
        with _as_kitt():
            cuda.init()
            self._device = cuda.Device(0)
            # the primary one: TensorRT's own runtime calls use it
            self._context = self._device.retain_primary_context()
            self._context.push()
        self._kept: dict[int, Any] = {}
        self._driver = _cuda_python()

    @property
    def name(self) -> str:
        return str(self._device.name())

    @property
    def compute_capability(self) -> tuple[int, int]:
        major, minor = self._device.compute_capability()
        return int(major), int(minor)

    @property
    def integrated(self) -> bool:
        return bool(self._device.get_attribute(cuda.device_attribute.INTEGRATED))

    @property
    def binding(self) -> str:
        with_graphs = f" with {self._driver.package()}" if self._driver else ""
        return f"pycuda {pycuda.VERSION_TEXT}{with_graphs}"

    @property
    def graphs(self) -> str:
        return "" if self._driver else _NO_GRAPHS

    def free_bytes(self) -> int:
        with _as_kitt():
            return int(cuda.mem_get_info()[0])

    def pinned(self, size_bytes: int, mapped: bool) -> Pinned:
        with _as_kitt():
            flags = cuda.host_alloc_flags.DEVICEMAP if mapped else 0
            array = cuda.pagelocked_empty(size_bytes, np.uint8, mem_flags=flags)
            return Pinned(array, int(array.base.get_device_pointer()) if mapped else 0, array.base)

    def free_pinned(self, pinned: Pinned) -> None:
        with _as_kitt():
            pinned.handle.free()

    def allocate(self, size_bytes: int) -> int:
        with _as_kitt():
            return self._keep(memory := cuda.mem_alloc(size_bytes), int(memory))

    def free(self, address: int) -> None:
        with _as_kitt():
            self._kept.pop(address).free()

    def stream(self) -> int:
        with _as_kitt():
            return self._keep(stream := cuda.Stream(), int(stream.handle))

    def end_stream(self, stream: int) -> None:
        del self._kept[stream]

    def copy_in(self, address: int, source: Pinned, stream: int) -> None:
        with _as_kitt():
            cuda.memcpy_htod_async(address, source.array, self._kept[stream])

    def copy_out(self, target: Pinned, address: int, stream: int) -> None:
        with _as_kitt():
            cuda.memcpy_dtoh_async(target.array, address, self._kept[stream])

    def event(self, timed: bool) -> int:
        flags = cuda.event_flags.BLOCKING_SYNC
        with _as_kitt():
            event = cuda.Event(flags if timed else flags | cuda.event_flags.DISABLE_TIMING)
            return self._keep(event, id(event))

    def record(self, event: int, stream: int) -> None:
        with _as_kitt():
            self._kept[event].record(self._kept[stream])

    def wait(self, event: int) -> None:
        with _as_kitt():
            self._kept[event].synchronize()

    def elapsed_ms(self, start: int, end: int) -> float:
        with _as_kitt():
            return float(self._kept[start].time_till(self._kept[end]))

    def end_event(self, event: int) -> None:
        del self._kept[event]

    def capture(self, stream: int, enqueue: Callable[[], None]) -> int:
        if self._driver is None:
            raise KittError(_NO_GRAPHS)
        return int(self._driver.capture(stream, enqueue))

    def launch(self, graph: int, stream: int) -> None:
        self._driver.launch(graph, stream)

    def end_graph(self, graph: int) -> None:
        self._driver.end_graph(graph)

    def end(self) -> None:
        self._kept.clear()
        with _as_kitt():
            self._context.pop()
            self._context.detach()

    def _keep(self, thing: Any, key: int) -> int:
        self._kept[key] = thing
        return key


@contextmanager
def _as_kitt() -> Iterator[None]:
    try:
        yield
    except cuda.Error as e:
        raise KittError(f"the GPU's driver, through pycuda: {' '.join(str(e).split())[:200]}") from e


def _cuda_python() -> Any:
    try:
        from kitt.engine.trt import driver
    except ImportError:
        return None
    return driver
