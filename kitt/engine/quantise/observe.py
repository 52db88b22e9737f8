"""What a float network's tensors hold while it looks at real inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from kitt.engine.backend import Arrays, Backend, TensorSpec
from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.histogram import Growing, Histogram
from kitt.errors import KittError


class Observer:
    """Counts the values of named float tensors over any number of inputs, of one or several sizes of one network.

    It counts only inside `counting`: a network is also run to see what shape its outputs have.
    """

    def __init__(self, tensors: Sequence[str]) -> None:
        """Raises KittError when there is nothing to observe."""
        if not tensors:
            raise KittError("the network has no tensor that INT8 would hold: there is nothing to calibrate")
        self.tensors = tuple(tensors)
        self._growing = {name: Growing(name) for name in tensors}
        self._counts = False

    @contextmanager
    def counting(self) -> Iterator[None]:
        """What the networks compute in here is calibration data."""
        self._counts = True
        try:
            yield
        finally:
            self._counts = False

    def take(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Count one run's tensors. Raises KittError for values that are no finite numbers."""
        for name, growing in self._growing.items() if self._counts else ():
            growing.add(values[name])

    def histograms(self) -> dict[str, Histogram]:
        """In the order of the tensors. Raises KittError when nothing was taken: no calibration data, no INT8."""
        return {name: growing.histogram() for name, growing in self._growing.items()}


class Watched:
    """A network with its inner tensors as further outputs (see `opened`): those go to the observer, not to the caller.

    It is a `Backend`: whoever runs the real network can run this one in its place. given: outputs of the real one.
    """

    def __init__(self, network: Backend, observer: Observer, given: Collection[str]) -> None:
        self._network = network
        self._observer = observer
        inputs, outputs = network.io_specs()
        self._specs = inputs, tuple(o for o in outputs if o.name in given)

    @classmethod
    def load(cls, path: Path, threads: int) -> Backend:
        """As the protocol has it, observed by nobody."""
        return OrtBackend.load(path, threads)

    @property
    def name(self) -> str:
        return self._network.name

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return self._specs

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        outputs = self._network.infer(inputs)
        # an input is observed as it was fed
        self._observer.take({**inputs, **outputs})
        return {spec.name: outputs[spec.name] for spec in self._specs[1]}


def opened(model: onnx.ModelProto, tensors: Sequence[str], name: str) -> onnx.ModelProto:
    """The same network with these tensors as further outputs, but for its inputs: those are known to who feeds them.

    Raises KittError for a tensor that it has not, `name` being what the error calls the network.
    """
    fed = {given.name for given in model.graph.input}
    computed = {output for node in model.graph.node for output in node.output}
    for tensor in tensors:
        if tensor not in computed | fed:
            raise KittError(f"{name}: has no tensor '{tensor}'; were its ranges made for another network?")
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    given = fed | {output.name for output in wide.graph.output}
    # no shape: for a network of free size there is none
    wide.graph.output.extend(
        helper.make_tensor_value_info(t, TensorProto.FLOAT, None) for t in tensors if t not in given
    )
    return wide
