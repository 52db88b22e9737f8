from dataclasses import replace

import numpy as np
import pytest

from kitt.engine.convert.tfjs import Graph
from kitt.engine.convert.tfjs_shapes import shapes, with_biases, with_input_size
from kitt.errors import KittError
from tests.engine.convert.tfjs_reference import interpret
from tests.engine.convert.tiny_nanodet import tiny_nanodet

GRAPH = tiny_nanodet()


def test_shapes_are_those_of_what_is_computed():
    values = interpret(GRAPH, np.zeros((1, 3, 64, 64)))
    found = shapes(GRAPH)
    assert len(found) > 60
    assert {name: values[name].shape for name in found} == found


@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 64), (64, 160), (1280, 192)])
def test_another_size_is_that_of_a_network_exported_for_it(width, height):
    assert shapes(with_input_size(GRAPH, width, height)) == shapes(tiny_nanodet(height, width))


def test_a_bias_goes_into_its_convolution_under_the_name_of_the_sum():
    graph = with_biases(GRAPH)
    convs = [n for n in graph.nodes if n.kind == "Conv2D"]
    assert all(len(n.inputs) == 3 for n in convs)
    assert {n.name for n in convs} == {n.name for n in GRAPH.nodes if n.kind == "Add"}
    assert not any(n.kind == "Add" for n in graph.nodes)


def test_a_bias_stays_where_the_convolution_is_read_elsewhere_too():
    conv = next(n for n in GRAPH.nodes if n.kind == "Conv2D")
    last = GRAPH.nodes[-1]
    graph = Graph((*GRAPH.nodes[:-1], replace(last, inputs=(conv.name,))), GRAPH.constants)
    assert conv in with_biases(graph).nodes


def test_a_bias_of_another_length_is_told():
    add = next(n for n in GRAPH.nodes if n.kind == "Add")
    graph = Graph(GRAPH.nodes, {**GRAPH.constants, add.inputs[1]: np.zeros(3, np.float32)})
    with pytest.raises(KittError, match=r"the bias of the TF\.js convolution .* has the shape \(3,\)"):
        with_biases(graph)


def test_a_resize_to_a_size_that_no_level_has_is_told():
    resize = next(n for n in GRAPH.nodes if n.kind == "ResizeBilinear")
    graph = Graph(GRAPH.nodes, {**GRAPH.constants, resize.inputs[1]: np.array([5, 5], np.int32)})
    with pytest.raises(KittError, match=r"nothing in it has the size \(5, 5\) that it resizes to"):
        with_input_size(graph, 96, 64)


def test_padding_that_tensorflow_does_by_itself_is_told():
    nodes = [replace(n, options={**n.options, "padding": "SAME"}) if n.kind == "Conv2D" else n for n in GRAPH.nodes]
    with pytest.raises(KittError, match="does not pad by a Pad of its own"):
        with_input_size(Graph(tuple(nodes), GRAPH.constants), 96, 64)


def test_a_network_of_another_input_is_told():
    nodes = [replace(n, options={"shape": (1, 64, 64, 3)}) if n.kind == "Placeholder" else n for n in GRAPH.nodes]
    with pytest.raises(KittError, match=r"does not take one picture \(1, 3, H, W\)"):
        with_input_size(Graph(tuple(nodes), GRAPH.constants), 96, 64)
