"""A TF.js GraphModel as plain dataclasses: a topology and a manifest of weights (JSON), and the weights (binary).

The format is what TensorFlow.js's own converter writes: the topology is a TensorFlow GraphDef in JSON, in which bytes
are base64 and 64-bit integers are strings; the weights lie one after the other in the files that the manifest names.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError

_DTYPES: dict[str, type[np.generic]] = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
_STORED: dict[str, type[np.generic]] = {**_DTYPES, "float16": np.float16}
"""Weights may be stored in half precision; what quantises them to integers is not read."""

Constants = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Node:
    """One operator. inputs: names of nodes or constants; the second output of node `x` is `x:1`."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: operators in the order they run, and the constants they read, by name."""

    nodes: tuple[Node, ...]
    constants: Constants


def read(path: Path) -> Graph:
    """Read a model.json and the weights beside it. Raises KittError for what is not one, is cut off or damaged."""
    try:
        text = _bytes(path)
        model = json.loads(text)
        if model["format"] != "graph-model":
            raise KittError(f"{path}: a TF.js {model['format']}; kitt converts a graph-model")
        constants: dict[str, NDArray[Any]] = {}
        for group in model["weightsManifest"]:
            blob = b"".join(_bytes(_beside(path, name)) for name in group["paths"])
            constants |= _constants(group["weights"], blob)
        nodes = [_node(raw) for raw in model["modelTopology"]["node"]]
        return Graph(tuple(_ordered([n for n in nodes if n.kind != "Const"], constants)), constants)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as e:
        what = f"{type(e).__name__} {e}".replace("\n", " ")[:200]
        raise KittError(
            f"{path}: not a TF.js model, or a damaged one ({what}); fetch it again: kitt models pull"
        ) from e


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise KittError(f"{path}: cannot read the weights: {e.strerror}") from e


def _beside(path: Path, name: str) -> Path:
    if Path(name).name != name:
        raise ValueError(f"the weights' file is called '{name}'")
    return path.with_name(name)


def _constants(entries: list[dict[str, Any]], blob: bytes) -> dict[str, NDArray[Any]]:
    found, at = {}, 0
    for entry in entries:
        dtype, shape = entry["dtype"], tuple(int(n) for n in entry["shape"])
        stored = entry.get("quantization", {}).get("dtype", dtype)
        if dtype not in _DTYPES or stored not in _STORED:
            raise KittError(
                f"the TF.js weights '{entry['name']}' are {dtype} stored as {stored}; kitt does not convert it"
            )
        if any(n < 0 for n in shape):
            raise ValueError(f"the weights '{entry['name']}' have the shape {shape}")
        end = at + math.prod(shape) * np.dtype(_STORED[stored]).itemsize
        if end > len(blob):
            raise ValueError(f"{len(blob)} bytes of weights, at least {end} expected")
        found[str(entry["name"])] = np.frombuffer(blob[at:end], _STORED[stored]).reshape(shape).astype(_DTYPES[dtype])
        at = end
    if at != len(blob):
        raise ValueError(f"{len(blob)} bytes of weights, {at} expected")
    return found


def _node(raw: dict[str, Any]) -> Node:
    # a name that begins with ^ only says what must have run before
    inputs = tuple(str(i).removesuffix(":0") for i in raw.get("input", ()) if not i.startswith("^"))
    return Node(str(raw["name"]), str(raw["op"]), inputs, {k: _attribute(v) for k, v in raw.get("attr", {}).items()})


def _attribute(value: dict[str, Any]) -> Any:
    content: Any
    kind, content = next(iter(value.items()), ("", None))
    if kind == "s":
        return base64.b64decode(content, validate=True).decode("utf-8")
    if kind == "i":
        return int(content)
    if kind == "list":
        return tuple(_attribute({k: v}) for k, values in content.items() for v in values)
    if kind == "shape":
        return tuple(int(d["size"]) for d in content.get("dim", ()))
    return content


def _ordered(nodes: list[Node], constants: Constants) -> Iterator[Node]:
    by_name = {n.name: n for n in nodes}
    if len(by_name) != len(nodes):
        raise ValueError("two nodes of one name")
    before = {n.name: [i.partition(":")[0] for i in n.inputs if i not in constants] for n in nodes}
    for name in TopologicalSorter(before).static_order():
        yield by_name[name]
