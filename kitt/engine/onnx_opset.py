"""The opset of a network: what kitt works with, and how others are brought to it without changing what is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import version_converter

from kitt.engine.onnx_run import noise_for, run
from kitt.errors import KittError

OLDEST, NEWEST = 13, 17
"""13 has Q and DQ per channel; 17 is the newest that TensorRT 8.6 reads."""
_TAKES = f"kitt takes {OLDEST} to {NEWEST}: export it with opset_version={NEWEST}"
_TOLERANCE = 1e-4
"""Of the largest value of an output: two ways to compute the same, in float32."""


def opset_of(model: onnx.ModelProto) -> int:
    """The version of ONNX's own operators, 0 where none is named."""
    return next((int(o.version) for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)


def check_opset(model: onnx.ModelProto, name: str) -> None:
    """Raises KittError for an opset that nobody here knows."""
    opset, known = opset_of(model), onnx.defs.onnx_opset_version()
    if opset == 0:
        raise KittError(f"{name}: names no opset; the file is cut off, or no ONNX; {_TAKES}")
    if opset > known:
        raise KittError(f"{name}: its opset is {opset}, too new for onnx {onnx.__version__} ({known}); {_TAKES}")


def with_known_opset(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """The network in an opset of OLDEST..NEWEST, the one it is in where that will do. Its shapes must be fixed.

    Raises KittError where it cannot be brought to one, or would then compute something else.
    """
    opset = opset_of(model)
    if OLDEST <= opset <= NEWEST:
        return model
    target = OLDEST if opset < OLDEST else NEWEST
    where = f"{name}: its opset is {opset}, too {'old' if opset < OLDEST else 'new'},"
    try:
        changed = version_converter.convert_version(model, target)
    except Exception as e:  # the converter's errors are bare RuntimeErrors, and its assertions others
        raise KittError(f"{where} and cannot be brought to {target} ({_line(e)}); {_TAKES}") from e
    feeds = noise_for(model)
    try:
        before, after = run(model, feeds), run(changed, feeds)
    except Exception as e:
        raise KittError(f"{where} and what {target} makes of it cannot be checked ({_line(e)}); {_TAKES}") from e
    for output, here, there in zip(model.graph.output, before, after, strict=True):
        if not _same(here, there):
            raise KittError(f"{where} and brought to {target} its output '{output.name}' is another; {_TAKES}")
    return changed


def _same(here: NDArray[Any], there: NDArray[Any]) -> bool:
    if here.shape != there.shape or here.dtype != there.dtype:
        return False
    if here.dtype.kind != "f":
        return bool(np.array_equal(here, there))
    room = _TOLERANCE * float(np.abs(here[np.isfinite(here)]).max(initial=1e-6))
    return bool(np.allclose(here, there, rtol=0, atol=room, equal_nan=True))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
