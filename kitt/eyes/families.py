"""The model families kitt understands: what their networks' inputs and outputs look like, and what these mean.

A family is recognised by the names and shapes of a network's inputs and outputs alone, so that a user's own ONNX
file works without a word of configuration. Adding a family is a line in `FAMILIES` and a decode function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kitt.engine.backend import Arrays, Backend, TensorSpec
from kitt.errors import KittError
from kitt.eyes.letterbox import InputSpec
from kitt.types import CLASSES, COCO_IDS, COCO_INDICES, F32, Detections

COCO90 = tuple(i - 1 for i in COCO_IDS)
"""Index of each of kitt's classes in the 90 ids of the annotation files, the order of TFLite's EfficientDets."""

YOLO_STRIDES = ((8, 16, 32), (4, 8, 16, 32), (8, 16, 32, 64))
"""Of YOLOv8 and YOLO11, and of their variants for small (P2) and for large (P6) objects."""
PROBE_PX = 640
"""Side of the picture that shows what a network of free size gives."""

Specs = tuple[TensorSpec, ...]
Decode = Callable[[Arrays, float, tuple[int, int]], Detections]


@dataclass(frozen=True)
class Family:
    """One layout. `matches` says whether outputs have it, `decode` turns them into boxes in input pixels.

    accepts: the layout in words, for errors and documents; pixel_scale: what the network wants pixels multiplied by;
    multiple: its input sides must be multiples of this, where they are free.
    """

    name: str
    accepts: str
    matches: Callable[[Specs], bool]
    decode: Decode
    pixel_scale: float
    multiple: int


def _shapes(outputs: Specs) -> dict[str, tuple[int, ...]]:
    return {o.name: o.shape for o in outputs}


def _is_kitt(outputs: Specs) -> bool:
    shapes = _shapes(outputs)
    return (
        set(shapes) == {"boxes", "scores"} and shapes["boxes"][2:] == (4,) and shapes["scores"][2:] == (len(CLASSES),)
    )


def _is_tflite_style(outputs: Specs) -> bool:
    last = sorted(o.shape[2:] for o in outputs)
    return len(outputs) == 2 and last == [(4,), (90,)]


def _is_yolo(outputs: Specs) -> bool:
    if len(outputs) != 1 or len(outputs[0].shape) != 3:
        return False
    _, rows, anchors = outputs[0].shape
    return rows in (4 + 80, 4 + len(CLASSES)) and (anchors < 0 or anchors > rows)


def _pick(scores: NDArray[np.floating], floor: float) -> tuple[NDArray[np.int64], F32]:
    """Flat indices of the scores above `floor`, and these scores."""
    flat = scores.reshape(-1)
    where = np.flatnonzero(flat > floor)
    return where, flat[where].astype(np.float32)


def _decode_kitt(outputs: Arrays, floor: float, size: tuple[int, int]) -> Detections:
    """boxes (1, N, 4) x1 y1 x2 y2 in input pixels, scores (1, N, 8)."""
    where, score = _pick(outputs["scores"], floor)
    anchor, class_id = np.divmod(where, len(CLASSES))
    return Detections(outputs["boxes"][0, anchor].astype(np.float32), score, class_id)


def _decode_tflite_style(outputs: Arrays, floor: float, size: tuple[int, int]) -> Detections:
    """boxes (1, N, 4) y1 x1 y2 x2 as shares of the input, scores (1, N, 90)."""
    boxes, scores = sorted(outputs.values(), key=lambda a: a.shape[2])
    where, score = _pick(scores[0][:, COCO90], floor)
    anchor, class_id = np.divmod(where, len(CLASSES))
    shares = boxes[0, anchor][:, [1, 0, 3, 2]]
    return Detections((shares * np.array([*size, *size])).astype(np.float32), score, class_id)


def _decode_yolo(outputs: Arrays, floor: float, size: tuple[int, int]) -> Detections:
    """One output (1, 4 + C, N): centre x, centre y, width, height in input pixels, then C = 80 or 8 scores."""
    (out,) = outputs.values()
    rows = out[0, 4:]
    where, score = _pick(rows[list(COCO_INDICES)] if len(rows) == 80 else np.ascontiguousarray(rows), floor)
    class_id, anchor = np.divmod(where, rows.shape[1])
    centre, half = out[0, :2, anchor], out[0, 2:4, anchor] / 2
    return Detections(np.concatenate([centre - half, centre + half], axis=1).astype(np.float32), score, class_id)


FAMILIES = (
    Family(
        "efficientdet",
        "kitt's EfficientDet: boxes [1,N,4] (x1 y1 x2 y2, input pixels) and scores [1,N,8]",
        _is_kitt, _decode_kitt, 1.0, 64,
    ),
    Family(
        "efficientdet-90",
        "EfficientDet as TFLite has it: boxes [1,N,4] (y1 x1 y2 x2, 0..1) and scores [1,N,90]",
        _is_tflite_style, _decode_tflite_style, 1.0, 64,
    ),
    Family(
        "yolo",
        "YOLOv8 or YOLO11: one output [1,84,N] (COCO's 80 classes) or [1,12,N] (kitt's 8)",
        _is_yolo, _decode_yolo, 1 / 255, 32,
    ),
)  # fmt: skip


def identify(inputs: Specs, outputs: Specs, name: str) -> Family:
    """The family of a network; `name` is what errors call it. Raises KittError on a layout that is none of FAMILIES.

    What the file leaves free must be filled in before, by `probe`.
    """
    for family in FAMILIES:
        if family.matches(outputs):
            width, height, _ = _picture(inputs, name)
            if family.name == "yolo" and width > 0 and height > 0:
                _check_anchors(outputs[0].shape[2], width, height, name)
            return family
    raise KittError(
        f"{name}: its outputs are {_told(outputs)}; kitt understands {'; '.join(f.accepts for f in FAMILIES)}"
    )


def _check_anchors(found: int, width: int, height: int, name: str) -> None:
    """Boxes and picture are in one scale only where there is one anchor a cell of each stride's grid."""
    expected = [sum(-(-width // s) * -(-height // s) for s in strides) for strides in YOLO_STRIDES]
    if found > 0 and found not in expected:
        raise KittError(
            f"{name}: gives {found} boxes for an input of {width}x{height}, where a YOLO gives {expected[0]}; "
            "export it for that size and without NMS"
        )


def probe(backend: Backend, name: str) -> tuple[Specs, Specs]:
    """(inputs, outputs) with all that the file leaves free as it is for one picture; the network is run if need be."""
    inputs, outputs = backend.io_specs()
    if all(s.shape and min(s.shape) > 0 for s in (*inputs, *outputs)):
        return inputs, outputs
    width, height, channels_first = _picture(inputs, name)
    width, height = (width if width > 0 else PROBE_PX), (height if height > 0 else PROBE_PX)
    shape = (1, 3, height, width) if channels_first else (1, height, width, 3)
    made = backend.infer({inputs[0].name: np.zeros(shape, inputs[0].dtype)})
    return (replace(inputs[0], shape=shape),), tuple(replace(o, shape=made[o.name].shape) for o in outputs)


def free_size(inputs: Specs, name: str) -> bool:
    """Whether the network takes pictures of any size."""
    width, height, _ = _picture(inputs, name)
    return width < 0 or height < 0


def input_spec(inputs: Specs, family: Family, name: str, size: tuple[int, int] | None = None) -> InputSpec:
    """How to fill the network's input; `size` (width, height) is used where the network leaves it free."""
    width, height, channels_first = _picture(inputs, name)
    if size is not None:
        width, height = (width if width > 0 else size[0]), (height if height > 0 else size[1])
    return InputSpec(width, height, channels_first, inputs[0].dtype, family.pixel_scale, inputs[0].name)


def _picture(inputs: Specs, name: str) -> tuple[int, int, bool]:
    """(width, height, channels first) of the one input, -1 for free. Raises KittError when it holds no picture."""
    shape = inputs[0].shape if len(inputs) == 1 else ()
    good = len(shape) == 4 and shape[0] in (1, -1) and inputs[0].dtype in (np.uint8, np.float32)
    if good and (shape[1] == 3 or (shape[1] == -1 and shape[3] != 3)):  # all of it free is as exporters of YOLO have it
        return shape[3], shape[2], True
    if good and shape[3] in (3, -1):
        return shape[2], shape[1], False
    raise KittError(
        f"{name}: its inputs are {_told(inputs)}; kitt understands one picture [1,3,H,W] or [1,H,W,3], uint8 or float32"
    )


def _told(specs: Specs) -> str:
    return ", ".join(
        f"{s.name} {s.dtype} [{','.join('?' if d < 0 else str(d) for d in s.shape)}]" for s in specs
    ) or "none"  # fmt: skip
