import numpy as np
import onnx
import onnxruntime as ort
import pytest

from kitt.engine.convert.anchors import anchors
from kitt.engine.convert.building import save
from kitt.engine.convert.efficientdet import build
from kitt.engine.convert.heads import find_heads, levels
from kitt.engine.convert.reading import read
from kitt.engine.convert.shapes import with_input_size
from kitt.engine.ort import OrtBackend
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from kitt.types import CLASSES, COCO_IDS
from tests.engine.convert.quantising import build_u8
from tests.engine.convert.reference import interpret
from tests.engine.convert.tiny_network import tiny_efficientdet

PIXELS = np.random.default_rng(7).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)


def outputs(graph, pixels=PIXELS, **options):
    quantised, candidates = options.get("quantised", True), options.get("candidates", 0)
    make = build_u8 if quantised else build
    model = make(graph, pixels.shape[2], pixels.shape[1], candidates=candidates)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["boxes", "scores"], {"images": pixels})


def expected(graph, pixels=PIXELS):
    """boxes and scores by definition, from the whole 90-class head."""
    height, width = pixels.shape[1:3]
    graph = with_input_size(graph, width, height)
    values, heads = interpret(graph, pixels), find_heads(graph)
    cells = [graph.tensors[r.inputs[0]].shape[1:3] for r in levels(graph, heads.boxes)]
    x, y, w, h = anchors(width, height, cells).T
    dy, dx, dh, dw = values[heads.boxes][0].T
    x, y, w, h = x + dx * w, y + dy * h, w * np.exp(dw), h * np.exp(dh)
    scores = 1 / (1 + np.exp(-values[heads.logits][0][:, [i - 1 for i in COCO_IDS]]))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1), scores


def test_the_whole_network_is_what_its_operators_are_by_definition():
    graph = tiny_efficientdet()
    boxes, scores = outputs(graph)
    true_boxes, true_scores = expected(graph)
    assert boxes.shape == (1, len(true_boxes), 4)
    assert scores.shape == (1, len(true_boxes), len(CLASSES))
    # a step of a logit is 0.06, of a score at most 0.015; ties on the way may fall either way
    assert np.quantile(np.abs(scores[0] - true_scores), 0.99) < 0.016
    assert np.abs(scores[0] - true_scores).max() < 0.05
    size = (true_boxes[:, 2:] - true_boxes[:, :2]).max(1, keepdims=True)
    assert (np.abs(boxes[0] - true_boxes) / size).max() < 0.06


def test_float_agrees_with_the_quantised_network_to_its_rounding():
    graph = tiny_efficientdet()
    quantised, real = outputs(graph), outputs(graph, quantised=False)
    assert np.abs(quantised[1] - real[1]).mean() < 0.02
    assert np.corrcoef(quantised[1].ravel(), real[1].ravel())[0, 1] > 0.98


def test_float_has_no_quantised_node_left():
    kinds = {n.op_type for n in build(tiny_efficientdet(), 96, 64, candidates=0).graph.node}
    assert not kinds & {"QuantizeLinear", "DequantizeLinear"}


def test_candidates_are_the_anchors_with_the_best_scores_best_first():
    graph = tiny_efficientdet()
    boxes, scores = outputs(graph)
    some_boxes, some_scores = outputs(graph, candidates=50)
    order = np.argsort(-scores[0].max(1), kind="stable")[:50]
    assert np.array_equal(some_scores[0].max(1), scores[0, order].max(1))
    assert np.array_equal(some_scores[0], scores[0, order])
    assert np.allclose(some_boxes[0], boxes[0, order], atol=1e-3)


def test_a_network_with_fewer_anchors_gives_all():
    boxes, _ = outputs(tiny_efficientdet(), candidates=100_000)
    assert boxes.shape[1] == len(expected(tiny_efficientdet())[0])


def test_runs_in_integers_from_the_pixels_to_the_heads(tmp_path):
    """Nothing but the candidates, and which they are, is computed in float: ONNX Runtime fuses every Q/DQ pair."""
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    model = build_u8(tiny_efficientdet(), 96, 64, candidates=20)
    ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    kinds = [n.op_type for n in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("QLinearConv") == 13
    assert kinds.count("QLinearAdd") == 1
    assert kinds.count("DequantizeLinear") == 3
    assert not {"QuantizeLinear", "Conv", "Clip", "Resize"} & set(kinds)


def test_the_same_weights_give_the_same_bytes():
    graph = tiny_efficientdet()
    first, second = (build_u8(graph, 96, 64, candidates=50).SerializeToString() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("size", [(32, 320), (576, 8192)])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(KittError, match="64 to 4096"):
        build(tiny_efficientdet(), *size, candidates=0)


def test_what_is_not_a_detector_is_refused():
    graph = tiny_efficientdet()
    headless = type(graph)(graph.tensors, graph.ops[:-1], graph.inputs, graph.outputs)
    with pytest.raises(KittError, match="not an EfficientDet-Lite"):
        build(headless, 96, 64, candidates=0)


@pytest.mark.weights
@pytest.mark.parametrize("name", ["efficientdet-lite0", "efficientdet-lite2"])
def test_published_weights_quantised_agree_with_float(name, tmp_path):
    """On a grey slope with two blocks."""
    path = weights_path(name)
    if not path.is_file():
        pytest.skip(f"{name} is not here: kitt models pull")
    picture = np.repeat(np.linspace(200, 60, 192, dtype=np.uint8)[None, :, None, None], 320, 2).repeat(3, 3)
    picture[:, 90:150, 60:130] = 30
    picture[:, 120:140, 200:240] = (180, 30, 30)
    results = []
    graph = read(path)
    for make in (build_u8, build):
        target = tmp_path / "made.onnx"
        save(make(graph, 320, 192, candidates=0), target)
        results.append(OrtBackend.load(target, 1).infer({"images": np.ascontiguousarray(picture)})["scores"])
    quantised, real = results
    assert real.shape == (1, 9 * (24 * 40 + 12 * 20 + 6 * 10 + 3 * 5 + 2 * 3), len(CLASSES))
    assert np.abs(quantised - real).max() < 0.12
    assert np.abs(quantised - real).mean() < 0.003
