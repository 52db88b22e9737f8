"""What a network computes from constants alone is computed once, so that weights and limits are there to be read.

Exporters leave weights behind an Identity, a Cast or a Transpose, and limits of a Clip behind sums of shapes; to all
that looks for constants these would be values that nobody knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from kitt.engine.onnx_run import run
from kitt.engine.quantise.net import Net, attributes

_CHANCE = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli")
_MOST_VALUES = 1 << 20
"""An expanded constant of more values than this is left to be expanded as the network runs."""


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network of fixed shapes, without nodes that only compute constants, and normalisations joined to the
    convolutions before them."""
    return _without_normalisation(_without_constant_nodes(model))


def _without_constant_nodes(model: onnx.ModelProto) -> onnx.ModelProto:
    net = Net(model)
    known = set(net.constants)
    done: list[onnx.NodeProto] = []
    for node in net.nodes:
        if node.op_type == "Constant" or node.op_type in _CHANCE or net.outputs.intersection(node.output):
            continue
        if node.op_type in ("Shape", "Size") and node.input[0] in net.shapes and node.input[0] not in known:
            done.append(_measured(node, net.shapes[node.input[0]]))
        elif all(not name or name in known for name in node.input) and _small(net, node):
            done.append(node)
        else:
            continue
        known.update(node.output)
    if not done:
        return model
    gone = {name for node in done for name in node.output}
    rest = [node for node in net.nodes if node.output[0] not in gone]
    wanted = sorted({name for node in rest for name in node.input} & gone)
    values = _computed(model, net, done, wanted) if wanted else {}
    out = onnx.ModelProto()
    out.CopyFrom(model)
    del out.graph.node[:]
    out.graph.node.extend(rest)
    out.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in values.items())
    return _cleared(out)


def _measured(node: onnx.NodeProto, shape: tuple[int, ...]) -> onnx.NodeProto:
    """A Shape or Size as the constant that it is."""
    given = attributes(node)
    sides = shape[given.get("start", 0) : given.get("end", len(shape))]
    value = np.array(sides if node.op_type == "Shape" else np.prod(shape), np.int64)
    return helper.make_node("Constant", [], list(node.output), value=numpy_helper.from_array(value))


def _small(net: Net, node: onnx.NodeProto) -> bool:
    """Whether a node's results are no larger than what it is computed from, or small, and known beforehand."""
    sizes = [int(np.prod(net.shapes[name])) if name in net.shapes else None for name in node.output if name]
    given = sum(net.constants[name].size for name in node.input if name in net.constants)
    return all(size is None or size <= max(given, _MOST_VALUES) for size in sizes)


def _computed(
    model: onnx.ModelProto, net: Net, nodes: list[onnx.NodeProto], wanted: list[str]
) -> dict[str, NDArray[Any]]:
    read = {name for node in nodes for name in node.input}
    stored = [numpy_helper.from_array(net.constants[name], name) for name in sorted(read & net.constants.keys())]
    outputs = [onnx.ValueInfoProto(name=name) for name in wanted]
    graph = helper.make_graph(nodes, "constants", [], outputs, stored)
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return dict(zip(wanted, run(part, {}), strict=True))


def _without_normalisation(model: onnx.ModelProto) -> onnx.ModelProto:
    """Conv then BatchNormalization, both by constants, as one Conv (Jacob et al. 2018, 3.2)."""
    net = Net(model)
    nodes, made, renamed = [], [], {}
    joined = {}
    for node in net.nodes:
        conv = net.maker.get(node.input[0]) if node.op_type == "BatchNormalization" and len(node.output) == 1 else None
        if conv is None or conv.op_type != "Conv" or net.only_reader(conv.output[0]) is None:
            continue
        if all(name in net.constants for name in (*conv.input[1:], *node.input[1:]) if name):
            joined[conv.output[0]] = node
            renamed[node.output[0]] = conv
    if not joined:
        return model
    for node in net.nodes:
        if node.output[0] in renamed:
            continue
        normalise = joined.get(node.output[0])
        if normalise is None:
            nodes.append(node)
            continue
        scale, shift, mean, variance = (net.constants[name].astype(np.float64) for name in normalise.input[1:5])
        weight = net.constants[node.input[1]]
        bias = net.constants[node.input[2]] if len(node.input) > 2 and node.input[2] else np.zeros(len(weight))
        factor = scale / np.sqrt(variance + attributes(normalise).get("epsilon", 1e-5))
        name = normalise.output[0]
        values = {
            f"{name}_weight": weight * factor.reshape(-1, *[1] * (weight.ndim - 1)),
            f"{name}_bias": (bias - mean) * factor + shift,
        }
        made += [numpy_helper.from_array(value.astype(np.float32), key) for key, value in values.items()]
        one = onnx.NodeProto()
        one.CopyFrom(node)
        one.input[:] = [node.input[0], *values]
        one.output[:] = [name]
        nodes.append(one)
    out = onnx.ModelProto()
    out.CopyFrom(model)
    del out.graph.node[:]
    out.graph.node.extend(nodes)
    out.graph.initializer.extend(made)
    return _cleared(out)


def _cleared(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without stored tensors that nobody reads any more, and without notes on tensors that are gone."""
    read = {name for node in model.graph.node for name in node.input} | {o.name for o in model.graph.output}
    kept = [i for i in model.graph.initializer if i.name in read]
    del model.graph.initializer[:], model.graph.value_info[:]
    model.graph.initializer.extend(kept)
    return model
