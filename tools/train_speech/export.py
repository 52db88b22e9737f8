"""Stage four: trained weights as ONNX, written node by node, and the manifest that the ears check before they load.

The second pass is one graph over an utterance of any length; the first pass is one step with its state as input and
output and no loop, so that any engine can build it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kitt.ears.g2p.phones import PHONES
from kitt.types import LANGUAGES
from tools.train_speech.corpus import save_text
from tools.train_speech.model import KINDS, AcousticModel

OPSET = 17
F32 = NDArray[np.float32]


class Graph:
    """ONNX nodes and weights as they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, values: NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output


def export(work: Path, target: Path, card: dict[str, Any]) -> None:
    """Write ears-first.onnx, ears-second.onnx and ears.json into `target` from the running means of the weights."""
    digests = {}
    for kind, build in {"first": _step, "second": _utterance}.items():
        model = KINDS[kind][1]()
        model.load_state_dict(_weights(work / f"{kind}.pt"))
        path = target / f"ears-{kind}.onnx"
        onnx.save(build(model.eval()), str(path))
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = {"phones": list(PHONES), "languages": list(LANGUAGES), "sha256": digests, **card}
    save_text(target / "ears.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def _weights(path: Path) -> dict[str, torch.Tensor]:
    """The running mean at the end of the training; where the plan kept one midway, the mean of the two."""
    state = torch.load(path, weights_only=True)
    last: dict[str, torch.Tensor] = state["averaged"]
    return {k: (v + state["midway"][k]) / 2 for k, v in last.items()} if state.get("midway") else last


def _inward(graph: Graph, model: AcousticModel, features: str) -> str:
    """Normalisation is folded into the first layer."""
    state = _arrays(model)
    width = model.shape["width"]
    weight, told = state["inward.weight"][:, :width], state["inward.weight"][:, width:]
    scaled = weight / state["std"]
    bias = state["inward.bias"] - scaled @ state["mean"]
    acoustic = graph.node("MatMul", [features, graph.weight("inward.weight", scaled.T)], "inward.matmul")
    of_language = graph.node("MatMul", ["language", graph.weight("inward.language", told.T)], "inward.of_language")
    summed = graph.node("Add", [acoustic, of_language], "inward.sum")
    biased = graph.node("Add", [summed, graph.weight("inward.bias", bias)], "inward.biased")
    return graph.node("Relu", [biased], "inward.out")


def _utterance(model: AcousticModel) -> onnx.ModelProto:
    graph, state = Graph(), _arrays(model)
    # GRU wants time first
    at = graph.node("Transpose", [_inward(graph, model, "features")], "time_first", perm=[1, 0, 2])
    hidden = model.shape["hidden"]
    for layer in range(model.shape["layers"]):
        names = [f"l{layer}", f"l{layer}_reverse"]
        weights = [
            graph.weight(f"rnn{layer}.{part}", np.stack([_onnx_gates(state[f"rnn.{part}_{n}"], hidden) for n in names]))
            for part in ("weight_ih", "weight_hh")
        ]
        both = [[_onnx_gates(state[f"rnn.{part}_{n}"], hidden) for part in ("bias_ih", "bias_hh")] for n in names]
        bias = graph.weight(f"rnn{layer}.bias", np.stack([np.concatenate(b) for b in both]))
        out = graph.node(
            "GRU",
            [at, *weights, bias],
            f"rnn{layer}.out",
            hidden_size=hidden,
            direction="bidirectional",
            linear_before_reset=1,
        )
        turned = graph.node("Transpose", [out], f"rnn{layer}.turned", perm=[0, 2, 1, 3])
        shape = graph.weight(f"rnn{layer}.shape", np.array([0, 0, 2 * hidden], np.int64))
        at = graph.node("Reshape", [turned, shape], f"rnn{layer}.joined")
    batch_first = graph.node("Transpose", [at], "batch_first", perm=[1, 0, 2])
    _outward(graph, state, batch_first)
    inputs = {"features": [1, "frames", model.shape["width"]], "language": [1, len(LANGUAGES)]}
    return _model(graph, "kitt ears, second pass", inputs, {"log_posteriors": [1, "frames", len(PHONES)]})


def _step(model: AcousticModel) -> onnx.ModelProto:
    graph, state = Graph(), _arrays(model)
    hidden, layers = model.shape["hidden"], model.shape["layers"]
    at = _inward(graph, model, "features")
    split = graph.weight("split", np.full(3, hidden, np.int64))
    one = graph.weight("one", np.ones(1, np.float32))
    carried = []
    for layer in range(layers):
        index = graph.weight(f"rnn{layer}.index", np.array(layer, np.int64))
        before = graph.node("Gather", ["state", index], f"rnn{layer}.before", axis=0)
        gates = []
        for part, value in (("ih", at), ("hh", before)):
            weight = graph.weight(f"rnn{layer}.weight_{part}", state[f"rnn.weight_{part}_l{layer}"])
            bias = graph.weight(f"rnn{layer}.bias_{part}", state[f"rnn.bias_{part}_l{layer}"])
            name = f"rnn{layer}.{part}"
            graph.node("Gemm", [value, weight, bias], name, transB=1)
            parts = [f"{name}.{gate}" for gate in ("reset", "update", "new")]
            graph.nodes.append(helper.make_node("Split", [name, split], parts, name=f"{name}.split", axis=1))
            gates.append(parts)
        (r_in, z_in, n_in), (r_state, z_state, n_state) = gates
        prefix = f"rnn{layer}"
        r = graph.node("Sigmoid", [graph.node("Add", [r_in, r_state], f"{prefix}.r_sum")], f"{prefix}.r")
        z = graph.node("Sigmoid", [graph.node("Add", [z_in, z_state], f"{prefix}.z_sum")], f"{prefix}.z")
        kept = graph.node("Mul", [r, n_state], f"{prefix}.kept")
        new = graph.node("Tanh", [graph.node("Add", [n_in, kept], f"{prefix}.n_sum")], f"{prefix}.n")
        fresh = graph.node("Mul", [graph.node("Sub", [one, z], f"{prefix}.1-z"), new], f"{prefix}.fresh")
        at = graph.node("Add", [fresh, graph.node("Mul", [z, before], f"{prefix}.old")], f"{prefix}.out")
        axis = graph.weight(f"{prefix}.axis", np.array([0], np.int64))
        carried.append(graph.node("Unsqueeze", [at, axis], f"{prefix}.carried"))
    graph.node("Concat", carried, "next_state", axis=0)
    _outward(graph, state, at)
    inputs = {"features": [1, model.shape["width"]], "language": [1, len(LANGUAGES)], "state": [layers, 1, hidden]}
    outputs = {"log_posteriors": [1, len(PHONES)], "next_state": [layers, 1, hidden]}
    return _model(graph, "kitt ears, first pass, one step", inputs, outputs)


def _outward(graph: Graph, state: dict[str, F32], hidden: str) -> None:
    logits = graph.node("MatMul", [hidden, graph.weight("outward.weight", state["outward.weight"].T)], "outward.matmul")
    biased = graph.node("Add", [logits, graph.weight("outward.bias", state["outward.bias"])], "outward.biased")
    graph.node("LogSoftmax", [biased], "log_posteriors", axis=-1)


def _onnx_gates(rows: F32, hidden: int) -> F32:
    """PyTorch stacks a GRU's gates as reset, update, new; ONNX as update, reset, hidden."""
    reset, update, new = rows[:hidden], rows[hidden : 2 * hidden], rows[2 * hidden :]
    return np.concatenate([update, reset, new])


def _arrays(model: AcousticModel) -> dict[str, F32]:
    return {name: value.detach().numpy().astype(np.float32) for name, value in model.state_dict().items()}


def _model(graph: Graph, name: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> onnx.ModelProto:
    def infos(shapes: dict[str, Any]) -> list[Any]:
        return [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()]

    made = helper.make_model(
        helper.make_graph(graph.nodes, name, infos(inputs), infos(outputs), graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="kitt tools/train_speech",
    )
    onnx.checker.check_model(made)
    return made
