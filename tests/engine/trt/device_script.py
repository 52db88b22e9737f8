"""Run by test_device.py on the fake driver: every call of the device interface, with the real package behind it."""

import ctypes
import sys

import numpy as np
import pytest

from kitt.engine.trt import device as devices
from kitt.engine.trt.library import driver_fault
from kitt.errors import KittError

counts = (ctypes.c_int * 7)()
driver = ctypes.CDLL("libcuda.so.1")
kind = sys.argv[1]

assert driver_fault() == "", driver_fault()
if kind == "cuda-python":
    sys.modules["pycuda"] = None  # type: ignore[assignment]
device = devices.open_device()
assert device.binding.startswith("pycuda" if kind == "pycuda" else "cuda-bindings"), device.binding
assert (device.name, device.compute_capability) == ("Fake Orin", (8, 7))
assert device.free_bytes() > 1 << 30
assert device.graphs == ""
mapped = device.integrated

stream = device.stream()
source, target = device.pinned(1000, mapped), device.pinned(1000, mapped)
assert source.array.shape == (1000,)
assert source.array.dtype == np.uint8
assert bool(source.address) == mapped
memory = device.allocate(1000)
start, end, done = device.event(True), device.event(True), device.event(False)

source.array[:] = np.arange(1000) % 251
device.record(start, stream)
device.copy_in(memory, source, stream)
device.copy_out(target, memory, stream)
device.record(end, stream)
device.wait(end)
np.testing.assert_array_equal(source.array, target.array)
assert 0 <= device.elapsed_ms(start, end) < 1000


def enqueue(device: devices.Device = device) -> None:
    device.copy_in(memory, source, stream)
    device.copy_out(target, memory, stream)


source.array[:] = 7
graph = device.capture(stream, enqueue)
assert target.array[0] != 7, "a capture must not run what it captures"
for value in (8, 9):
    source.array[:] = value
    device.launch(graph, stream)
    device.record(done, stream)
    device.wait(done)
    assert (target.array == value).all()


def fail() -> None:
    raise ZeroDivisionError


with pytest.raises(ZeroDivisionError):
    device.capture(stream, fail)
device.end_graph(device.capture(stream, enqueue))

with pytest.raises(KittError, match=r"(?i)out.of.memory") as raised:
    device.allocate(1 << 50)
assert "\n" not in str(raised.value)

device.end_graph(graph)
device.free(memory)
for event in (start, end, done):
    device.end_event(event)
for pinned in (source, target):
    device.free_pinned(pinned)
device.end_stream(stream)
device.end()
driver.kitt_open(counts)
print(dict(zip(("contexts", "memories", "hosts", "streams", "events", "graphs", "current"), counts, strict=True)))
