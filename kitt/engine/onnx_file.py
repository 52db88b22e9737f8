"""A user's ONNX file as everything after it needs it: whole, float, of one fixed size, of an opset that is known.

What cannot be built on is refused here, before anything is computed, in one line that says what helps.
"""

from __future__ import annotations

from pathlib import Path

import onnx

from kitt.errors import KittError


def read_onnx(path: Path, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """The float network in `path`, its opset brought to 13..17; `size` (width, height) where it leaves that free.

    Raises KittError for all that kitt cannot build on.
    """
    raise NotImplementedError


def with_fixed_size(model: onnx.ModelProto, width: int, height: int, name: str) -> onnx.ModelProto:
    """The network for one picture of width x height pixels. `name` is what errors call it.

    Raises KittError where it takes no picture or is made for another size.
    """
    raise KittError(f"{name}: not yet")
