"""A float ONNX and its activation ranges to Q/DQ ONNX, in either encoding."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from kitt.engine.quantise.grids import Grid, quantised_weight, weight_scales
from kitt.engine.quantise.net import Net, attributes, label, limits
from kitt.engine.quantise.placement import Plan, fused, observed, plan, role_of
from kitt.engine.quantise.ranges import Ranges
from kitt.errors import KittError
from kitt.types import F32

_FINEST = np.float32(1e-20)
"""Of what a weight is stored in: finer steps, times those of what it is multiplied by, are no float32 any more."""


def quantise(
    model: onnx.ModelProto, ranges: Ranges, encoding: str, float_layers: Collection[str] = ()
) -> onnx.ModelProto:
    """The Q/DQ model of a float one. encoding: "u8" for CPUs, "s8" for TensorRT.

    float_layers: outputs of nodes that are to stay in float. Raises KittError when no tensor has a range: without
    calibration there is no INT8; and for ranges calibrated for one network that are not of all its tensors and no
    others: a line was lost or misspelt.
    """
    net = Net(model)
    if ranges.network:
        _check_tensors(net, ranges, encoding)
    known = [t for t in ranges.tensors if (ranges.u8(t) if encoding == "u8" else ranges.s8(t)) is not None]
    writer = _Writer(net, plan(net, known, encoding, float_layers), ranges)
    if not writer.plan.int8:
        raise KittError(
            f"{ranges.model}: no layer has an activation range for {encoding}; calibrate it: kitt calibrate DRIVE..."
        )
    return writer.run()


def _check_tensors(net: Net, ranges: Ranges, encoding: str) -> None:
    unknown = [t for t in ranges.tensors if t not in net.floats]
    known = {t for t in ranges.tensors if (ranges.u8(t) if encoding == "u8" else ranges.s8(t)) is not None}
    lost = [t for t in observed(net) if t not in known] if known else []
    for tensors, what in ((unknown, "the network has no tensor"), (lost, f"there is no {encoding} range for")):
        if tensors:
            more = f" and {len(tensors) - 1} more" if len(tensors) > 1 else ""
            raise KittError(f"activation ranges of {ranges.model}: {what} '{tensors[0]}'{more}; calibrate it anew")


class _Writer:
    """One pass over the nodes.

    `_stored` and `_real`: what a tensor's integers, and its values read from them, are called; `_renamed`: what goes by
    another name since an activation was left out; `_normal`: mean and spread, a channel each, of pixels whose
    normalising was left out.
    """

    def __init__(self, net: Net, plan: Plan, ranges: Ranges) -> None:
        self.net = net
        self.plan = plan
        self._name = ranges.model
        self._grids = {name: _grid(members, ranges, plan.encoding) for name, members in plan.members.items()}
        self._int8 = set(plan.int8)
        self._nodes: list[onnx.NodeProto] = []
        self._made: dict[str, onnx.TensorProto] = {}
        self._stored: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._renamed: dict[str, str] = {}
        self._normal: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {}
        self._taken = {name for node in net.nodes for name in (node.name, *node.input, *node.output)}
        self._taken.update(stored.name for stored in net.model.graph.initializer)

    def run(self) -> onnx.ModelProto:
        skipped: set[str] = set()
        for given in self.net.model.graph.input:
            self._store(given.name, given.name)
        for node in self.net.nodes:
            if label(node) in skipped:
                continue
            if self._pixels(node):
                continue
            role = role_of(self.net, node) if label(node) in self._int8 else ""
            if role == "move" and self.plan.encoding == "u8":
                self._move(node)
            elif role:
                skipped.update(self._compute(node, role))
            else:
                self._copy(node)
        for tensor in self.net.outputs:
            self._leave(tensor)
        return self._model()

    def _leave(self, tensor: str) -> None:
        """An output of the network that is stored leaves it as its stored values."""
        value = self._read(tensor)
        if value == tensor:
            return
        computed = self._free(f"{tensor}_computed")
        for node in self._nodes:
            node.input[:] = [computed if name == tensor else name for name in node.input]
            node.output[:] = [computed if name == tensor else name for name in node.output]
        self._nodes.append(helper.make_node("Identity", [value], [tensor], name=self._free(f"{tensor}_out")))

    def _grid_of(self, tensor: str) -> Grid | None:
        return self._grids[self.plan.grid[tensor]] if tensor in self.plan.grid else None

    def _copy(self, node: onnx.NodeProto) -> None:
        """A node that stays in float: it reads what is stored through DQ."""
        self._add(node, [self._read(name) for name in node.input])
        for name in node.output:
            self._store(name, name)

    def _compute(self, node: onnx.NodeProto, role: str) -> list[str]:
        """An INT8 node and the activation joined to it, whose output's name is given back."""
        inputs = [self._read(name) for name in node.input]
        if role == "weighted":
            inputs = self._weighted(node)
        activation = fused(self.net, node, self.plan.encoding)
        grid = self._grid_of((activation or node).output[0])
        self._add(_unpadded(node) if node.input[0] in self._normal else node, inputs)
        if activation is None:
            self._store(node.output[0], node.output[0])
            return []
        value = self._activate(activation, node.output[0], grid)
        self._store(activation.output[0], value)
        return [label(activation)]

    def _activate(self, node: onnx.NodeProto, name: str, grid: Grid | None) -> str:
        """Write an activation, but for what rounding to `grid` cuts already; gives the name of the result."""
        if node.op_type not in ("Relu", "Clip"):
            self._add(node, [name, *node.input[1:]])
            return str(node.output[0])
        low, high = limits(self.net, node)
        below = np.isinf(low) or (grid is not None and grid.cuts_below(low))
        above = np.isinf(high) or (grid is not None and grid.cuts_above(high))
        if below and above:
            return name
        if above and low == 0:
            called = node.name if any(label(node) == other.name for other in self.net.nodes) else label(node)
            self._nodes.append(helper.make_node("Relu", [name], [node.output[0]], name=called))
        else:
            self._add(node, [name, *node.input[1:]])
        return str(node.output[0])

    def _move(self, node: onnx.NodeProto) -> None:
        """A node that moves the stored integers themselves."""
        inputs = [self._stored.get(name, name) for name in node.input]
        output = self._free(f"{node.output[0]}_stored")
        rows, columns = self._picks(node)
        if rows is None or columns is None:
            self._add(node, inputs, [output])
        else:
            # runtimes hold uint8 pictures with channels last, where picking whole pixels copies runs of bytes: an
            # eighth of the time that ONNX Runtime's Resize takes, which looks at each value
            name = self._node("Transpose", [inputs[0]], f"{output}_last", perm=[0, 2, 3, 1])
            for axis, picks in ((2, columns), (1, rows)):
                name = self._node("Gather", [name, self._constant(picks)], f"{output}_{axis}", axis=axis)
            self._node("Transpose", [name], output, perm=[0, 3, 1, 2])
        self._stored[node.output[0]] = output

    def _picks(self, node: onnx.NodeProto) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
        """Rows and columns that a nearest-neighbour resize of whole pixels takes; None for any other node."""
        source, target = (self.net.shapes.get(n) for n in (node.input[0], node.output[0]))
        given = attributes(node)
        rule = (given.get("mode"), given.get("coordinate_transformation_mode"), given.get("nearest_mode"))
        if node.op_type != "Resize" or rule != (b"nearest", b"asymmetric", b"floor") or not source or not target:
            return None, None
        factors = self.net.constants.get(node.input[2]) if len(node.input) > 2 and node.input[2] else None
        if len(source) != 4 or source[:2] != target[:2]:
            return None, None
        if factors is not None and any(f * s != t for f, s, t in zip(factors.tolist(), source, target, strict=True)):
            return None, None  # the last row or column is cut off: the others lie where the factor has them
        rows, columns = (np.arange(target[i], dtype=np.int64) * source[i] // target[i] for i in (2, 3))
        return rows, columns

    def _pixels(self, node: onnx.NodeProto) -> bool:
        """Whether a node ends the normalising of uint8 pixels, which then need not be computed: they are integers.

        Where the mean and the spread are those of the grid it is stored on, it is but a DQ. Where each channel has its
        own and a convolution alone reads it, they go into the weights, and the border that it pads is each one's mean.
        """
        if node.op_type != "Mul" or self.plan.encoding != "u8" or (grid := self._grid_of(node.output[0])) is None:
            return False
        centre = self.net.maker.get(node.input[0])
        cast = self.net.maker.get(centre.input[0]) if centre is not None and centre.op_type == "Sub" else None
        if centre is None or cast is None or cast.op_type != "Cast":
            return False
        mean, spread = (self.net.constants.get(n.input[1]) for n in (centre, node))
        if mean is None or spread is None or self.net.kinds.get(cast.input[0]) != onnx.TensorProto.UINT8:
            return False
        if not all(v.size == 1 or (v.size == 3 and v.shape[-3:] == (3, 1, 1)) for v in (mean, spread)):
            return False
        tensor = node.output[0]
        if not (mean.size == spread.size == 1 and _is_grid(grid, mean.item(), spread.item())):
            reader = self.net.only_reader(tensor)
            if reader is None or reader.op_type != "Conv" or label(reader) not in self._int8:
                return False
            given = attributes(reader)
            if given.get("group", 1) != 1 or given.get("auto_pad", b"NOTSET") != b"NOTSET":
                return False
            if self.plan.members[self.plan.grid[tensor]] != [tensor]:
                return False
            if self.net.shapes.get(cast.input[0], ())[:2] != (1, 3) or mean.min() < 0 or mean.max() > 255:
                return False
            self._grids[tensor] = Grid(np.float32(1), round(float(mean.mean())), np.uint8)
            self._normal[tensor] = (np.resize(mean, 3), np.resize(spread, 3))
            self._stored[tensor] = self._bordered(cast.input[0], reader)
            return True
        self._stored[tensor] = cast.input[0]
        return True

    def _bordered(self, pixels: str, conv: onnx.NodeProto) -> str:
        """uint8 pixels (1, 3, H, W) with the border that a convolution pads, of the mean of each channel."""
        mean = np.round(self._normal[conv.input[0]][0]).astype(np.uint8).reshape(1, 3, 1, 1)
        _, _, height, width = self.net.shapes[pixels]
        top, left, bottom, right = attributes(conv).get("pads", [0, 0, 0, 0])
        for axis, before, after, shape in (
            (3, left, right, (1, 3, height, 1)),
            (2, top, bottom, (1, 3, 1, width + left + right)),
        ):
            line = self._constant(np.broadcast_to(mean, shape).copy(), f"{pixels}_border_{axis}")
            if before or after:
                parts = [*[line] * before, pixels, *[line] * after]
                pixels = self._node("Concat", parts, f"{pixels}_bordered", axis=axis)
        return pixels

    def _denormalised(self, tensor: str, weight: F32, bias: NDArray[Any] | None) -> tuple[F32, NDArray[Any] | None]:
        """Weights and bias for pixels as they are."""
        if tensor not in self._normal:
            return weight, bias
        mean, spread = self._normal[tensor]
        folded = (weight * spread[None, :, None, None]).astype(np.float32)
        offset = (mean - self._grids[tensor].zero)[None, :, None, None]
        moved = -(folded.astype(np.float64) * offset).sum(axis=(1, 2, 3))
        return folded, moved if bias is None else bias + moved

    def _weighted(self, node: onnx.NodeProto) -> list[str]:
        weight = np.asarray(self.net.constants[node.input[1]], np.float32)
        bias = self.net.constants[node.input[2]] if len(node.input) > 2 and node.input[2] else None
        source = self._grid_of(node.input[0])
        assert source is not None
        # the axis of output channels
        axis = 0 if node.op_type == "Conv" or attributes(node).get("transB") else weight.ndim - 1
        name = label(node)
        if self.plan.encoding == "s8":
            scale = np.maximum(weight_scales(weight, axis, None, 1.0), _FINEST)
            parts = [
                self._constant(scale, f"{name}_w_scale"),
                self._constant(np.zeros(len(scale), np.int8), f"{name}_w_zero"),
            ]
            stored = self._node("QuantizeLinear", [node.input[1], *parts], f"{name}_w_stored", axis=axis)
            read = self._node("DequantizeLinear", [stored, *parts], f"{name}_w_real", axis=axis)
            return [self._read(node.input[0]), read, *node.input[2:]]
        whole_bias = bias is None or bias.ndim == 0 or bias.size == bias.shape[-1]
        if bias is not None:
            bias = np.broadcast_to(bias.reshape(-1), weight.shape[axis]) if whole_bias else None
        weight, bias = self._denormalised(node.input[0], weight, bias)
        scale = np.maximum(weight_scales(weight, axis, bias, float(source.scale)), _FINEST)
        read = self._int_constant(f"{name}_w", quantised_weight(weight, scale, axis), scale, axis)
        inputs = [self._read(node.input[0]), read]
        if bias is not None:
            steps = (source.scale * scale).astype(np.float32)
            whole = np.round(bias.astype(np.float64) / steps).astype(np.int32)
            inputs.append(self._int_constant(f"{name}_b", whole, steps, 0))
        elif not whole_bias:
            inputs.append(node.input[2])  # a bias for each row too: integers have but one a channel
        return inputs

    def _int_constant(self, name: str, value: NDArray[Any], scale: NDArray[np.float32], axis: int) -> str:
        # each constant is one layer's own: ONNX Runtime cannot give a shared one another type
        parts = [
            self._constant(value, f"{name}_stored"),
            self._constant(scale, f"{name}_scale"),
            self._constant(np.zeros(len(scale), value.dtype), f"{name}_zero"),
        ]
        return self._node("DequantizeLinear", parts, f"{name}_real", axis=axis)

    def _store(self, tensor: str, value: str) -> None:
        """Round a computed tensor, whose values are called `value`, to its grid, if it is to be stored."""
        grid = self._grid_of(tensor)
        if grid is None:
            if value != tensor:
                self._renamed[tensor] = value
            return
        self._stored[tensor] = self._node("QuantizeLinear", [value, *self._scale(tensor, grid)], f"{tensor}_stored")

    def _read(self, tensor: str) -> str:
        """Name of a tensor's values, read from its integers where it is stored."""
        if tensor not in self._stored:
            return self._renamed.get(tensor, tensor)
        if tensor not in self._real:
            grid = self._grid_of(tensor)
            assert grid is not None
            inputs = [self._stored[tensor], *self._scale(tensor, grid)]
            self._real[tensor] = self._node("DequantizeLinear", inputs, f"{tensor}_real")
        return self._real[tensor]

    def _scale(self, tensor: str, grid: Grid) -> list[str]:
        stem = self.plan.grid[tensor]
        return [
            self._constant(np.float32(grid.scale), f"{stem}_scale"),
            self._constant(grid.dtype(grid.zero), f"{stem}_zero"),
        ]

    def _free(self, name: str) -> str:
        """A name like that which the float network does not use itself."""
        while name in self._taken:
            name += "_"
        return name

    def _constant(self, value: NDArray[Any] | np.generic, name: str = "") -> str:
        name = self._free(name or f"picks_{len(self._made)}")
        self._made.setdefault(name, numpy_helper.from_array(np.asarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **given: Any) -> str:
        output = self._free(output)
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **given))
        return output

    def _add(self, node: onnx.NodeProto, inputs: list[str], outputs: list[str] | None = None) -> None:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = inputs
        if outputs:
            copy.output[:] = outputs
        self._nodes.append(copy)

    def _model(self) -> onnx.ModelProto:
        source = self.net.model
        model = onnx.ModelProto()
        model.CopyFrom(source)
        del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
        nodes = _needed(self._nodes, self.net.outputs)
        read = {name for node in nodes for name in node.input}
        model.graph.node.extend(nodes)
        model.graph.initializer.extend(i for i in (*source.graph.initializer, *self._made.values()) if i.name in read)
        try:
            onnx.checker.check_model(model, full_check=True)
        except Exception as e:  # the checker and the inference of shapes have errors of their own
            what = " ".join(str(e).split())[:200]
            raise KittError(
                f"{self._name}: cannot be written in {self.plan.encoding}, which is a fault of kitt: {what}"
            ) from e
        return model


def _needed(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]


def _unpadded(conv: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(conv)
    kept = [a for a in conv.attribute if a.name != "pads"]
    del copy.attribute[:]
    copy.attribute.extend(kept)
    return copy


def _is_grid(grid: Grid, mean: float, spread: float) -> bool:
    return bool(np.isclose(spread, grid.scale, rtol=1e-6) and mean == grid.zero)


def _grid(members: list[str], ranges: Ranges, encoding: str) -> Grid:
    """The grid that holds the ranges of all its tensors."""
    if encoding == "s8":
        return Grid.symmetric(max(limit for t in members if (limit := ranges.s8(t)) is not None))
    ends = [ends for t in members if (ends := ranges.u8(t)) is not None]
    return Grid.asymmetric(min(low for low, _ in ends), max(high for _, high in ends))
