"""The activation ranges that a TFLite file was trained with (quantisation-aware; Jacob et al. 2018)."""

from __future__ import annotations

import numpy as np

from kitt.engine.convert.emitting import name_of
from kitt.engine.convert.reading import Graph
from kitt.errors import KittError

_LEVELS = {"uint8": (0, 255), "int8": (-128, 127)}


def trained_ranges(graph: Graph) -> dict[str, tuple[float, float]]:
    """(low, high) of every computed tensor stored in 8 bits, by its name in the ONNX, in the order they are computed.

    Raises KittError for a tensor with more than one scale.
    """
    found = {}
    for index in (*graph.inputs, *(o for op in graph.ops for o in op.outputs)):
        tensor = graph.tensors[index]
        if tensor.quant is None or tensor.dtype.name not in _LEVELS:
            continue
        if len(tensor.quant.scale) != 1:
            raise KittError(f"tensor {index} of the TFLite file is not quantised to 8 bits with one scale")
        scale, zero = np.float64(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])
        lowest, highest = _LEVELS[tensor.dtype.name]
        found[name_of(index)] = (float(scale * (lowest - zero)), float(scale * (highest - zero)))
    return found
