"""What TensorRT would refuse, without a GPU: `pip install 'kitt[rtx]'`, then `python tools/lint_engines.py [ONNX...]`.

Builds each file ahead of time with TensorRT for RTX: X.s8.onnx as INT8, any other as FP16. Without arguments: all
*.s8.onnx in the folder of engines and the ears' first pass. Exits with 1 when one is refused, 2 without the library.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from kitt.engine.trt.library import find_for_lint
from kitt.engine.trt.lint import lint
from kitt.errors import KittError
from kitt.places import engines, shipped


def main(arguments: Sequence[str]) -> int:
    try:
        found = find_for_lint()
    except KittError as e:
        print(f"lint_engines: {e}", file=sys.stderr)
        return 2
    refused = 0
    for path in [Path(a) for a in arguments] or [*sorted(engines().glob("*.s8.onnx")), shipped() / "ears-first.onnx"]:
        precision = "int8" if path.name.endswith(".s8.onnx") else "fp16"
        try:
            built = lint(path, precision)
        except KittError as e:
            refused += 1
            print(f"refused  {e}")
        else:
            print(f"ok       {path.name}: {precision}, {built.layers} layers, {built.seconds:.1f} s, {found.name}")
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
