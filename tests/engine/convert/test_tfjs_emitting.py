from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.tfjs import Graph
from kitt.engine.convert.tfjs_emitting import Emitter, Value
from kitt.errors import KittError
from tests.engine.convert.tiny_nanodet import FIRST, LAST, ONE, GraphWriter


def network(*steps):
    """Each step reads what the one before gives: (kind, constants, options)."""
    g = GraphWriter()
    x = g.node("Placeholder", [], name="input", shape=(1, 3, 8, 8))
    for kind, constants, options in steps:
        x = g.node(kind, [x], *constants, **options)
    return Graph(tuple(g.nodes), g.constants)


def emit(graph):
    """The ONNX model of a graph whose last node gives a picture."""
    builder = GraphBuilder()
    emitter = Emitter(graph, builder)
    emitter.keep(graph.nodes[0], Value(builder.input("input", np.float32, (1, 3, 8, 8))))
    emitter.run(graph.nodes[1:])
    last = graph.nodes[-1].name
    shape = emitter.shapes[last]
    stored = (
        shape
        if emitter.value(replace(graph.nodes[-1], inputs=(last,))).axes == (0, 1, 2, 3)
        else (shape[0], shape[3], *shape[1:3])
    )
    builder.output(last, "out", np.float32, stored)
    return builder.model({})


def run(graph, picture):
    session = ort.InferenceSession(emit(graph).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["out"], {"input": picture.astype(np.float32)})[0]


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("Relu", {}, [0.0, 0.0, 3.0, 9.0]),
        ("Relu6", {}, [0.0, 0.0, 3.0, 6.0]),
        ("LeakyRelu", {"alpha": 0.1}, [-0.5, -0.1, 3.0, 9.0]),
        ("LeakyRelu", {}, [-1.0, -0.2, 3.0, 9.0]),
    ],
)
def test_activations(kind, options, expected):
    picture = np.resize(np.array([-5.0, -1.0, 3.0, 9.0]), (1, 3, 8, 8))
    assert np.allclose(run(network((kind, (), options)), picture).ravel()[:4], expected)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([("Softplus", (), {})], r"the TF\.js operator Softplus is not converted; known: Pad, "),
        ([("Pad", (ONE,), {}), ("Relu", (), {})], "reads a padded picture"),
        ([("Pad", (((1, 1), (0, 0), (0, 0), (0, 0)),), {})], "pads other sides than a picture's"),
        ([("Pad", (((0, 0), (0, 0), (-1, 0), (0, 0)),), {})], "pads other sides than a picture's"),
        (
            [("ResizeBilinear", ([4, 4],), {"half_pixel_centers": True})],
            r"reads axes \(0, 1, 2, 3\)",
        ),
        (
            [("Transpose", (LAST,), {}), ("ResizeBilinear", ([4, 4],), {"align_corners": True})],
            "aligned corners or without half pixels",
        ),
    ],
)
def test_what_is_not_converted_is_told(steps, message):
    with pytest.raises(KittError, match=message):
        emit(network(*steps))


def test_pictures_of_different_layout_are_not_added():
    g = GraphWriter()
    x = g.node("Placeholder", [], name="input", shape=(1, 3, 8, 8))
    last = g.node("Transpose", [x], LAST)
    g.node("Add", [x, last])
    with pytest.raises(KittError, match="adds pictures of different layout"):
        emit(Graph(tuple(g.nodes), g.constants))


def test_transposes_there_and_back_leave_nothing():
    model = emit(network(("Transpose", (LAST,), {}), ("Transpose", (FIRST,), {}), ("Relu", (), {})))
    assert [n.op_type for n in model.graph.node] == ["Relu"]


def test_a_constant_in_place_of_a_picture_is_told():
    g = GraphWriter()
    g.node("Placeholder", [], name="input", shape=(1, 3, 8, 8))
    g.node("Relu", [g.constant("number", 1.0)])
    with pytest.raises(KittError, match="should be a computed picture and is not"):
        emit(Graph(tuple(g.nodes), g.constants))
