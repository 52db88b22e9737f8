"""One run of a network that is not a file: to see that it runs, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

_FATAL_ONLY = 4


def noise_for(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    """Some input for a network of fixed shapes: always the same noise, zeros for integers that may be indices."""
    noise = np.random.default_rng(0)
    feeds: dict[str, NDArray[Any]] = {}
    for given in model.graph.input:
        kind = np.dtype(helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type))
        shape = [d.dim_value for d in given.type.tensor_type.shape.dim]
        if kind.kind == "f":
            feeds[given.name] = noise.random(shape).astype(kind)
        elif kind == np.uint8:
            feeds[given.name] = noise.integers(0, 256, shape).astype(kind)
        else:
            feeds[given.name] = np.zeros(shape, kind)
    return feeds


def run(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]], optimised: bool = True) -> list[NDArray[Any]]:
    """The outputs, in the network's order. Raises what ONNX Runtime raises, which shares no class but Exception."""
    import onnxruntime as ort

    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.intra_op_num_threads = 1
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs: list[NDArray[Any]] = session.run(None, dict(feeds))
    return outputs
