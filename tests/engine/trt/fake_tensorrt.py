"""A TensorRT of three generations that computes through ONNX Runtime, on the memory of a FakeDevice.

It has what that generation of the real module has of the names kitt uses, and nothing else: a call to one that was
removed is an AttributeError here too. A plan is a header and the ONNX it was built from.
"""

from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto

from kitt.engine.trt.library import FULL, Library
from tests.engine.trt.fake_device import FakeDevice

GENERATIONS = ("8.6.1", "10.3.0", "11.4.0")
UNKNOWN = {"Det", "NonMaxSuppression", "Unique"}


class _Severity(IntEnum):
    INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)


class FakeTensorRT:
    """What `import tensorrt` gives. flags_set, typed, monitored and caches tell what a build asked for."""

    def __init__(self, version: str = "10.3.0", device: Callable[[], FakeDevice] | None = None) -> None:
        self.__version__ = version
        major = int(version.split(".")[0])
        self.device = device
        self.flags_set: list[str] = []
        self.caches: list[bytes] = []
        self.ended: list[str] = []
        self.refuses_to_build = False
        self.no_room = False
        self.builds = 0
        fake = self

        class ILogger:
            Severity = _Severity

            def __init__(self) -> None:
                pass

        flags = ("TF32", "FP16", "INT8") if major < 11 else ("TF32",)
        creation = (*(("EXPLICIT_BATCH",) if major < 11 else ()), *(("STRONGLY_TYPED",) if major > 8 else ()))
        self.ILogger = self.Logger = ILogger
        self.BuilderFlag = Enum("BuilderFlag", flags, start=0)
        self.NetworkDefinitionCreationFlag = IntEnum("NetworkDefinitionCreationFlag", creation, start=0)
        self.MemoryPoolType = Enum("MemoryPoolType", ("WORKSPACE",))
        self.DataType = Enum("DataType", ("FLOAT", "HALF", "INT8", "UINT8", "INT32", "INT64", "BOOL"))
        self.TensorIOMode = Enum("TensorIOMode", ("NONE", "INPUT", "OUTPUT"))
        self.Builder = lambda log: _Builder(fake, log)
        self.OnnxParser = lambda network, log: _Parser(fake, network, log, named=major > 8)
        self.Runtime = lambda log: _Runtime(fake, log)
        if major > 8:

            class IProgressMonitor:
                def __init__(self) -> None:
                    pass

            self.IProgressMonitor = IProgressMonitor

    def library(self) -> Library:
        return Library(FULL, self.__version__, self)


class _Network:
    def __init__(self, flags: int) -> None:
        self.flags = flags
        self.model = ModelProto()

    num_layers = property(lambda self: len(self.model.graph.node))
    num_outputs = property(lambda self: len(self.model.graph.output))

    def get_output(self, i: int) -> Any:
        value = self.model.graph.output[i]

        class Tensor:
            name = value.name
            shape = tuple(d.dim_value or -1 for d in value.type.tensor_type.shape.dim)

        return Tensor


class _Builder:
    def __init__(self, fake: FakeTensorRT, log: Any) -> None:
        self.fake, self.log = fake, log

    def create_network(self, flags: int) -> _Network:
        self.fake.flags_set += [f.name for f in self.fake.NetworkDefinitionCreationFlag if flags >> f.value & 1]
        return _Network(flags)

    def create_builder_config(self) -> "_Config":
        return _Config(self.fake)

    def build_serialized_network(self, network: _Network, config: "_Config") -> bytes | None:
        monitor = config.progress_monitor
        if monitor:
            monitor.phase_start("Building engine", None, 4)
            for step in range(4):
                monitor.phase_start("Timing", "Building engine", 2)
                if not all(monitor.step_complete("Timing", i) for i in range(2)):
                    return None
                monitor.phase_finish("Timing")
                monitor.step_complete("Building engine", step)
            monitor.phase_finish("Building engine")
        if self.fake.refuses_to_build:
            self.log.log(
                _Severity.ERROR,
                "IBuilder::buildSerializedNetwork: Error Code 4: API Usage Error (ITopKLayer topk_7: K exceeds the "
                "maximum value allowed (3840). In processCheck at /_src/optimizer/graph.cpp:1066)",
            )
            return None
        self.fake.builds += 1  # as TensorRT's own: no two builds give the same bytes
        return f"PLAN {self.fake.__version__} {self.fake.builds}\n".encode() + network.model.SerializeToString()


class _Config:
    def __init__(self, fake: FakeTensorRT) -> None:
        self.fake, self.progress_monitor = fake, None
        self.cache: Any = None

    def set_memory_pool_limit(self, pool: Any, size_bytes: int) -> None:
        assert pool is self.fake.MemoryPoolType.WORKSPACE
        assert size_bytes > 0

    def set_flag(self, flag: Any) -> None:
        assert flag in self.fake.BuilderFlag
        self.fake.flags_set.append(flag.name)

    def create_timing_cache(self, data: bytes) -> Any:
        fake = self.fake
        fake.caches.append(data)
        if data and not data.startswith(b"TIMINGS"):
            return None

        class Cache:
            @staticmethod
            def serialize() -> bytes:
                return b"TIMINGS of " + fake.__version__.encode()

        return Cache

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        assert not ignore_mismatch
        self.cache = cache
        return True

    def get_timing_cache(self) -> Any:
        return self.cache


class _Error:
    def __init__(self, index: int, node: Any) -> None:
        self._index, self._node = index, node

    def code(self) -> str:
        return "ErrorCode.UNSUPPORTED_NODE"

    def desc(self) -> str:
        return "false"

    def node(self) -> int:
        return self._index


class _NamedError(_Error):
    def node_name(self) -> str:
        return self._node.name

    def node_operator(self) -> str:
        return self._node.op_type


class _Parser:
    def __init__(self, fake: FakeTensorRT, network: _Network, log: Any, named: bool) -> None:
        self.network, self.kind, self.errors = network, _NamedError if named else _Error, []

    num_errors = property(lambda self: len(self.errors))

    def parse(self, data: bytes) -> bool:
        self.network.model.ParseFromString(data)
        nodes = self.network.model.graph.node
        self.errors = [self.kind(i, n) for i, n in enumerate(nodes) if n.op_type in UNKNOWN]
        return not self.errors

    def get_error(self, i: int) -> _Error:
        return self.errors[i]


class _Ending:
    """Says when Python lets go of it, which is when TensorRT would free it."""

    def __init__(self, fake: FakeTensorRT, what: str) -> None:
        self.fake, self._what = fake, what

    def __del__(self) -> None:
        self.fake.ended.append(self._what)
        if self.fake.device:
            self.fake.device().calls.append(f"~{self._what}")


class _Runtime(_Ending):
    def __init__(self, fake: FakeTensorRT, log: Any) -> None:
        super().__init__(fake, "runtime")
        self.log = log

    def deserialize_cuda_engine(self, plan: bytes) -> "_Engine | None":
        head, _, body = plan.partition(b"\n")
        if head.split(b" ")[:2] != [b"PLAN", self.fake.__version__.encode()]:
            self.log.log(
                _Severity.ERROR,
                "IRuntime::deserializeCudaEngine: Error Code 1: Serialization (Version tag does not match. Note: "
                "Current Version: 240, Serialized Engine Version: 238)",
            )
            return None
        return _Engine(self.fake, body)


_TYPES = {
    TensorProto.FLOAT: ("FLOAT", np.float32),
    TensorProto.UINT8: ("UINT8", np.uint8),
    TensorProto.INT64: ("INT64", np.int64),
}


class _Engine(_Ending):
    def __init__(self, fake: FakeTensorRT, body: bytes) -> None:
        super().__init__(fake, "engine")
        model = ModelProto.FromString(body)
        self.tensors = {v.name: (v, v in model.graph.input) for v in (*model.graph.input, *model.graph.output)}
        self.session = onnxruntime.InferenceSession(body, providers=["CPUExecutionProvider"])

    num_io_tensors = property(lambda self: len(self.tensors))

    def get_tensor_name(self, i: int) -> str:
        return list(self.tensors)[i]

    def get_tensor_mode(self, name: str) -> Any:
        modes = self.fake.TensorIOMode
        return modes.INPUT if self.tensors[name][1] else modes.OUTPUT

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(d.dim_value or -1 for d in self.tensors[name][0].type.tensor_type.shape.dim)

    def get_tensor_dtype(self, name: str) -> Any:
        return self.fake.DataType[_TYPES[self.tensors[name][0].type.tensor_type.elem_type][0]]

    def create_execution_context(self) -> "_Context | None":
        return None if self.fake.no_room else _Context(self)


class _Context(_Ending):
    def __init__(self, engine: _Engine) -> None:
        super().__init__(engine.fake, "context")
        # as the real one does not: its engine must be kept by who made it
        self.engine_parts = (engine.session, engine.tensors)
        self.addresses: dict[str, int] = {}

    def set_tensor_address(self, name: str, address: int) -> bool:
        self.fake.device().calls.append(f"set_tensor_address {name}")
        self.addresses[name] = address
        return address in self.fake.device().memory

    def execute_async_v3(self, stream: int) -> bool:
        session, tensors = self.engine_parts
        assert set(self.addresses) == set(tensors), "a tensor without an address"
        device = self.fake.device()
        device.calls.append("execute_async_v3")
        addresses = dict(self.addresses)

        def compute() -> None:
            given = {}
            for name, (value, is_input) in tensors.items():
                if is_input:
                    kind = _TYPES[value.type.tensor_type.elem_type][1]
                    shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
                    given[name] = device.memory[addresses[name]].view(kind).reshape(shape)
            outputs = [o.name for o in session.get_outputs()]
            for name, array in zip(outputs, session.run(outputs, given), strict=True):
                np.copyto(device.memory[addresses[name]], np.ascontiguousarray(array).reshape(-1).view(np.uint8))

        device.enqueue(stream, "execute", compute)
        return True
