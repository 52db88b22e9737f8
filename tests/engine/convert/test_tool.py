"""tools/convert_efficientdet.py as a person runs it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kitt.engine.ort import OrtBackend
from tests.engine.convert.tiny_network import tiny_efficientdet
from tests.engine.convert.writing import to_tflite

TOOL = Path(__file__).parents[3] / "tools" / "convert_efficientdet.py"


def run(*arguments):
    return subprocess.run([sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("extra", [[], ["--float"]])
def test_converts_for_the_size_asked(tmp_path, extra):
    (tmp_path / "in.tflite").write_bytes(to_tflite(tiny_efficientdet()))
    assert run(tmp_path / "in.tflite", tmp_path / "out.onnx", "--size", "96x64", *extra).returncode == 0
    (images,), outputs = OrtBackend.load(tmp_path / "out.onnx", 1).io_specs()
    assert (images.shape, images.dtype) == ((1, 64, 96, 3), np.uint8)
    assert [o.name for o in outputs] == ["boxes", "scores"]


def test_bad_input_is_one_line(tmp_path):
    done = run(tmp_path / "none.tflite", tmp_path / "out.onnx", "--size", "96x64")
    assert done.returncode != 0
    assert "none.tflite: cannot read the weights" in done.stderr
    assert len(done.stderr.splitlines()) == 1
