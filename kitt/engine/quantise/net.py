"""A float ONNX as the passes over it need it: who makes a tensor, who reads it, what is constant, what shape it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper


@dataclass(frozen=True, eq=False)
class Net:
    """A model with its nodes in the order they run."""

    model: onnx.ModelProto

    @property
    def nodes(self) -> list[onnx.NodeProto]:
        return list(self.model.graph.node)

    @cached_property
    def constants(self) -> dict[str, NDArray[Any]]:
        """Values of the stored tensors and of Constant nodes, by name."""
        stored = {i.name: numpy_helper.to_array(i) for i in self.model.graph.initializer}
        for node in self.nodes:
            if node.op_type == "Constant":
                stored[node.output[0]] = numpy_helper.to_array(attributes(node)["value"])
        return stored

    @cached_property
    def maker(self) -> dict[str, onnx.NodeProto]:
        """The node that makes a tensor."""
        return {o: node for node in self.nodes for o in node.output if o}

    @cached_property
    def readers(self) -> dict[str, list[onnx.NodeProto]]:
        """The nodes that read a tensor."""
        found: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.input):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def outputs(self) -> set[str]:
        """What leaves the network."""
        return {o.name for o in self.model.graph.output}

    @cached_property
    def floats(self) -> set[str]:
        """Tensors that hold float32, but for constants."""
        return {name for name, kind in self.kinds.items() if kind == onnx.TensorProto.FLOAT} - self.constants.keys()

    @cached_property
    def kinds(self) -> dict[str, int]:
        """ONNX's number of the type of what each tensor holds."""
        values = (*self._inferred.input, *self._inferred.value_info, *self._inferred.output)
        return {v.name: v.type.tensor_type.elem_type for v in values}

    @cached_property
    def _inferred(self) -> onnx.GraphProto:
        return onnx.shape_inference.infer_shapes(self.model).graph

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all computed tensors whose every side is known."""
        found = {}
        for value in (*self._inferred.input, *self._inferred.value_info, *self._inferred.output):
            sides = value.type.tensor_type.shape.dim
            if all(side.HasField("dim_value") for side in sides):
                found[value.name] = tuple(int(side.dim_value) for side in sides)
        return found

    def computed(self, node: onnx.NodeProto) -> list[str]:
        """A node's inputs that are computed."""
        return [name for name in node.input if name and name not in self.constants]

    def only_reader(self, tensor: str) -> onnx.NodeProto | None:
        """The one node that reads a tensor, None where several do, none does, or it leaves the network."""
        readers = self.readers.get(tensor, [])
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    def before(self, nodes: list[onnx.NodeProto]) -> set[str]:
        """Names of the first outputs of `nodes` and of all nodes that something of theirs is computed from."""
        wanted = {name for node in nodes for name in node.output}
        for node in reversed(self.nodes):
            if wanted.intersection(node.output):
                wanted.update(self.computed(node))
        return wanted


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes as Python values."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def label(node: onnx.NodeProto) -> str:
    """What to call a node in a message and in a list of layers: its output's name is always there."""
    return str(node.output[0])


def limits(net: Net, node: onnx.NodeProto) -> tuple[float, float]:
    """Between what a Relu or a Clip cuts."""
    if node.op_type == "Relu":
        return 0.0, np.inf
    bounds = [-np.inf, np.inf]
    for i in (1, 2):
        if len(node.input) > i and node.input[i]:
            bounds[i - 1] = float(net.constants[node.input[i]])
    return bounds[0], bounds[1]


def walk(net: Net) -> Iterator[onnx.NodeProto]:
    """The nodes but for constants."""
    return (node for node in net.nodes if node.op_type != "Constant")
