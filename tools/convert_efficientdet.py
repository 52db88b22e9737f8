"""Convert a published EfficientDet-Lite .tflite to kitt's ONNX: IN.tflite OUT.onnx --size 576x320 [--float]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kitt.engine.convert.efficientdet import convert
from kitt.errors import KittError


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, metavar="IN.tflite")
    parser.add_argument("target", type=Path, metavar="OUT.onnx")
    parser.add_argument("--size", type=size, required=True, metavar="WxH", help="input size in pixels: 576x320")
    parser.add_argument("--float", action="store_true", help="float32 weights, no quantisation")
    arguments = parser.parse_args()
    try:
        convert(arguments.source, arguments.target, *arguments.size, quantised=not arguments.float)
    except (KittError, OSError) as e:
        sys.exit(f"convert_efficientdet: {e}")


if __name__ == "__main__":
    main()
