import numpy as np
import onnxruntime as ort
import pytest

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.emitting import Emitter, name_of
from kitt.engine.convert.heads import TAIL, find_heads, keep_values, levels
from kitt.engine.convert.reading import read
from kitt.engine.pull import weights_path
from kitt.engine.quantise.write import quantise
from kitt.types import COCO_IDS
from tests.engine.convert.quantising import trained
from tests.engine.convert.tiny_network import tiny_efficientdet

KEEP = [i - 1 for i in COCO_IDS]


def computed(graph, tensor, pixels):
    """The values of a joined head, quantised as the graph says, as ONNX Runtime computes them."""
    builder = GraphBuilder()
    emitter = Emitter(graph, builder)
    (picture,) = graph.inputs
    emitter.alias(picture, builder.input(name_of(picture), np.float32, (1, 3, *pixels.shape[2:])))
    emitter.run(op for op in graph.ops if op.kind not in TAIL)
    builder.output(emitter.value(tensor), "out", np.float32, graph.tensors[tensor].shape)
    model = quantise(builder.model({}), trained(graph), "u8")
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["out"], {name_of(picture): ((pixels.astype(np.float32) - 127) / 128).astype(np.float32)})[0]


def joined_shape_updated(graph, head, count):
    """`keep_values` leaves joined shapes to the pass that sizes the network."""
    from kitt.engine.convert.shapes import with_input_size

    height, width = graph.tensors[graph.inputs[0]].shape[1:3]
    sized = with_input_size(graph, width, height)
    assert sized.tensors[head].shape[2] == count
    return sized


def check_cut(graph, side):
    pixels = np.random.default_rng(3).integers(0, 256, (1, 3, side, side)).astype(np.uint8)
    logits = find_heads(graph).logits
    cut = joined_shape_updated(keep_values(graph, logits, KEEP), logits, len(KEEP))
    assert np.array_equal(computed(cut, logits, pixels), computed(graph, logits, pixels)[:, :, KEEP])


def test_the_kept_classes_have_the_very_values_of_the_whole_head():
    check_cut(tiny_efficientdet(), 128)


@pytest.mark.weights
def test_so_have_those_of_the_published_lite0():
    path = weights_path("efficientdet-lite0")
    if not path.is_file():
        pytest.skip("efficientdet-lite0 is not here: kitt models pull")
    check_cut(read(path), 320)


def test_values_may_change_their_order():
    graph = tiny_efficientdet()
    pixels = np.random.default_rng(3).integers(0, 256, (1, 3, 128, 128)).astype(np.uint8)
    boxes = find_heads(graph).boxes
    swapped = keep_values(graph, boxes, (1, 0, 3, 2))
    assert np.array_equal(computed(swapped, boxes, pixels), computed(graph, boxes, pixels)[:, :, [1, 0, 3, 2]])


def test_levels_run_from_fine_to_coarse():
    graph = tiny_efficientdet()
    sizes = [graph.tensors[r.inputs[0]].shape[1] for r in levels(graph, find_heads(graph).boxes)]
    assert sizes == [16, 8, 4, 2, 1]
