"""A graph as the files that TensorFlow.js's converter would write of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from kitt.engine.convert.tfjs import Graph

_HALF = {"quantization": {"dtype": "float16", "original_dtype": "float32"}}


def write(graph: Graph, folder: Path, half: bool = False) -> Path:
    """Write tiny.json and tiny.bin; `half`: real weights as half precision. Gives the path of the former."""
    weights, blob = [], b""
    for name, value in graph.constants.items():
        stored = value.astype(np.float16) if half and value.dtype == np.float32 else value
        more = _HALF if stored.dtype == np.float16 else {}
        weights.append({"name": name, "shape": list(value.shape), "dtype": value.dtype.name, **more})
        blob += stored.tobytes()
    nodes: list[dict[str, Any]] = [{"name": name, "op": "Const", "attr": {}} for name in graph.constants]
    for node in graph.nodes:
        attributes = {k: _attribute(k, v) for k, v in node.options.items()}
        nodes.append({"name": node.name, "op": node.kind, "input": list(node.inputs), "attr": attributes})
    manifest = [{"paths": ["tiny.bin"], "weights": weights}]
    model = {"format": "graph-model", "modelTopology": {"node": nodes}, "weightsManifest": manifest}
    (folder / "tiny.bin").write_bytes(blob)
    path = folder / "tiny.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def _attribute(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": value}
    if isinstance(value, str):
        return {"s": base64.b64encode(value.encode()).decode()}
    assert isinstance(value, tuple)
    if name == "shape":
        return {"shape": {"dim": [{"size": str(n)} for n in value]}}
    return {"list": {"i": [str(n) for n in value]}}
