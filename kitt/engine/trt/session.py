"""A plan that runs: engine, buffers and CUDA graph, made, used and ended on one thread.

One call is: inputs into page-locked memory; one launch of a graph that holds copies in, the network and copies out;
a sleep until its end; outputs copied for the caller. Nothing else is allocated. On a GPU that shares the CPU's memory
(Jetson) the buffers are mapped and there are no copies over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.engine.backend import Arrays, TensorSpec
from kitt.engine.trt.complaints import Heard, logger
from kitt.engine.trt.device import Device, Pinned
from kitt.engine.trt.library import Library
from kitt.errors import KittError

_DTYPES: dict[str, type[np.generic]] = {
    "FLOAT": np.float32,
    "HALF": np.float16,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT32": np.int32,
    "INT64": np.int64,
    "BOOL": np.bool_,
}
"""By name, since tensorrt.nptype of 8.6 asks numpy for names that it no longer has."""


@dataclass(frozen=True)
class _Tensor:
    """One input or output: `array` is its page-locked memory; address: the GPU's; apart: whether they are two."""

    spec: TensorSpec
    array: NDArray[Any]
    pinned: Pinned
    address: int
    apart: bool


class Session:
    """One loaded plan on one device. Every method belongs to the thread that made it."""

    def __init__(self, plan: bytes, what: str, library: Library, device: Device) -> None:
        """Load `plan` (`what` names it in errors) and take over `device`, which is ended with this or on failure.

        Raises KittError when the plan is not for this GPU and TensorRT, or the GPU's memory is short.
        """
        self._what, self._library, self.device = what, library, device
        self._heard = Heard()
        self._inputs: list[_Tensor] = []
        self._outputs: list[_Tensor] = []
        self._pinned: list[Pinned] = []
        self._allocated: list[int] = []
        self._events: list[int] = []
        self._runtime: Any = None
        self._engine: Any = None
        self._context: Any = None
        self._stream: int | None = None
        self._graph: int | None = None
        self.no_graph = device.graphs
        """Why each call enqueues anew rather than launching a CUDA graph; "" where it does launch one."""
        try:
            self._open(plan)
        except BaseException:
            self.end()
            raise

    def specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """(inputs, outputs), in the plan's order."""
        return tuple(t.spec for t in self._inputs), tuple(t.spec for t in self._outputs)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Run once; the arrays given back are copies. Raises KittError for an input that does not fit."""
        for tensor in self._inputs:
            _put(tensor, inputs)
        self._go()
        return {t.spec.name: t.array.copy() for t in self._outputs}

    def engine_ms(self, runs: int) -> list[float]:
        """How long the GPU takes for the network alone, without copies and without the CPU, run after run."""
        stream = self._on()
        start, end = (self._event(timed=True) for _ in range(2))
        times = []
        for _ in range(runs):
            self.device.record(start, stream)
            self._execute()
            self.device.record(end, stream)
            self.device.wait(end)
            times.append(self.device.elapsed_ms(start, end))
        return times

    def end(self) -> None:
        """Free everything, in the order in which the parts lean on each other.

        What cannot be freed stops nothing and is the driver's to clear away when the program ends.
        """
        for part in self._parts():
            with suppress(Exception):
                part()

    def _open(self, plan: bytes) -> None:
        self._stream = self.device.stream()
        self._done = self._event(timed=False)
        trt = self._library.module
        self._runtime = trt.Runtime(logger(trt, self._heard))
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise KittError(
                f"{self._what}: {self._library.name} does not load it: {self._heard.reason()}; "
                f"build it anew: kitt build --force"
            )
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise KittError(f"{self._what}: the GPU has no room to run it: {self._heard.reason()}")
        for i in range(self._engine.num_io_tensors):
            self._bind(self._engine.get_tensor_name(i))
        # the first run settles what a capture must not meet: lazily loaded kernels, shapes
        self._execute()
        self.device.record(self._done, self._stream)
        self.device.wait(self._done)
        if not self.no_graph:
            self._capture()

    def _bind(self, name: str) -> None:
        engine = self._engine
        shape = tuple(int(d) for d in engine.get_tensor_shape(name))
        if any(d < 0 for d in shape):
            raise KittError(f"{self._what}: '{name}' has the shape {shape}: a plan of kitt's has one size")
        kind = str(engine.get_tensor_dtype(name)).rpartition(".")[2]
        if kind not in _DTYPES:
            raise KittError(f"{self._what}: '{name}' is of type {kind}, which kitt does not handle")
        spec = TensorSpec(name, shape, np.dtype(_DTYPES[kind]))
        size = max(1, int(np.prod(shape, dtype=np.int64))) * spec.dtype.itemsize
        pinned = self.device.pinned(size, mapped=self.device.integrated)
        self._pinned.append(pinned)
        address = pinned.address
        if not address:
            address = self.device.allocate(size)
            self._allocated.append(address)
        array = pinned.array.view(spec.dtype).reshape(shape)
        array[...] = 0
        if not self._context.set_tensor_address(name, address):
            raise KittError(f"{self._what}: {self._library.name} refuses '{name}': {self._heard.reason()}")
        is_input = str(engine.get_tensor_mode(name)).rpartition(".")[2] == "INPUT"
        tensors = self._inputs if is_input else self._outputs
        tensors.append(_Tensor(spec, array, pinned, address, apart=not pinned.address))

    def _capture(self) -> None:
        """Make the graph. A plan that cannot be captured still runs, and says so."""
        try:
            self._graph = self.device.capture(self._on(), self._enqueue)
        except KittError as e:
            self.no_graph = str(e)

    def _go(self) -> None:
        stream = self._on()
        if self._graph is not None:
            self.device.launch(self._graph, stream)
        else:
            self._enqueue()
        self.device.record(self._done, stream)
        self.device.wait(self._done)

    def _enqueue(self) -> None:
        stream = self._on()
        for tensor in self._inputs:
            if tensor.apart:
                self.device.copy_in(tensor.address, tensor.pinned, stream)
        self._execute()
        for tensor in self._outputs:
            if tensor.apart:
                self.device.copy_out(tensor.pinned, tensor.address, stream)

    def _execute(self) -> None:
        if not self._context.execute_async_v3(self._on()):
            raise KittError(f"{self._what}: {self._library.name} does not run it: {self._heard.reason()}")

    def _event(self, timed: bool) -> int:
        event = self.device.event(timed)
        self._events.append(event)
        return event

    def _on(self) -> int:
        if self._stream is None:
            raise KittError(f"{self._what}: it was ended and cannot run")
        return self._stream

    def _parts(self) -> list[Callable[[], None]]:
        return [
            *([self._drop_graph] if self._graph is not None else []),
            self._drop_context,
            self._drop_engine,
            self._drop_runtime,
            self._drop_buffers,
            self._drop_stream,
            self._drop_device,
        ]

    def _drop_graph(self) -> None:
        graph, self._graph = self._graph, None
        if graph is not None:
            self.device.end_graph(graph)

    def _drop_context(self) -> None:
        self._context = None

    def _drop_engine(self) -> None:
        self._engine = None

    def _drop_runtime(self) -> None:
        self._runtime = None

    def _drop_buffers(self) -> None:
        self._inputs, self._outputs = [], []
        while self._allocated:
            self.device.free(self._allocated.pop())
        while self._pinned:
            self.device.free_pinned(self._pinned.pop())

    def _drop_stream(self) -> None:
        while self._events:
            self.device.end_event(self._events.pop())
        stream, self._stream = self._stream, None
        if stream is not None:
            self.device.end_stream(stream)

    def _drop_device(self) -> None:
        self.device.end()


def _put(tensor: _Tensor, inputs: Mapping[str, NDArray[Any]]) -> None:
    spec = tensor.spec
    given = inputs.get(spec.name)
    if given is None:
        raise KittError(f"the network refused its input: '{spec.name}' is missing")
    if given.shape != spec.shape or given.dtype != spec.dtype:
        raise KittError(
            f"the network refused its input: '{spec.name}' is {given.dtype} {given.shape}, "
            f"wanted {spec.dtype} {spec.shape}"
        )
    np.copyto(tensor.array, given)
