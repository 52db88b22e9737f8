"""Which nodes and weights of a user's ONNX kitt can build an engine from, and which it refuses by name."""

from __future__ import annotations

import re

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

from kitt.engine.onnx_run import noise_for, run
from kitt.engine.quantise.net import Net
from kitt.errors import KittError

_DOMAINS = ("", "ai.onnx")
_QUANTISED = re.compile(r"QLinear\w+|QGemm|QAttention|\w+Integer|Dynamic\w*Quant\w+|(De)?[Qq]uantizeLinear")
_GRAPHS = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
_UNBOUNDED = ("NonMaxSuppression", "NonZero", "Unique", "Compress")
"""Give as many values as they find, so that what follows has no fixed shape."""
_NO_TENSORS = (
    "SequenceConstruct",
    "SequenceEmpty",
    "SplitToSequence",
    "Optional",
    "StringNormalizer",
    "TfIdfVectorizer",
)
_WEIGHTED = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "GRU": 1, "LSTM": 1, "RNN": 1}
_MISSING_KERNEL = re.compile(r"implementation for (\w+)\(\d+\) node with name '([^']*)'")


def check_nodes(model: onnx.ModelProto, name: str) -> None:
    """Raises KittError for the first node that no engine can be built from; `name` is what it calls the network."""
    functions = {(f.domain, f.name) for f in model.functions}
    for node in (*(n for f in model.functions for n in f.node), *model.graph.node):
        where = f"{name}: node '{node.name or (node.output[0] if node.output else '')}' ({node.op_type})"
        if _QUANTISED.fullmatch(node.op_type):
            raise KittError(f"{where}: the network is quantised already; give the float network it was made from")
        if any(a.type in _GRAPHS for a in node.attribute):
            raise KittError(
                f"{where} holds control flow, a network in the network; export it without branches or loops"
            )
        if node.domain not in _DOMAINS and (node.domain, node.op_type) not in functions:
            raise KittError(
                f"{where} is of the domain '{node.domain}', which not all runtimes have; "
                "export it with ONNX's own operators"
            )
        if node.op_type in _UNBOUNDED:
            raise KittError(
                f"{where} gives as many values as it finds, which has no fixed shape; export it without it "
                "(a detector: without NMS)"
            )
        if node.op_type in _NO_TENSORS:
            raise KittError(f"{where} works on no tensors; export the network without it")
    if model.graph.sparse_initializer:
        raise KittError(f"{name}: has sparse weights; export it with dense ones")


def check_weights(model: onnx.ModelProto, name: str) -> None:
    """Raises KittError where weights are no float32: INT8 and FP16 are made from those."""
    kinds = {i.name: i.data_type for i in model.graph.initializer}
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    kinds |= {node.output[0]: a.t.data_type for node in constants for a in node.attribute if a.HasField("t")}
    for node in model.graph.node:
        at = _WEIGHTED.get(node.op_type)
        kind = kinds.get(node.input[at]) if at is not None and len(node.input) > at else None
        if kind not in (None, TensorProto.FLOAT):
            called = next((n for n, number in TensorProto.DataType.items() if number == kind), f"unknown type {kind}")
            raise KittError(
                f"{name}: node '{node.name}' ({node.op_type}) has weights in {called}; "
                "export the network in FP32, and kitt makes INT8 and FP16 of it"
            )


def check_finite(model: onnx.ModelProto, name: str) -> None:
    """Raises KittError where a stored number is none, or a weight is infinite: a training that failed.

    Infinite limits and masks are how some operators are told that there is none.
    """
    net = Net(model)
    for node in net.nodes:
        for read in node.input:
            value = net.constants.get(read)
            if value is None or value.dtype.kind != "f":
                continue
            weighs = node.op_type in (*_WEIGHTED, "BatchNormalization")
            if np.isnan(value).any() or (weighs and np.isinf(value).any()):
                raise KittError(
                    f"{name}: node '{node.name}' ({node.op_type}): '{read}' holds values that are no finite numbers; "
                    "the training went wrong, or the file is damaged: export a sound one"
                )


def check_runs(model: onnx.ModelProto, name: str) -> None:
    """Raises KittError where ONNX Runtime on the CPU, which calibration and the gate need, cannot run the network."""
    try:
        run(model, noise_for(model), optimised=False)
    except Exception as e:
        lacking = _MISSING_KERNEL.search(str(e))
        if lacking:
            raise KittError(
                f"{name}: node '{lacking[2]}' ({lacking[1]}) is an operator that ONNX Runtime lacks on the CPU, in "
                "this opset or for this type of numbers; export the network with others"
            ) from e
        raise KittError(f"{name}: ONNX Runtime cannot run it: {' '.join(str(e).split())[:200]}") from e
