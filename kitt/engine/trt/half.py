"""A float32 network whose body computes in float16, for builders that take every type from the file.

Done here rather than by a converter (onnxconverter-common, onnxruntime.transformers): those keep a list of nodes in
float32 by casting around each one, so that values between two of them still pass through float16, which is what a
decode tail must not do. Here one border goes around the body and each tensor crosses it once.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, shape_inference

from kitt.errors import KittError

_WEIGHTY = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "GRU", "LSTM", "RNN"})
"""What is worth computing in float16. The body reaches from the first of these to the last on every path."""

_ALWAYS_FLOAT = frozenset({"Cast", "Constant", "ConstantOfShape", "Range"})
"""Their output's type is written in them, or float16 would lose a range."""

_FLOAT_INPUTS = {"Resize": (1, 2), "Upsample": (1,)}
"""Inputs that ONNX wants in float32 whatever the node computes in."""

_LARGEST = float(np.finfo(np.float16).max)


def halved(model: ModelProto, name: str) -> ModelProto:
    """A copy that computes in float16 between its first and last layers with weights; inputs and outputs as they were.

    What comes before (scaling of pixels) and after (decoding, softmax) stays in float32. `name` is for errors: raises
    KittError for weights beyond float16's range and for networks with loops or branches.
    """
    if looped := next((n for n in model.graph.node for a in n.attribute if a.HasField("g")), None):
        raise KittError(f"{name}: {looped.op_type} '{looped.name}' holds a network of its own; build it as fp32")
    return _Halving(shape_inference.infer_shapes(model), name).done()


class _Halving:
    """One conversion: which tensors are float, what was cast already, the nodes so far."""

    def __init__(self, model: ModelProto, name: str) -> None:
        self._model, self._name = model, name
        graph = model.graph
        self._weights = {t.name: t for t in graph.initializer}
        known = (*graph.value_info, *graph.input, *graph.output)
        self._float = {v.name for v in known if v.type.tensor_type.elem_type == TensorProto.FLOAT}
        self._float |= {n for n, t in self._weights.items() if t.data_type == TensorProto.FLOAT}
        self._outputs = {v.name for v in graph.output}
        self._in_half: dict[str, str] = {}
        self._in_float: dict[str, str] = {}
        self._nodes: list[NodeProto] = []

    def done(self) -> ModelProto:
        graph = self._model.graph
        nodes = [_copy(n) for n in graph.node]
        for node, in_body in zip(nodes, _body(nodes), strict=True):
            if in_body and node.op_type not in _ALWAYS_FLOAT:
                self._as_half(node)
            else:
                self._as_float(node)
        del graph.node[:]
        graph.node.extend(self._nodes)
        used = {i for n in self._nodes for i in n.input} | self._outputs
        kept = [t for t in graph.initializer if t.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        del graph.value_info[:]
        return self._model

    def _as_half(self, node: NodeProto) -> None:
        for i, tensor in enumerate(node.input):
            if i not in _FLOAT_INPUTS.get(node.op_type, ()):
                node.input[i] = self._half(tensor)
        self._nodes.append(node)
        for i, tensor in enumerate(node.output):
            if tensor not in self._float:
                continue
            self._in_half[tensor] = tensor
            if tensor in self._outputs:
                node.output[i] = self._in_half[tensor] = f"{tensor}_half"
                self._cast(node.output[i], tensor, TensorProto.FLOAT)
                self._in_float[tensor] = tensor

    def _as_float(self, node: NodeProto) -> None:
        for i, tensor in enumerate(node.input):
            # only what a half node made is half under its own name
            if self._in_half.get(tensor) == tensor:
                if tensor not in self._in_float:
                    self._in_float[tensor] = f"{tensor}_float"
                    self._cast(tensor, f"{tensor}_float", TensorProto.FLOAT)
                node.input[i] = self._in_float[tensor]
        self._nodes.append(node)

    def _half(self, tensor: str) -> str:
        if tensor not in self._float:
            return tensor
        if tensor not in self._in_half:
            self._in_half[tensor] = f"{tensor}_half"
            if tensor in self._weights:
                self._model.graph.initializer.append(self._halved_weights(tensor))
            else:
                self._cast(tensor, f"{tensor}_half", TensorProto.FLOAT16)
        return self._in_half[tensor]

    def _halved_weights(self, tensor: str) -> TensorProto:
        values = numpy_helper.to_array(self._weights[tensor])
        finite = values[np.isfinite(values)]
        if finite.size and np.abs(finite).max() > _LARGEST:
            raise KittError(
                f"{self._name}: '{tensor}' holds {np.abs(finite).max():.3g}, beyond float16; build it as fp32"
            )
        return numpy_helper.from_array(values.astype(np.float16), f"{tensor}_half")

    def _cast(self, source: str, target: str, to: int) -> None:
        self._nodes.append(helper.make_node("Cast", [source], [target], to=to, name=f"cast_{target}"))


def _copy(node: NodeProto) -> NodeProto:
    copied = NodeProto()
    copied.CopyFrom(node)
    return copied


def _body(nodes: list[NodeProto]) -> list[bool]:
    """For each node: whether it has weights, or nodes with weights both before and after it."""
    return [a and b for a, b in zip(_reached(nodes), reversed(_reached(nodes[::-1], upwards=True)), strict=True)]


def _reached(nodes: list[NodeProto], upwards: bool = False) -> list[bool]:
    tensors: set[str] = set()
    reached = []
    for node in nodes:
        near, far = (node.output, node.input) if upwards else (node.input, node.output)
        reached.append(node.op_type in _WEIGHTY or not tensors.isdisjoint(near))
        if reached[-1]:
            tensors.update(far)
    return reached
