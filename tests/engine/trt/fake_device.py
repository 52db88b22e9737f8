"""A GPU that is an array of bytes, behind the interface that pycuda and cuda-python fill.

Streams are queues: what is put on one happens when somebody waits for an event behind it and not before, so that a
forgotten wait shows as wrong numbers. Every call is written down, and made on the thread that opened the device or
fails.
"""

import threading
from collections.abc import Callable
from itertools import count

import numpy as np

from kitt.engine.trt.device import Pinned
from kitt.errors import KittError


class FakeDevice:
    def __init__(
        self, integrated: bool = False, no_graphs: str = "", name: str = "Fake GPU", capability=(8, 7)
    ) -> None:
        self.calls: list[str] = []
        self.memory: dict[int, np.ndarray] = {}
        self.queues: dict[int, list[tuple[str, Callable[[], None]]]] = {}
        self.open_things: set[str] = {"context"}
        self.fail_at = ""
        self._name, self._capability = name, capability
        self._integrated, self._no_graphs = integrated, no_graphs
        self._thread = threading.get_ident()
        self._addresses = count(1 << 20, 1 << 16)
        self._numbers = count(1)
        self._marks: dict[int, tuple[int, int]] = {}
        self._graphs: dict[int, list[tuple[str, Callable[[], None]]]] = {}
        self._capturing: list[tuple[str, Callable[[], None]]] | None = None
        self.clock_ms = 0.0

    name = property(lambda self: self._name)
    compute_capability = property(lambda self: self._capability)
    integrated = property(lambda self: self._integrated)
    binding = property(lambda self: "fake 1")
    graphs = property(lambda self: self._no_graphs)

    def free_bytes(self) -> int:
        self._note("free_bytes")
        return 8 << 30

    def pinned(self, size_bytes: int, mapped: bool) -> Pinned:
        self._note("pinned mapped" if mapped else "pinned")
        array = np.full(size_bytes, 0xA5, np.uint8)
        address = next(self._addresses) if mapped else 0
        if mapped:
            self.memory[address] = array
        number = next(self._numbers)
        self.open_things.add(f"pinned {number}")
        return Pinned(array, address, number)

    def free_pinned(self, pinned: Pinned) -> None:
        self._note("free_pinned")
        self.open_things.remove(f"pinned {pinned.handle}")

    def allocate(self, size_bytes: int) -> int:
        self._note("allocate")
        address = next(self._addresses)
        self.memory[address] = np.full(size_bytes, 0x5A, np.uint8)
        self.open_things.add(f"memory {address}")
        return address

    def free(self, address: int) -> None:
        self._note("free")
        self.open_things.remove(f"memory {address}")
        del self.memory[address]

    def stream(self) -> int:
        self._note("stream")
        stream = next(self._numbers)
        self.queues[stream] = []
        self.open_things.add(f"stream {stream}")
        return stream

    def end_stream(self, stream: int) -> None:
        self._note("end_stream")
        self.open_things.remove(f"stream {stream}")

    def copy_in(self, address: int, source: Pinned, stream: int) -> None:
        self._note("copy_in")
        self.enqueue(stream, "copy_in", lambda: np.copyto(self.memory[address], source.array))

    def copy_out(self, target: Pinned, address: int, stream: int) -> None:
        self._note("copy_out")
        self.enqueue(stream, "copy_out", lambda: np.copyto(target.array, self.memory[address]))

    def event(self, timed: bool) -> int:
        self._note("event")
        event = next(self._numbers)
        self.open_things.add(f"event {event}")
        return event

    def record(self, event: int, stream: int) -> None:
        self._note("record")
        self._marks[event] = (stream, len(self.queues[stream]))

    def wait(self, event: int) -> None:
        self._note("wait")
        stream, mark = self._marks[event]
        queue = self.queues[stream]
        done, self.queues[stream] = queue[:mark], queue[mark:]
        self._marks = {e: (s, max(0, m - mark) if s == stream else m) for e, (s, m) in self._marks.items()}
        for _, work in done:
            work()

    def elapsed_ms(self, start: int, end: int) -> float:
        self._note("elapsed_ms")
        return 0.25

    def end_event(self, event: int) -> None:
        self._note("end_event")
        self.open_things.remove(f"event {event}")

    def capture(self, stream: int, enqueue: Callable[[], None]) -> int:
        self._note("capture")
        self._capturing = []
        try:
            enqueue()
        finally:
            captured, self._capturing = self._capturing, None
        graph = next(self._numbers)
        self._graphs[graph] = captured
        self.open_things.add(f"graph {graph}")
        return graph

    def launch(self, graph: int, stream: int) -> None:
        self._note("launch")
        self.queues[stream] += self._graphs[graph]

    def end_graph(self, graph: int) -> None:
        self._note("end_graph")
        self.open_things.remove(f"graph {graph}")

    def end(self) -> None:
        self._note("end")
        assert self.open_things == {"context"}, f"the context ends before {self.open_things}"
        self.open_things.clear()

    def enqueue(self, stream: int, what: str, work: Callable[[], None]) -> None:
        """What the fake TensorRT puts on a stream, as the device's own copies do."""
        target = self.queues[stream] if self._capturing is None else self._capturing
        target.append((what, work))

    def _note(self, call: str) -> None:
        assert threading.get_ident() == self._thread, f"{call} on another thread"
        if call == self.fail_at:
            raise KittError(f"the GPU's driver: {call} failed: CUDA_ERROR_OUT_OF_MEMORY")
        self.calls.append(call)
