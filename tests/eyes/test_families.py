"""Networks are known by their shape; each layout gives the same boxes; what is no known layout is told so."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt.engine.ort import OrtBackend
from kitt.errors import KittError
from kitt.eyes.families import COCO90, YOLO_STRIDES, free_size, identify, input_spec, probe
from kitt.types import CAR, COCO_INDICES, STOP_SIGN, TRAFFIC_LIGHT

SIZE = (128, 64)
BOXES = np.float32([[10, 20, 30, 40], [64, 0, 128, 64], [1, 2, 3, 4], [5, 5, 9, 9], [0, 0, 2, 2]])
FOUND = {0: (CAR, 0.9), 1: (STOP_SIGN, 0.5), 2: (TRAFFIC_LIGHT, 0.3)}
"""Anchor -> class and score; anchors 3 and 4 hold nothing above the floor."""
ANCHORS = 16 * 8 + 8 * 4 + 4 * 2
"""One a cell of the grids of strides 8, 16 and 32, as a YOLO of this size has."""


def network(path: Path, outputs: dict[str, np.ndarray], layout: str = "nchw", dtype: int = TensorProto.FLOAT) -> Path:
    """An ONNX file with a picture as input that gives `outputs` whatever it sees."""
    shape = [1, 3, SIZE[1], SIZE[0]] if layout == "nchw" else [1, SIZE[1], SIZE[0], 3]
    nodes, inits, infos = [], [], []
    nodes.append(helper.make_node("Cast", ["images"], ["as_float"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("ReduceSum", ["as_float"], ["sum"], keepdims=0))
    inits.append(numpy_helper.from_array(np.float32(0), "zero"))
    nodes.append(helper.make_node("Mul", ["sum", "zero"], ["nothing"]))
    for name, value in outputs.items():
        inits.append(numpy_helper.from_array(value.astype(np.float32), f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape))
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("images", dtype, shape)], infos, inits)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def padded(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes, np.zeros((ANCHORS - len(boxes), boxes.shape[1]), np.float32)])


def scores(columns: int, index: tuple[int, ...]) -> np.ndarray:
    out = np.full((ANCHORS, columns), 0.01, np.float32)
    for anchor, (class_id, score) in FOUND.items():
        out[anchor, index[class_id]] = score
    return out


def kitts() -> dict[str, np.ndarray]:
    return {"boxes": padded(BOXES)[None], "scores": scores(8, tuple(range(8)))[None]}


def tflite_style() -> dict[str, np.ndarray]:
    shares = BOXES / np.float32([*SIZE, *SIZE])
    out = scores(90, COCO90)
    out[3, 16] = 0.99  # a dog: COCO's, not kitt's
    return {"scores": out[None], "boxes_yxyx": padded(shares[:, [1, 0, 3, 2]])[None]}


def yolo(classes: int) -> dict[str, np.ndarray]:
    out = scores(classes, COCO_INDICES if classes == 80 else tuple(range(8)))
    if classes == 80:
        out[3, 16] = 0.99
    centre, size = (BOXES[:, :2] + BOXES[:, 2:]) / 2, BOXES[:, 2:] - BOXES[:, :2]
    return {"output0": np.concatenate([padded(np.hstack([centre, size])), out], axis=1).T[None]}


LAYOUTS = {
    "efficientdet": kitts(),
    "efficientdet-90": tflite_style(),
    "yolo": yolo(80),
    "yolo with kitt's classes": yolo(8),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("order", "dtype"), [("nchw", TensorProto.FLOAT), ("nhwc", TensorProto.UINT8)])
def test_a_network_of_each_layout_gives_the_same_boxes(tmp_path, layout, order, dtype):
    backend = OrtBackend.load(network(tmp_path / "net.onnx", LAYOUTS[layout], order, dtype), 1)
    inputs, outputs = backend.io_specs()
    family = identify(inputs, outputs, "net.onnx")
    assert family.name == layout.split()[0]
    spec = input_spec(inputs, family, "net.onnx")
    assert (spec.width, spec.height, spec.channels_first) == (*SIZE, order == "nchw")
    picture = np.zeros([1, 3, 64, 128] if order == "nchw" else [1, 64, 128, 3], spec.dtype)
    found = family.decode(backend.infer({spec.name: picture}), 0.1, SIZE)
    rows = np.argsort(-found.score)
    np.testing.assert_allclose(found.xyxy[rows], BOXES[:3], atol=1e-4)
    assert found.class_id[rows].tolist() == [c for c, _ in FOUND.values()]
    np.testing.assert_allclose(found.score[rows], [s for _, s in FOUND.values()])
    assert found.xyxy.dtype == np.float32


def test_yolo_wants_pixels_from_0_to_1_and_efficientdet_from_0_to_255(tmp_path):
    for layout, scale in (("yolo", 1 / 255), ("efficientdet", 1.0)):
        inputs, outputs = OrtBackend.load(network(tmp_path / "net.onnx", LAYOUTS[layout]), 1).io_specs()
        assert input_spec(inputs, identify(inputs, outputs, ""), "").scale == scale


@pytest.mark.parametrize(
    "outputs",
    [
        {"logits": np.zeros((1, 1000))},
        {"boxes": np.zeros((1, 9, 4)), "scores": np.zeros((1, 9, 7))},
        {"output0": np.zeros((1, 85, 900))},
        {"output0": np.zeros((1, 900, 84))},
    ],
    ids=["classifier", "seven classes", "YOLOv5", "transposed"],
)
def test_another_layout_is_refused_with_what_was_found_and_what_is_accepted(tmp_path, outputs):
    inputs, found = OrtBackend.load(network(tmp_path / "net.onnx", outputs), 1).io_specs()
    with pytest.raises(KittError) as refusal:
        identify(inputs, found, "net.onnx")
    text = str(refusal.value)
    assert text.startswith("net.onnx: its outputs are ")
    for name, value in outputs.items():
        assert f"{name} float32 [{','.join(map(str, value.shape))}]" in text
    assert "YOLO11" in text
    assert "EfficientDet" in text
    assert "\n" not in text


def test_an_input_that_is_no_picture_is_refused(tmp_path):
    path = network(tmp_path / "net.onnx", LAYOUTS["yolo"])
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 4
    onnx.save(model, path)
    inputs, outputs = OrtBackend.load(path, 1).io_specs()
    with pytest.raises(KittError, match=r"inputs are images float32 \[1,4,64,128\]"):
        identify(inputs, outputs, "net.onnx")


def free(path: Path, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Path:
    """The network with these axes of its input and output free, as exporters leave them."""
    model = onnx.load(path)
    for info, axes in ((model.graph.input[0], inputs), (model.graph.output[0], outputs)):
        for axis in axes:
            info.type.tensor_type.shape.dim[axis].dim_param = f"axis_{axis}"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("inputs", [(), (0,), (0, 2, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("outputs", [(), (0, 2), (0, 1, 2)])
def test_a_yolo_with_free_axes_is_known_by_what_it_gives(tmp_path, inputs, outputs):
    full = {"output0": np.zeros((1, 84, 8400), np.float32)} if 2 in inputs else LAYOUTS["yolo"]
    backend = OrtBackend.load(free(network(tmp_path / "net.onnx", full), inputs, outputs), 1)
    assert identify(*probe(backend, "net.onnx"), "net.onnx").name == "yolo"
    assert free_size(backend.io_specs()[0], "net.onnx") is (2 in inputs)


@pytest.mark.parametrize("boxes", [8400, 167, 300])
@pytest.mark.parametrize("outputs", [(), (0, 1, 2)])
def test_a_yolo_whose_boxes_do_not_fit_its_input_is_refused(tmp_path, boxes, outputs):
    path = network(tmp_path / "net.onnx", {"output0": np.zeros((1, 84, boxes), np.float32)})
    backend = OrtBackend.load(free(path, (), outputs), 1)
    with pytest.raises(KittError, match=rf"^net\.onnx: gives {boxes} boxes for an input of 128x64, .* gives 168;"):
        identify(*probe(backend, "net.onnx"), "net.onnx")


@pytest.mark.parametrize("strides", YOLO_STRIDES)
def test_yolos_for_small_and_large_objects_are_known_too(tmp_path, strides):
    boxes = sum((640 // s) * (640 // s) for s in strides)
    path = free(network(tmp_path / "net.onnx", {"output0": np.zeros((1, 12, boxes))}), (2, 3), (2,))
    assert identify(*probe(OrtBackend.load(path, 1), "net.onnx"), "net.onnx").name == "yolo"
