"""What TensorRT would not take is told in one line before it is asked."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from kitt.engine.trt.prepare import prepared, read
from kitt.errors import KittError
from tests.engine.trt.networks import conv_net, saved

CASES = {
    "zero point": r"QuantizeLinear 'quantizelinear_x_stored' has a zero point that is not 0",
    "uint8": r"QuantizeLinear 'quantizelinear_x_stored' is of uint8",
    "int32 bias": r"DequantizeLinear 'dequantizelinear_b_read' is of int32 \(a bias\)",
    "free shape": r"'images' has the shape batchx12x16x3",
    "new opset": r"opset 99 is too new",
}


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_is_one_line_that_names_the_node(fault: str, tmp_path: Path) -> None:
    path = saved(conv_net(fault=fault), tmp_path / "net.onnx")
    with pytest.raises(KittError, match=CASES[fault]) as raised:
        prepared(path, "int8", typed=True)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_bytes_are_widened_at_the_border(tmp_path: Path) -> None:
    model = prepared(saved(conv_net(), tmp_path / "net.onnx"), "int8", typed=True)
    assert [n.op_type for n in model.graph.node[:2]] == ["Cast", "Transpose"]
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.input[0].type.tensor_type.elem_type == TensorProto.UINT8


def test_float16_is_in_the_file_only_for_a_builder_that_reads_types_there(tmp_path: Path) -> None:
    path = saved(conv_net(quantised=False), tmp_path / "net.onnx")
    for typed in (True, False):
        model = prepared(path, "fp16", typed=typed)
        assert any(t.data_type == TensorProto.FLOAT16 for t in model.graph.initializer) == typed


def test_precision_and_file_must_agree(tmp_path: Path) -> None:
    quantised = saved(conv_net(), tmp_path / "q.onnx")
    plain = saved(conv_net(quantised=False), tmp_path / "f.onnx")
    with pytest.raises(KittError, match="is not quantised, so there is no INT8 to build"):
        prepared(plain, "int8", typed=True)
    with pytest.raises(KittError, match=r"it is quantised .*; build fp16 from the float network"):
        prepared(quantised, "fp16", typed=True)
    with pytest.raises(KittError, match="unknown precision 'int4'; there are: int8, fp16, fp32"):
        prepared(quantised, "int4", typed=True)


def test_missing_and_truncated_files(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"gone\.onnx: no such model file"):
        read(tmp_path / "gone.onnx")
    whole = saved(conv_net(), tmp_path / "net.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(KittError, match=r"cut\.onnx: not a sound ONNX file") as raised:
            read(cut)
        assert "\n" not in str(raised.value)


def test_weights_beside_the_file_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(conv_net(), path, save_as_external_data=True, location="net.weights", size_threshold=0)
    read(path)
    (tmp_path / "net.weights").unlink()
    with pytest.raises(KittError, match=r"net\.weights") as raised:
        read(path)
    assert "\n" not in str(raised.value)
