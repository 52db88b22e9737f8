import numpy as np
import onnx
import onnxruntime as ort
import pytest

from kitt.engine.convert.nanodet import build, convert
from kitt.engine.convert.tfjs import Graph, read
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from kitt.types import CLASSES, COCO_INDICES
from tests.engine.convert.tfjs_reference import interpret
from tests.engine.convert.tfjs_writing import write
from tests.engine.convert.tiny_nanodet import tiny_nanodet

MEAN_BGR, STD_BGR = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
PIXELS = np.random.default_rng(7).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)


def outputs(model, pixels=PIXELS):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["boxes", "scores"], {"images": pixels})


def expected(graph, pixels, parts):
    """boxes and scores by definition; `parts`: names of what gives scores and distributions, finest level first."""
    width = pixels.shape[2]
    bgr = (pixels[..., ::-1] - MEAN_BGR) / STD_BGR
    values = interpret(graph, bgr.transpose(0, 3, 1, 2))
    boxes, scores = [], []
    for stride, (score, distribution) in zip((8, 16, 32), parts, strict=True):
        scores.append(values[score][0][:, list(COCO_INDICES)])
        shares = np.exp(values[distribution][0].reshape(len(scores[-1]), 4, -1))
        far = (shares * np.arange(shares.shape[2])).sum(2) / shares.sum(2) * stride
        for i, (left, top, right, bottom) in enumerate(far):
            x, y = (i % (width // stride) + 0.5) * stride, (i // (width // stride) + 0.5) * stride
            boxes.append((x - left, y - top, x + right, y + bottom))
    return np.array(boxes), np.concatenate(scores)


TINY = [(f"Identity_{i}", f"Identity_{i + 3}") for i in range(3)]


@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 64), (64, 160)])
def test_the_whole_network_is_what_its_operators_are_by_definition_at_any_size(width, height):
    pixels = np.random.default_rng(1).integers(0, 256, (1, height, width, 3)).astype(np.uint8)
    boxes, scores = outputs(build(tiny_nanodet(), width, height, candidates=0), pixels)
    true_boxes, true_scores = expected(tiny_nanodet(height, width), pixels, TINY)
    assert boxes.shape == (1, len(true_boxes), 4)
    assert scores.shape == (1, len(true_boxes), len(CLASSES))
    assert np.abs(scores[0] - true_scores).max() < 1e-5
    assert np.abs(boxes[0] - true_boxes).max() < 1e-3
    assert true_scores.std() > 0.05


def test_candidates_are_the_anchors_with_the_best_scores_best_first():
    boxes, scores = outputs(build(tiny_nanodet(), 96, 64, candidates=0))
    some_boxes, some_scores = outputs(build(tiny_nanodet(), 96, 64, candidates=50))
    order = np.argsort(-scores[0].max(1), kind="stable")[:50]
    assert np.array_equal(some_scores[0], scores[0, order])
    assert np.allclose(some_boxes[0], boxes[0, order], atol=1e-3)


def test_a_network_with_fewer_anchors_gives_all():
    boxes, _ = outputs(build(tiny_nanodet(), 96, 64, candidates=100_000))
    assert boxes.shape[1] == 8 * 12 + 4 * 6 + 2 * 3


def test_nothing_is_transposed_between_the_pixels_and_the_heads():
    kinds = [n.op_type for n in build(tiny_nanodet(), 96, 64, candidates=50).graph.node]
    assert "Pad" not in kinds
    assert kinds.count("Transpose") == 1 + 2 * 3
    assert kinds.index("Transpose") == 0
    assert "Transpose" not in kinds[1 : len(kinds) - kinds[::-1].index("LeakyRelu")]


def test_what_the_body_computes_is_called_the_same_at_every_size():
    small, large = (build(tiny_nanodet(), *size, candidates=20) for size in ((96, 64), (1280, 192)))
    assert [n.output for n in small.graph.node] == [n.output for n in large.graph.node]
    named = {o for n in small.graph.node for o in n.output}
    assert {n.name for n in tiny_nanodet().nodes if n.kind in ("LeakyRelu", "MaxPool", "ConcatV2")} <= named


def test_weights_and_biases_are_initialisers():
    model = build(tiny_nanodet(), 96, 64, candidates=20)
    onnx.checker.check_model(model, full_check=True)
    stored = {i.name for i in model.graph.initializer}
    assert all(set(n.input[1:]) <= stored and len(n.input) == 3 for n in model.graph.node if n.op_type == "Conv")


def test_the_same_weights_give_the_same_bytes():
    first, second = (build(tiny_nanodet(), 96, 64, candidates=50).SerializeToString() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("size", [(100, 64), (64, 16), (0, 64), (64, 8192)])
def test_a_size_that_the_levels_do_not_fit_is_refused(size):
    with pytest.raises(KittError, match="each side must be a multiple of 32 up to 4096 pixels"):
        build(tiny_nanodet(), *size, candidates=0)


def test_what_is_not_a_nanodet_is_refused():
    graph = tiny_nanodet()
    headless = Graph(tuple(n for n in graph.nodes if n.kind != "SplitV"), graph.constants)
    with pytest.raises(KittError, match="not a NanoDet: it has no heads"):
        build(headless, 96, 64, candidates=0)
    lengths = next(n for n in graph.nodes if n.kind == "SplitV").inputs[1]
    other = Graph(graph.nodes, {**graph.constants, lengths: np.array([10, 90], np.int32)})
    with pytest.raises(KittError, match=r"a head gives \[10, 90\] values"):
        build(other, 96, 64, candidates=0)


def test_converts_what_is_written_in_a_file(tmp_path):
    path = write(tiny_nanodet(), tmp_path)
    assert convert(path, 96, 64) == build(read(path), 96, 64, candidates=512)


@pytest.mark.weights
@pytest.mark.parametrize(("width", "height"), [(416, 416)])
def test_published_weights_give_what_their_operators_are_by_definition(width, height):
    """On a grey slope with two blocks."""
    path = weights_path("nanodet-g")
    if not path.is_file():
        pytest.skip("nanodet-g is not here: kitt models pull nanodet-g")
    pixels = np.repeat(np.linspace(200, 60, height, dtype=np.uint8)[None, :, None, None], width, 2).repeat(3, 3)
    pixels[:, 200:300, 100:260] = 30
    pixels[:, 240:280, 300:340] = (180, 30, 30)
    parts = [("Identity", "Identity_3"), ("Identity_1", "Identity_4"), ("Identity_2", "Identity_5")]
    true_boxes, true_scores = expected(read(path), pixels, parts)
    boxes, scores = outputs(convert(path, width, height, candidates=0), np.ascontiguousarray(pixels))
    assert boxes.shape == (1, 52 * 52 + 26 * 26 + 13 * 13, 4)
    assert np.abs(scores[0] - true_scores).max() < 1e-5
    assert np.abs(boxes[0] - true_boxes).max() < 0.01
