"""An ONNX file read, checked and fitted to TensorRT before its parser sees it.

What the parser would refuse in words of its own, or crash on, is told here in one line.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import ModelProto, NodeProto, TensorProto, checker, defs, helper, numpy_helper

from kitt.engine.trt.half import halved
from kitt.errors import KittError

INT8, FP16, FP32 = PRECISIONS = ("int8", "fp16", "fp32")
_QUANTISERS = ("QuantizeLinear", "DequantizeLinear")
_LARGEST_BYTES = 2_000_000_000  # a protobuf message holds no more


def prepared(path: Path, precision: str, *, typed: bool) -> ModelProto:
    """The network of `path` as TensorRT takes it.

    precision: "int8" wants explicit Q/DQ (symmetric, int8), "fp16" and "fp32" a network without. typed: the builder
    takes each tensor's type from the file (strong typing), so that "fp16" has to be in it. Raises KittError naming
    the input or node that TensorRT cannot take.
    """
    if precision not in PRECISIONS:
        raise KittError(f"unknown precision '{precision}'; there are: {', '.join(PRECISIONS)}")
    model = read(path)
    for tensor in model.graph.input:
        if dynamic := _dynamic(tensor):
            raise KittError(f"{path}: '{tensor.name}' has the shape {dynamic}: a TensorRT plan of kitt's has one size")
    nodes = [n for n in model.graph.node if n.op_type in _QUANTISERS]
    if precision == INT8 and not nodes:
        raise KittError(f"{path}: it is not quantised, so there is no INT8 to build: kitt build makes the s8 file")
    if precision != INT8 and nodes:
        raise KittError(f"{path}: it is quantised ({nodes[0].name}); build {precision} from the float network")
    if fault := misplaced(model):
        raise KittError(f"{path}: {fault}")
    _widen_bytes(model)
    return halved(model, str(path)) if precision == FP16 and typed else model


def read(path: Path) -> ModelProto:
    """The whole network, weights kept beside it too. Raises KittError when it is missing, truncated or damaged."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise KittError(f"{path}: larger than an ONNX file can be ({_LARGEST_BYTES / 1e9:.0f} GB)")
        model = onnx.load(path)
        _check_opset(path, model)
        checker.check_model(model)
    except FileNotFoundError as e:
        gone = Path(e.filename or path)
        beside = "" if gone == path else f": its weights in {gone.name} are not beside it"
        raise KittError(f"{path}: {beside.lstrip(': ') or 'no such model file'}") from None
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
    except KittError:
        raise
    except Exception as e:  # protobuf's DecodeError, onnx's ValidationError and ValueErrors share nothing
        raise KittError(f"{path}: not a sound ONNX file: {' '.join(str(e).split())[:200]}") from e
    return model


def _check_opset(path: Path, model: ModelProto) -> None:
    newest = defs.onnx_opset_version()
    for imported in model.opset_import:
        if imported.domain in ("", "ai.onnx") and imported.version > newest:
            raise KittError(f"{path}: opset {imported.version} is too new, known: up to {newest}; export an older one")


def is_quantised(model: ModelProto) -> bool:
    """Whether there is any Q or DQ in it."""
    return any(n.op_type in _QUANTISERS for n in model.graph.node)


def misplaced(model: ModelProto) -> str:
    """The first QuantizeLinear or DequantizeLinear that TensorRT does not take, and why; "" when there is none.

    Its rules (TensorRT's documentation, "Working with Quantized Types"): symmetric int8, zero point 0, no int32 bias.
    """
    values = {t.name: t for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type not in _QUANTISERS or len(node.input) < 3 or node.input[2] not in values:
            continue
        zero = values[node.input[2]]
        if zero.data_type == TensorProto.INT32:
            return f"{node.op_type} '{node.name}' is of int32 (a bias): TensorRT wants the bias in float"
        if numpy_helper.to_array(zero).any():
            return f"{node.op_type} '{node.name}' has a zero point that is not 0: TensorRT takes symmetric int8 alone"
        if zero.data_type == TensorProto.UINT8:
            return f"{node.op_type} '{node.name}' is of uint8: TensorRT takes symmetric int8 alone"
    return ""


def _dynamic(tensor: onnx.ValueInfoProto) -> str:
    """The shape, for people, where it is not all numbers."""
    dims = [d.dim_value or d.dim_param or "?" for d in tensor.type.tensor_type.shape.dim]
    return "" if all(isinstance(d, int) for d in dims) else "x".join(str(d) for d in dims)


def _widen_bytes(model: ModelProto) -> None:
    """Cast inputs of bytes to float at once: TensorRT takes uint8 at its border and nowhere else."""
    for tensor in model.graph.input:
        if tensor.type.tensor_type.elem_type != TensorProto.UINT8:
            continue
        wide = f"{tensor.name}_as_float"
        for node in model.graph.node:
            _replace_inputs(node, tensor.name, wide)
        cast = helper.make_node("Cast", [tensor.name], [wide], to=TensorProto.FLOAT, name=f"cast_{tensor.name}")
        model.graph.node.insert(0, cast)


def _replace_inputs(node: NodeProto, old: str, new: str) -> None:
    for i, name in enumerate(node.input):
        if name == old:
            node.input[i] = new
