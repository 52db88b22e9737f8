import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.engine.convert.reading import read
from kitt.errors import KittError
from tests.engine.convert.tiny_network import tiny_efficientdet
from tests.engine.convert.writing import to_tflite

GRAPH = tiny_efficientdet()
BLOB = to_tflite(GRAPH)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tiny.tflite"
    path.write_bytes(BLOB)
    return path


def test_operators_come_back_as_they_were_written(file):
    graph = read(file)
    assert graph.ops == GRAPH.ops
    assert (graph.inputs, graph.outputs) == (GRAPH.inputs, GRAPH.outputs)


def test_tensors_come_back_with_their_shapes_values_and_grids(file):
    for got, written in zip(read(file).tensors, GRAPH.tensors, strict=True):
        assert (got.shape, got.dtype) == (written.shape, written.dtype)
        assert (got.data is None) == (written.data is None)
        if written.data is not None:
            assert np.array_equal(got.data, written.data)
        assert (got.quant is None) == (written.quant is None)
        if written.quant is not None:
            assert np.array_equal(got.quant.scale, written.quant.scale)
            assert np.array_equal(got.quant.zero_point, written.quant.zero_point)
            assert got.quant.axis == written.quant.axis


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(KittError, match=r"none\.tflite: cannot read the weights: No such file"):
        read(tmp_path / "none.tflite")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 something else entirely"])
def test_another_kind_of_file_is_told(tmp_path, content):
    path = tmp_path / "other.tflite"
    path.write_bytes(content)
    with pytest.raises(KittError, match="not a TFLite file"):
        read(path)


@settings(max_examples=60, deadline=None)
@given(length=st.integers(8, len(BLOB) - 1))
def test_a_file_cut_off_anywhere_is_told_or_whole_where_it_matters(tmp_path_factory, length):
    path = tmp_path_factory.mktemp("cut") / "cut.tflite"
    path.write_bytes(BLOB[:length])
    error = ""
    try:
        whole = read(path).ops == GRAPH.ops
    except KittError as e:
        whole, error = False, str(e)
    assert whole or "damaged" in error
