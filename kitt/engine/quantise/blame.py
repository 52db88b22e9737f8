"""Which layers INT8 costs most, cheaply: the float and the quantised network run once on the same inputs.

Of every tensor that a layer reads or gives, the share of noise: power of what INT8 changed over power of what the float
network has there. In dB that is the signal-to-quantisation-noise ratio (SQNR: Lin, Talathi & Annapureddy 2016). Noise
that a layer passes on is not its own: what counts is how much more it gives than it reads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from kitt.engine.convert.building import save
from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.net import Net, label
from kitt.engine.quantise.observe import opened
from kitt.engine.quantise.placement import Plan, fused, plan, role_of
from kitt.engine.quantise.ranges import Ranges
from kitt.engine.quantise.write import quantise
from kitt.errors import KittError

_CLEAN_DB = 120.0
"""What a tensor without any noise is said to have: as much as float32 can tell."""


@dataclass(frozen=True)
class Layer:
    """A node of the network that computes in INT8, by what it is called; reads, gives: its tensors, those it gives
    after the activation that is joined to it."""

    name: str
    reads: tuple[str, ...]
    gives: str


@dataclass(frozen=True)
class Cost:
    """What INT8 does to one layer. reads, gives: noise over signal, in power, of the noisiest tensor that it reads and
    of what it gives; 0 is clean, 1 as much noise as signal."""

    layer: str
    reads: float
    gives: float

    @property
    def own(self) -> float:
        """The noise it adds, as a share of the power of what it gives."""
        return self.gives - self.reads

    @property
    def sqnr_db(self) -> float:
        """Signal-to-quantisation-noise ratio of what it gives."""
        return _decibels(self.gives)

    @property
    def falls_db(self) -> float:
        """How far that is below what it reads."""
        return _decibels(self.reads) - self.sqnr_db

    def __str__(self) -> str:
        return f"{self.layer} ({self.sqnr_db:.1f} dB, {self.falls_db:.1f} dB below what it reads)"


def layers(net: Net, placed: Plan) -> list[Layer]:
    """The INT8 layers that change numbers, in the order they run; those that only move them add no noise."""
    wanted = set(placed.int8)
    found = []
    for node in net.nodes:
        if label(node) not in wanted or role_of(net, node) == "move":
            continue
        activation = fused(net, node, placed.encoding)
        reads = [t for t in net.computed(node) if t in net.floats]
        found.append(Layer(label(node), tuple(reads), str((activation or node).output[0])))
    return found


def known(ranges: Ranges, encoding: str) -> list[str]:
    """Tensors that have a range of an encoding."""
    return [t for t in ranges.tensors if (ranges.u8(t) if encoding == "u8" else ranges.s8(t)) is not None]


def blame(
    model: onnx.ModelProto,
    ranges: Ranges,
    encoding: str,
    feeds: Iterable[Mapping[str, NDArray[Any]]],
    float_layers: Collection[str] = (),
) -> list[Cost]:
    """Every INT8 layer, the one that adds most noise first. The network's rows must stay in place from run to run: one
    that gives only its strongest boxes is to be converted to give all.

    feeds: inputs by name, a few are enough. Raises KittError without inputs, and where `quantise` does.
    """
    net = Net(model)
    rough = quantise(model, ranges, encoding, float_layers)
    placed = plan(net, known(ranges, encoding), encoding, float_layers)
    measured = layers(net, placed)
    tensors = list(dict.fromkeys(t for layer in measured for t in (*layer.reads, layer.gives)))
    noise = _noise(_exact(model, tensors), _rounded(rough, tensors, placed), feeds)
    costs = [Cost(one.name, max((noise[t] for t in one.reads), default=0.0), noise[one.gives]) for one in measured]
    return sorted(costs, key=lambda cost: -cost.own)


def _exact(model: onnx.ModelProto, tensors: list[str]) -> tuple[onnx.ModelProto, dict[str, str]]:
    computed = {output for node in model.graph.node for output in node.output}
    names = {t: t for t in tensors if t in computed}
    return opened(model, list(names.values()), "the float network"), names


def _rounded(model: onnx.ModelProto, tensors: list[str], placed: Plan) -> tuple[onnx.ModelProto, dict[str, str]]:
    """The quantised network with these tensors as outputs, and by what name each leaves it: as read from its integers
    where it is stored."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    computed = {output: node for node in wide.graph.node for output in node.output}
    names = {}
    for tensor in tensors:
        if read := computed.get(f"{tensor}_real"):
            # pixels are read as they are: nothing is rounded, and their normalising may be in the weights
            if read.input[0] == f"{tensor}_stored":
                names[tensor] = f"{tensor}_real"
        elif f"{tensor}_stored" in computed:
            # only ever read as integers
            names[tensor] = f"{tensor}_seen"
            stem = placed.grid[tensor]
            inputs = [f"{tensor}_stored", f"{stem}_scale", f"{stem}_zero"]
            wide.graph.node.append(helper.make_node("DequantizeLinear", inputs, [names[tensor]]))
        elif tensor in computed:
            names[tensor] = tensor
    given = {output.name for output in wide.graph.output}
    wide.graph.output.extend(
        helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names.values() if n not in given
    )
    return wide, names


def _noise(
    exact: tuple[onnx.ModelProto, dict[str, str]],
    rough: tuple[onnx.ModelProto, dict[str, str]],
    feeds: Iterable[Mapping[str, NDArray[Any]]],
) -> dict[str, float]:
    """Of each tensor, over all inputs; one that only one of the two has is taken to be clean: it is the input."""
    signal: dict[str, float] = {}
    noise: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
        try:
            running = [_running(part[0], Path(folder) / f"{i}.onnx") for i, part in enumerate((exact, rough))]
        except OSError as e:
            raise KittError(f"{folder}: cannot write the networks to compare: {e.strerror or e}") from e
        for feed in feeds:
            first, second = (one.infer(feed) for one in running)
            for tensor in exact[1].keys() & rough[1].keys():
                is_, was = second[rough[1][tensor]].astype(np.float64), first[exact[1][tensor]].astype(np.float64)
                signal[tensor] = signal.get(tensor, 0.0) + float(np.square(was).sum())
                noise[tensor] = noise.get(tensor, 0.0) + float(np.square(is_ - was).sum())
    if not signal:
        raise KittError("no inputs to compare INT8 with float on")
    tensors = [*exact[1], *rough[1]]
    tiny = float(np.finfo(np.float64).tiny)
    return {t: noise.get(t, 0.0) / max(signal.get(t, 0.0), tiny) if noise.get(t) else 0.0 for t in tensors}


def _running(model: onnx.ModelProto, path: Path) -> OrtBackend:
    save(model, path)
    return OrtBackend.load(path, 1)


def _decibels(share: float) -> float:
    return min(-10 * float(np.log10(share)), _CLEAN_DB) if share > 0 else _CLEAN_DB
