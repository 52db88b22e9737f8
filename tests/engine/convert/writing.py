"""Writes a `Graph` as a .tflite file, so that reading can be tested without anybody's weights."""

from __future__ import annotations

import flatbuffers
import numpy as np
import tflite
from flatbuffers import flexbuffers

from kitt.engine.convert.reading import Graph, Op, Quant, Tensor

_TYPES = {"float32": "FLOAT32", "int32": "INT32", "uint8": "UINT8", "int8": "INT8"}


def to_tflite(graph: Graph) -> bytes:
    b = flatbuffers.Builder(1 << 16)
    buffers = [_buffer(b, None)]
    tensors = []
    for tensor in graph.tensors:
        if tensor.data is not None:
            buffers.append(_buffer(b, tensor.data))
        tensors.append(_tensor(b, tensor, 0 if tensor.data is None else len(buffers) - 1))
    kinds = sorted({op.kind for op in graph.ops})
    ops = [_op(b, op, kinds) for op in graph.ops]
    parts = [
        _vector(b, tflite.SubGraphStartTensorsVector, tensors),
        b.CreateNumpyVector(np.array(graph.inputs, np.int32)),
        b.CreateNumpyVector(np.array(graph.outputs, np.int32)),
        _vector(b, tflite.SubGraphStartOperatorsVector, ops),
    ]
    tflite.SubGraphStart(b)
    for add, part in zip(("Tensors", "Inputs", "Outputs", "Operators"), parts, strict=True):
        getattr(tflite, f"SubGraphAdd{add}")(b, part)
    subgraphs = _vector(b, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)])
    codes = _vector(b, tflite.ModelStartOperatorCodesVector, [_code(b, kind) for kind in kinds])
    stored = _vector(b, tflite.ModelStartBuffersVector, buffers)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, subgraphs)
    tflite.ModelAddBuffers(b, stored)
    b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
    return bytes(b.Output())


def _vector(b, start, offsets):
    start(b, len(offsets))
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _buffer(b, data):
    bytes_ = None if data is None else b.CreateNumpyVector(np.frombuffer(data.tobytes(), np.uint8))
    tflite.BufferStart(b)
    if bytes_ is not None:
        tflite.BufferAddData(b, bytes_)
    return tflite.BufferEnd(b)


def _tensor(b, tensor: Tensor, buffer: int):
    name, shape = b.CreateString("t"), b.CreateNumpyVector(np.array(tensor.shape, np.int32))
    quantisation = None if tensor.quant is None else _quant(b, tensor.quant)
    tflite.TensorStart(b)
    tflite.TensorAddName(b, name)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, getattr(tflite.TensorType, _TYPES[tensor.dtype.name]))
    tflite.TensorAddBuffer(b, buffer)
    if quantisation is not None:
        tflite.TensorAddQuantization(b, quantisation)
    return tflite.TensorEnd(b)


def _quant(b, quant: Quant):
    scale, zero = b.CreateNumpyVector(quant.scale), b.CreateNumpyVector(quant.zero_point)
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scale)
    tflite.QuantizationParametersAddZeroPoint(b, zero)
    tflite.QuantizationParametersAddQuantizedDimension(b, quant.axis)
    return tflite.QuantizationParametersEnd(b)


def _code(b, kind: str):
    builtin = getattr(tflite.BuiltinOperator, kind, None)
    custom = b.CreateString(kind) if builtin is None else None
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddBuiltinCode(b, tflite.BuiltinOperator.CUSTOM if builtin is None else builtin)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, tflite.BuiltinOperator.CUSTOM if builtin is None else builtin)
    if custom is not None:
        tflite.OperatorCodeAddCustomCode(b, custom)
    return tflite.OperatorCodeEnd(b)


_SCHEMAS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "ADD": "AddOptions",
    "CONCATENATION": "ConcatenationOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
}
_FIELDS = {
    "stride": ("StrideH", "StrideW"),
    "dilation": ("DilationHFactor", "DilationWFactor"),
    "kernel": ("FilterHeight", "FilterWidth"),
    "padding": ("Padding",),
    "activation": ("FusedActivationFunction",),
    "axis": ("Axis",),
    "align_corners": ("AlignCorners",),
    "half_pixel": ("HalfPixelCenters",),
}


def _op(b, op: Op, kinds: list[str]):
    schema, options, custom = _SCHEMAS.get(op.kind), None, None
    inputs, outputs = (b.CreateNumpyVector(np.array(i, np.int32)) for i in (op.inputs, op.outputs))
    if schema:
        getattr(tflite, f"{schema}Start")(b)
        for name, value in op.options.items():
            if name in ("padding", "activation"):
                value = getattr(tflite.Padding if name == "padding" else tflite.ActivationFunctionType, value)
            for field, number in zip(_FIELDS[name], np.atleast_1d(value).tolist(), strict=True):
                getattr(tflite, f"{schema}Add{field}")(b, number)
        options = getattr(tflite, f"{schema}End")(b)
    elif op.options:
        custom = b.CreateByteVector(bytes(flexbuffers.Dumps(op.options)))
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, kinds.index(op.kind))
    tflite.OperatorAddInputs(b, inputs)
    tflite.OperatorAddOutputs(b, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, schema))
        tflite.OperatorAddBuiltinOptions(b, options)
    if custom is not None:
        tflite.OperatorAddCustomOptions(b, custom)
    return tflite.OperatorEnd(b)
