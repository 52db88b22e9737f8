"""The GPU through cuda-python's driver bindings. Raises ImportError when it is imported without them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
from cuda.bindings import driver as cuda

from kitt.engine.trt import driver
from kitt.engine.trt.device import Pinned
from kitt.engine.trt.driver import call


class CudaDevice:
    """The first GPU's primary context, current on the thread that makes it. Fulfils `device.Device`."""

    def __init__(self) -> None:
        call(cuda.cuInit, 0)
        self._device = call(cuda.cuDeviceGet, 0)
        call(cuda.cuCtxSetCurrent, call(cuda.cuDevicePrimaryCtxRetain, self._device))
        name: bytes = call(cuda.cuDeviceGetName, 256, self._device)
        self._name = name.split(b"\0")[0].decode("utf-8", "replace")
        kind = cuda.CUdevice_attribute
        self._capability = (
            self._attribute(kind.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            self._attribute(kind.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        )
        self._integrated = bool(self._attribute(kind.CU_DEVICE_ATTRIBUTE_INTEGRATED))

    @property
    def name(self) -> str:
        return self._name

    @property
    def compute_capability(self) -> tuple[int, int]:
        return self._capability

    @property
    def integrated(self) -> bool:
        return self._integrated

    @property
    def binding(self) -> str:
        return driver.package()

    @property
    def graphs(self) -> str:
        return ""

    def free_bytes(self) -> int:
        free, _ = call(cuda.cuMemGetInfo)
        return int(free)

    def pinned(self, size_bytes: int, mapped: bool) -> Pinned:
        address = int(call(cuda.cuMemHostAlloc, size_bytes, cuda.CU_MEMHOSTALLOC_DEVICEMAP if mapped else 0))
        array = np.ctypeslib.as_array((ctypes.c_uint8 * size_bytes).from_address(address))
        seen = int(call(cuda.cuMemHostGetDevicePointer, address, 0)) if mapped else 0
        return Pinned(array, seen, address)

    def free_pinned(self, pinned: Pinned) -> None:
        call(cuda.cuMemFreeHost, pinned.handle)

    def allocate(self, size_bytes: int) -> int:
        return int(call(cuda.cuMemAlloc, size_bytes))

    def free(self, address: int) -> None:
        call(cuda.cuMemFree, address)

    def stream(self) -> int:
        return int(call(cuda.cuStreamCreate, cuda.CUstream_flags.CU_STREAM_NON_BLOCKING.value))

    def end_stream(self, stream: int) -> None:
        call(cuda.cuStreamDestroy, stream)

    def copy_in(self, address: int, source: Pinned, stream: int) -> None:
        call(cuda.cuMemcpyHtoDAsync, address, source.handle, source.array.nbytes, stream)

    def copy_out(self, target: Pinned, address: int, stream: int) -> None:
        call(cuda.cuMemcpyDtoHAsync, target.handle, address, target.array.nbytes, stream)

    def event(self, timed: bool) -> int:
        kind = cuda.CUevent_flags
        flags = kind.CU_EVENT_BLOCKING_SYNC.value | (0 if timed else kind.CU_EVENT_DISABLE_TIMING.value)
        return int(call(cuda.cuEventCreate, flags))

    def record(self, event: int, stream: int) -> None:
        call(cuda.cuEventRecord, event, stream)

    def wait(self, event: int) -> None:
        call(cuda.cuEventSynchronize, event)

    def elapsed_ms(self, start: int, end: int) -> float:
        return float(call(cuda.cuEventElapsedTime, start, end))

    def end_event(self, event: int) -> None:
        call(cuda.cuEventDestroy, event)

    def capture(self, stream: int, enqueue: Callable[[], None]) -> int:
        return driver.capture(stream, enqueue)

    def launch(self, graph: int, stream: int) -> None:
        driver.launch(graph, stream)

    def end_graph(self, graph: int) -> None:
        driver.end_graph(graph)

    def end(self) -> None:
        call(cuda.cuCtxSetCurrent, 0)
        call(cuda.cuDevicePrimaryCtxRelease, self._device)

    def _attribute(self, kind: cuda.CUdevice_attribute) -> int:
        return int(call(cuda.cuDeviceGetAttribute, kind, self._device))
