"""What a float network's tensors hold while it looks at real inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper

from kitt.engine.backend import Arrays
from kitt.engine.quantise.histogram import Growing, Histogram
from kitt.errors import KittError

_ERRORS_ONLY = 3


class Observer:
    """Counts the values of named float tensors over any number of inputs, of one or several sizes of one network."""

    def __init__(self, tensors: Sequence[str]) -> None:
        """Raises KittError when there is nothing to observe."""
        if not tensors:
            raise KittError("the network has no tensor that INT8 would hold: there is nothing to calibrate")
        self._growing = {name: Growing(name) for name in tensors}

    def take(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Count what `Watched.run` gave. Raises KittError for values that are no finite numbers."""
        for name, growing in self._growing.items():
            growing.add(values[name])

    def histograms(self) -> dict[str, Histogram]:
        """In the order of the tensors. Raises KittError when nothing was taken: no calibration data, no INT8."""
        return {name: growing.histogram() for name, growing in self._growing.items()}


class Watched:
    """A float network on ONNX Runtime's CPU that gives its inner tensors too."""

    def __init__(self, model: onnx.ModelProto, tensors: Sequence[str], name: str, threads: int = 1) -> None:
        """`name` is what errors call it. Raises KittError for a tensor it has not, or that ONNX Runtime refuses."""
        computed = {output for node in model.graph.node for output in node.output}
        for tensor in tensors:
            if tensor not in computed:
                raise KittError(f"{name}: has no tensor '{tensor}'; were its ranges made for another network?")
        opened = onnx.ModelProto()
        opened.CopyFrom(model)
        given = {output.name for output in opened.graph.output}
        opened.graph.output.extend(
            helper.make_tensor_value_info(t, TensorProto.FLOAT, None) for t in tensors if t not in given
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        ort.disable_telemetry_events()
        try:
            self._session = ort.InferenceSession(
                opened.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as e:  # ONNX Runtime's own errors share no base class but Exception
            raise KittError(f"{name}: ONNX Runtime {ort.__version__} cannot run it: {_line(e)}") from e
        self._tensors = list(tensors)
        self._name = name

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """The observed tensors for one input. Raises KittError when the network refuses it."""
        try:
            values = self._session.run(self._tensors, dict(inputs))
        except Exception as e:
            raise KittError(f"{self._name}: the network refused its input: {_line(e)}") from e
        return dict(zip(self._tensors, values, strict=True))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
