"""An ONNX graph under construction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 13
"""The first with a scale for each channel; every TensorRT from 8.5 on reads it."""
IR_VERSION = 8


class GraphBuilder:
    """Nodes and constants, each with a name of its own."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[Any, ...], onnx.TensorProto] = {}
        self._weights: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: Any, shape: tuple[int, ...]) -> str:
        self._inputs.append(_value_info(name, dtype, shape))
        return name

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        """Name of an initializer with this value; equal ones are stored once."""
        array = np.ascontiguousarray(value).reshape(value.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"constant_{len(self._constants)}")
        return str(self._constants[key].name)

    def weight(self, value: NDArray[Any]) -> str:
        """Name of an initializer that nothing else uses: ONNX Runtime cannot give a shared one another type."""
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node with one output; gives the output's name."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def rename_last(self, old: str, new: str) -> str:
        """Call the output of the node that was added last `new`; gives `new`."""
        (output,) = self._nodes[-1].output
        assert output == old
        self._nodes[-1].output[0] = new
        return new

    def split(self, name: str, lengths: tuple[int, ...], axis: int) -> list[str]:
        """Cut along an axis into pieces of these lengths."""
        stem = f"split_{len(self._nodes)}"
        outputs = [f"{stem}_{i}" for i in range(len(lengths))]
        sizes = self.constant(np.array(lengths, np.int64))
        self._nodes.append(helper.make_node("Split", [name, sizes], outputs, name=stem, axis=axis))
        return outputs

    def top(self, name: str, count: int) -> str:
        """Indices, int64 (count,), of the largest of (1, N) numbers, largest first and of equals the first."""
        stem = f"topk_{len(self._nodes)}"
        outputs = [f"{stem}_values", f"{stem}_indices"]
        flat = self.node("Reshape", [name, self.constant(np.array([-1], np.int64))])
        size = self.constant(np.array([count], np.int64))
        self._nodes.append(helper.make_node("TopK", [flat, size], outputs, name=stem, axis=0, largest=1, sorted=1))
        return outputs[1]

    def output(self, value: str, name: str, dtype: Any, shape: tuple[int, ...]) -> None:
        """Make a node's output an output of the graph, under its own name."""
        producer = next(n for n in self._nodes if value in n.output)
        producer.output[list(producer.output).index(value)] = name
        for node in self._nodes:
            for i, read in enumerate(node.input):
                if read == value:
                    node.input[i] = name
        self._outputs.append(_value_info(name, dtype, shape))

    def model(self, properties: dict[str, str]) -> onnx.ModelProto:
        """The finished model, checked, with `properties` as its metadata."""
        graph = helper.make_graph(
            self._nodes, "kitt", self._inputs, self._outputs, [*self._constants.values(), *self._weights]
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="kitt", ir_version=IR_VERSION
        )
        helper.set_model_props(model, properties)
        onnx.checker.check_model(model, full_check=True)
        return model


def serialised(model: onnx.ModelProto) -> bytes:
    """The model's bytes; they are the same for the same model."""
    return bytes(model.SerializeToString(deterministic=True))


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the model's bytes."""
    path.write_bytes(serialised(model))


def _value_info(name: str, dtype: Any, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
