"""A build without a GPU: what TensorRT would refuse on the machine in the car shows on any desk.

TensorRT for RTX parses and builds ahead of time with no driver at all, by rules that the full one shares (explicit
symmetric Q/DQ, strong typing). It says nothing about speed, and nothing it builds can run here.
"""

from __future__ import annotations

from pathlib import Path

from kitt.engine.trt.builder import Built, build, parse
from kitt.engine.trt.library import find_for_lint


def lint(onnx: Path, precision: str) -> Built:
    """Build `onnx` for no GPU in particular. Raises KittError with the first complaint, or without the library."""
    return build(onnx, precision, find_for_lint())


def glance(onnx: Path, precision: str) -> int:
    """Parse alone, which finds what is placed wrong in a fraction of a second; the number of layers."""
    return int(parse(onnx, precision, find_for_lint()).network.num_layers)
