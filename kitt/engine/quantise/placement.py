"""Where Q and DQ stand: the rules, in one table.

Explicit quantisation (TensorRT Developer Guide, "Explicit Quantization"; ONNX Runtime, "Quantize ONNX Models"): a
tensor that is *stored* is rounded to 8 bits by a QuantizeLinear and read through a DequantizeLinear, and the runtime
joins DQ -> operator -> Q to one INT8 operator. What follows the last layer with weights, the decoding of boxes, is left
in float. The two encodings want it differently:

    u8, CPU       inputs and outputs of every INT8 operator are stored; pools, resizes, joins and reshapes work on the
                  stored integers.
    s8, TensorRT  only what an INT8 operator reads is stored: it fuses bias, activation and the sum with a shortcut into
                  the convolution before them, which therefore gives its result unrounded. The heads give float.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import onnx

from kitt.engine.quantise.net import Net, attributes, label, walk

ENCODINGS = ("u8", "s8")


@dataclass(frozen=True)
class Rule:
    """How operators of one kind are treated.

    role: `weighted` multiplies by constant weights; `sum` adds two computed tensors; `value` computes from one;
    `move` only moves numbers, so that all it reads and gives share one grid. fused: activations that runtimes join to
    it.
    """

    role: str
    fused: tuple[str, ...] = ()


_CUTS = ("Relu", "Clip")
RULES: dict[str, Rule] = {
    "Conv": Rule("weighted", _CUTS),
    "Gemm": Rule("weighted", _CUTS),
    "MatMul": Rule("weighted", _CUTS),
    "Add": Rule("sum", _CUTS),
    "LeakyRelu": Rule("value"),
    "AveragePool": Rule("value"),
    "GlobalAveragePool": Rule("value"),
    "MaxPool": Rule("move"),
    "Resize": Rule("move"),
    "Concat": Rule("move"),
    "Transpose": Rule("move"),
    "Reshape": Rule("move"),
    "Gather": Rule("move"),
    "ReduceMax": Rule("move"),
}
TENSORRT_FUSES = (*_CUTS, "LeakyRelu")
"""Activations that TensorRT joins to the operator before them: nothing is stored in between."""


@dataclass(frozen=True, eq=False)
class Plan:
    """grid: of each stored tensor, the one whose name its grid goes by; members: grid -> all tensors that share it;
    int8: outputs of the nodes that compute in INT8, in the order they run."""

    encoding: str
    grid: dict[str, str]
    members: dict[str, list[str]]
    int8: list[str]


def plan(net: Net, known: Collection[str], encoding: str, float_layers: Collection[str] = ()) -> Plan:
    """Which tensors are stored.

    known: tensors with a range of this encoding; float_layers: outputs of the nodes that are to stay in float.
    """
    weighted = [n for n in walk(net) if role_of(net, n) == "weighted"]
    body = net.before(weighted)
    nodes = [n for n in walk(net) if role_of(net, n) and label(n) not in float_layers]
    grid = _grids(net, [n for n in nodes if role_of(net, n) == "move" and (label(n) in body or encoding == "u8")])
    ranged = {grid.get(t, t) for t in known}
    stored: dict[str, None] = {}
    int8 = []
    for node in nodes:
        role, inside = role_of(net, node), label(node) in body
        tensors = _stored_by(net, node, role, encoding)
        if not _values(net, node):
            continue  # it picks from a constant
        if not all(grid.get(t, t) in ranged for t in tensors):
            continue
        if not inside and not (encoding == "u8" and role == "move" and all(t in stored for t in _values(net, node))):
            continue
        if encoding == "s8" and node.op_type in TENSORRT_FUSES:
            continue
        int8.append(label(node))
        stored |= dict.fromkeys(tensors)
    of = {t: grid.get(t, t) for t in stored}
    members: dict[str, list[str]] = {name: [] for name in of.values()}
    for tensor in dict.fromkeys([*stored, *grid]):
        if (name := grid.get(tensor, tensor)) in members:
            members[name].append(tensor)
    return Plan(encoding, of, members, int8)


def role_of(net: Net, node: onnx.NodeProto) -> str:
    """The role of a node, "" for one that stays in float."""
    rule = RULES.get(node.op_type)
    if rule is None:
        return ""
    fits = {"weighted": _weighs_by_constants, "sum": _adds_two, "move": _only_moves}.get(rule.role)
    return rule.role if fits is None or fits(net, node) else ""


def _weighs_by_constants(net: Net, node: onnx.NodeProto) -> bool:
    if node.input[0] not in net.floats or any(name and name not in net.constants for name in node.input[1:]):
        return False
    # a vector has no channels to scale one by one
    return net.constants[node.input[1]].ndim > 1


def _adds_two(net: Net, node: onnx.NodeProto) -> bool:
    return len(net.computed(node)) == 2


def _only_moves(net: Net, node: onnx.NodeProto) -> bool:
    """Whether all that a node gives lies between numbers that it reads, and is all it gives."""
    given = attributes(node)
    if node.op_type == "Concat":
        return all(name in net.floats for name in node.input)
    if node.op_type == "MaxPool":
        return not any(node.output[1:])
    if node.op_type == "Resize":
        made_up = given.get("coordinate_transformation_mode") == b"tf_crop_and_resize"
        # a cubic goes beyond what it reads, and runtimes have none for integers
        return given.get("mode") != b"cubic" and not made_up
    return True


def fused(net: Net, node: onnx.NodeProto, encoding: str) -> onnx.NodeProto | None:
    """The activation after a node that the runtime joins to it, if there is one."""
    rule = RULES.get(node.op_type)
    kinds = rule.fused if rule else ()
    if kinds and encoding == "s8":
        kinds = TENSORRT_FUSES
    reader = net.only_reader(node.output[0])
    if reader is None or reader.op_type not in kinds or len(net.computed(reader)) != 1:
        return None
    return reader


def tensors_to_observe(model: onnx.ModelProto) -> list[str]:
    """Tensors that one of the encodings stores, in the order they are computed: what calibration must look at.

    In u8 too the heads stay in float unless the network was trained with 8 bits: nothing is observed of them.
    """
    return observed(Net(model))


def observed(net: Net) -> list[str]:
    """The same of a network whose tensors are known."""
    known = {"u8": _before_heads(net), "s8": net.floats}
    stored = {t for encoding in ENCODINGS for t in plan(net, known[encoding], encoding).grid}
    order = [*(i.name for i in net.model.graph.input), *(o for node in walk(net) for o in node.output)]
    return [t for t in order if t in stored]


def _before_heads(net: Net) -> set[str]:
    """What the layers with weights are computed from: neither what the last of them give, scores and distances, which
    8 bits that nobody trained with cost most, nor what is made of that."""
    found = {name for n in walk(net) if role_of(net, n) == "weighted" for name in net.computed(n)}
    for node in reversed(net.nodes):
        if found.intersection(node.output):
            found.update(net.computed(node))
    return found & net.floats


def slopes(model: onnx.ModelProto) -> dict[str, float]:
    """By what the negative values of tensors that a LeakyRelu alone reads are multiplied by it."""
    net = Net(model)
    leaky = [n for n in walk(net) if n.op_type == "LeakyRelu" and net.only_reader(n.input[0]) is not None]
    return {str(n.input[0]): float(attributes(n).get("alpha", 0.01)) for n in leaky}


def _stored_by(net: Net, node: onnx.NodeProto, role: str, encoding: str) -> list[str]:
    """The tensors that must be stored for a node to compute in INT8."""
    reads = _values(net, node)
    if role == "weighted":
        reads = reads[:1]
    elif role == "sum" and encoding == "s8":
        reads = _without_fused_branch(net, reads)
    activation = fused(net, node, encoding)
    gives = str((activation or node).output[0])
    return [*reads, gives] if encoding == "u8" or role == "move" else reads


def _values(net: Net, node: onnx.NodeProto) -> list[str]:
    """What a node computes from, but for indices."""
    return [t for t in net.computed(node) if t in net.floats]


def _without_fused_branch(net: Net, reads: list[str]) -> list[str]:
    """A sum's inputs but for the convolution that TensorRT joins it to."""
    for read in reversed(reads):
        maker = net.maker.get(read)
        if maker is not None and role_of(net, maker) == "weighted" and net.only_reader(read) is not None:
            return [r for r in reads if r != read]
    return reads


def _grids(net: Net, moves: list[onnx.NodeProto]) -> dict[str, str]:
    """Tensor -> the first of those that share its grid, since one operator moves numbers from the one to the other."""
    first: dict[str, str] = {}
    for node in moves:
        if not (values := _values(net, node)):
            continue
        tensors = [*values, node.output[0]]
        roots = list(dict.fromkeys(first.get(t, t) for t in tensors))
        renamed = dict.fromkeys(roots, roots[0])
        first = {t: renamed.get(root, root) for t, root in first.items()}
        first |= dict.fromkeys(tensors, roots[0])
    return first
