"""A TFLite file as plain dataclasses, so that the passes over it need not know its schema."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tflite
from flatbuffers import flexbuffers  # type: ignore[import-untyped]
from numpy.typing import NDArray

from kitt.errors import KittError

_IDENTIFIER = b"TFL3"
_DTYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.UINT8: np.uint8,
    tflite.TensorType.INT8: np.int8,
    tflite.TensorType.INT64: np.int64,
}
_KINDS = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
_ACTIVATIONS = {v: k for k, v in vars(tflite.ActivationFunctionType).items() if isinstance(v, int)}
_PADDINGS = {v: k for k, v in vars(tflite.Padding).items() if isinstance(v, int)}


@dataclass(frozen=True, eq=False)
class Quant:
    """real = scale * (stored - zero_point); one pair for all (C = 1) or one for each index along `axis`.

    scale: float32 (C,); zero_point: int64 (C,).
    """

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the graph; `data` is None where it is computed. Layout: batch, height, width, channel."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    quant: Quant | None = None
    data: NDArray[Any] | None = None


@dataclass(frozen=True)
class Op:
    """One operator; `inputs` and `outputs` index the tensors, an absent input is -1."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: operators in the order they run."""

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def producer(self, tensor: int) -> int:
        """Index of the operator that writes a tensor; -1 for an input or a constant."""
        return next((i for i, op in enumerate(self.ops) if tensor in op.outputs), -1)


def read(path: Path) -> Graph:
    """Read a .tflite file's first graph. Raises KittError for what is not one or is cut off."""
    try:
        blob = path.read_bytes()
    except OSError as e:
        raise KittError(f"{path}: cannot read the weights: {e.strerror}") from e
    if blob[4:8] != _IDENTIFIER:
        raise KittError(f"{path}: not a TFLite file")
    try:
        model = tflite.Model.GetRootAsModel(blob, 0)
        graph = model.Subgraphs(0)
        return Graph(
            tuple(_tensor(model, graph.Tensors(i)) for i in range(graph.TensorsLength())),
            tuple(_op(model, graph.Operators(i)) for i in range(graph.OperatorsLength())),
            tuple(int(i) for i in graph.InputsAsNumpy()),
            tuple(int(i) for i in graph.OutputsAsNumpy()),
        )
    except (struct.error, IndexError, TypeError, ValueError, AttributeError, OverflowError) as e:
        raise KittError(f"{path}: the TFLite file is damaged ({e}); fetch it again: kitt models pull") from e


def _tensor(model: Any, raw: Any) -> Tensor:
    if raw.Type() not in _DTYPES:
        raise KittError(f"TFLite tensor '{raw.Name().decode()}' is of type {raw.Type()}, which kitt does not convert")
    dtype = np.dtype(_DTYPES[raw.Type()])
    shape = tuple(int(n) for n in raw.ShapeAsNumpy()) if raw.ShapeLength() else ()
    buffer = model.Buffers(raw.Buffer())
    data = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype).reshape(shape) if buffer.DataLength() else None
    q = raw.Quantization()
    quant = None
    if q is not None and q.ScaleLength():
        quant = Quant(
            q.ScaleAsNumpy().astype(np.float32), q.ZeroPointAsNumpy().astype(np.int64), int(q.QuantizedDimension())
        )
    return Tensor(shape, dtype, quant, data)


def _op(model: Any, raw: Any) -> Op:
    code = model.OperatorCodes(raw.OpcodeIndex())
    # files from before 128 operators existed keep the code in the older, one-byte field
    kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    if kind == "CUSTOM":
        kind = code.CustomCode().decode()
    inputs = tuple(int(i) for i in raw.InputsAsNumpy())
    outputs = tuple(int(i) for i in raw.OutputsAsNumpy())
    if kind in _OPTIONS:
        schema, read_options = _OPTIONS[kind]
        options, table = schema(), raw.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return Op(kind, inputs, outputs, read_options(options))
    if raw.CustomOptionsLength():
        return Op(kind, inputs, outputs, dict(flexbuffers.Loads(raw.CustomOptionsAsNumpy().tobytes())))
    return Op(kind, inputs, outputs)


def _conv(o: Any) -> dict[str, Any]:
    return {
        "stride": (o.StrideH(), o.StrideW()),
        "dilation": (o.DilationHFactor(), o.DilationWFactor()),
        "padding": _PADDINGS[o.Padding()],
        "activation": _ACTIVATIONS[o.FusedActivationFunction()],
    }


def _pool(o: Any) -> dict[str, Any]:
    return {
        "kernel": (o.FilterHeight(), o.FilterWidth()),
        "stride": (o.StrideH(), o.StrideW()),
        "padding": _PADDINGS[o.Padding()],
        "activation": _ACTIVATIONS[o.FusedActivationFunction()],
    }


_OPTIONS: dict[str, tuple[Any, Callable[[Any], dict[str, Any]]]] = {
    "CONV_2D": (tflite.Conv2DOptions, _conv),
    "DEPTHWISE_CONV_2D": (tflite.DepthwiseConv2DOptions, _conv),
    "MAX_POOL_2D": (tflite.Pool2DOptions, _pool),
    "ADD": (tflite.AddOptions, lambda o: {"activation": _ACTIVATIONS[o.FusedActivationFunction()]}),
    "CONCATENATION": (tflite.ConcatenationOptions, lambda o: {"axis": o.Axis()}),
    "RESIZE_NEAREST_NEIGHBOR": (
        tflite.ResizeNearestNeighborOptions,
        lambda o: {"align_corners": o.AlignCorners(), "half_pixel": o.HalfPixelCenters()},
    ),
}
