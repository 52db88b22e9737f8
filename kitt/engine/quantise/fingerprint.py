"""Which network a file is, whatever input size it was built for."""

from __future__ import annotations

import hashlib

import onnx
from onnx import numpy_helper

_WEIGHED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def fingerprint(model: onnx.ModelProto) -> str:
    """SHA-256, in hex, over the layers that hold weights: kind, name of what they give, shapes and bytes.

    What an input size changes is left out: paddings, sizes of resizes and reshapes, anchors.
    """
    stored = {i.name: i for i in model.graph.initializer}
    total = hashlib.sha256()
    for node in model.graph.node:
        weights = [stored[name] for name in node.input if name in stored]
        if node.op_type not in _WEIGHED or not weights:
            continue
        total.update(f"{node.op_type}\0{node.output[0]}\0".encode())
        for weight in weights:
            array = numpy_helper.to_array(weight)
            total.update(f"{array.dtype.str}{array.shape}\0".encode())
            total.update(array.tobytes())
    return total.hexdigest()
