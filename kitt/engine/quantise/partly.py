"""Networks of which one layer alone is in INT8, or a few are not: what a search for the costly ones runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import onnx

from kitt.engine.quantise.blame import known, layers
from kitt.engine.quantise.net import Net, label
from kitt.engine.quantise.placement import Plan, plan
from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges
from kitt.engine.quantise.write import quantise
from kitt.errors import KittError


@dataclass(frozen=True, eq=False)
class Partly:
    """A float network, its ranges, and the encoding it is to be had in."""

    model: onnx.ModelProto
    ranges: Ranges
    encoding: str

    @cached_property
    def layers(self) -> list[str]:
        """The layers that can be in INT8 and change numbers, in the order they run.

        Raises KittError when there are none: without calibration there is no INT8.
        """
        if found := [layer.name for layer in layers(self._net, self._plan)]:
            return found
        raise KittError(
            f"{self.ranges.model}: no layer has an activation range for {self.encoding}; calibrate it: kitt calibrate "
            "DRIVE..."
        )

    def alone(self, *names: str) -> onnx.ModelProto:
        """The network with only these layers in INT8, on the grids that they have when all are."""
        return quantise(self.model, self._shared, self.encoding, set(self._plan.int8) - set(names))

    def without(self, kept: Collection[str]) -> onnx.ModelProto:
        """The network in INT8 but for these layers."""
        return quantise(self.model, self.ranges, self.encoding, self.float_layers(kept))

    def float_layers(self, kept: Collection[str]) -> list[str]:
        """These layers, and those moves of numbers that read nothing but what they give: to round what comes from one
        of them and may go to another would take away what they are kept for. In the order they run."""
        moves = set(self._plan.int8) - set(self.layers)
        outside = set(kept)
        exact: set[str] = set()
        rounded: set[str] = set()
        for layer in layers(self._net, self._plan):
            (exact if layer.name in outside else rounded).add(layer.gives)
        for node in self._net.nodes:
            if (name := label(node)) not in moves:
                continue
            reads = set(self._net.computed(node))
            if reads & exact and not reads & rounded:
                outside.add(name)
                exact.add(name)
            else:
                rounded.add(name)
        return [name for name in self._plan.int8 if name in outside]

    @cached_property
    def _net(self) -> Net:
        return Net(self.model)

    @cached_property
    def _plan(self) -> Plan:
        return plan(self._net, known(self.ranges, self.encoding), self.encoding)

    @cached_property
    def _shared(self) -> Ranges:
        """The ranges with each tensor's as wide as that of all that share its grid: by itself it would get a finer
        one."""
        tensors = dict(self.ranges.tensors)
        for members in self._plan.members.values():
            u8 = [ends for t in members if (ends := self.ranges.u8(t)) is not None]
            s8 = [limit for t in members if (limit := self.ranges.s8(t)) is not None]
            held = Range(min(low for low, _ in u8), max(high for _, high in u8)) if u8 else None
            whole = TensorRanges(held, "shared", max(s8) if s8 else None, "shared")
            tensors |= dict.fromkeys(members, whole)
        return replace(self.ranges, tensors=tensors)
