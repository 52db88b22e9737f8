"""One layer in INT8, or a few that are not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from kitt.engine.quantise.partly import Partly
from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges
from kitt.errors import KittError
from tests.engine.quantise.small_detector import LAYERS, detector, ranges


def partly(folder: Path, encoding: str = "u8") -> Partly:
    return Partly(detector(), ranges(folder), encoding)


def stored(model: onnx.ModelProto) -> set[str]:
    """Tensors that are rounded to integers, but for weights."""
    rounded = {n.output[0].removesuffix("_stored") for n in model.graph.node if n.op_type == "QuantizeLinear"}
    return {name for name in rounded if not name.endswith("_w")}


def scales(model: onnx.ModelProto) -> Iterator[tuple[str, float]]:
    held = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and held[node.input[1]].size == 1:
            yield node.output[0].removesuffix("_stored"), float(held[node.input[1]])


def test_one_layer_alone_stores_what_it_reads_and_gives(tmp_path: Path) -> None:
    assert partly(tmp_path).layers == LAYERS
    assert stored(partly(tmp_path).alone("conv_b")) == {"a", "b"}
    assert stored(partly(tmp_path, "s8").alone("conv_b")) == {"a"}


def test_alone_it_has_the_grids_it_has_among_the_others(tmp_path: Path) -> None:
    """b and pooled share one; by itself each would have the finer one of its own range."""
    held = ranges(tmp_path)
    wide = TensorRanges(Range(0.0, 99.0), "frames", 99.0, "frames")
    held = Ranges(held.model, held.network, {**held.tensors, "pooled": wide}, held.sources)
    both = Partly(detector(), held, "u8")
    assert dict(scales(both.alone("conv_b")))["b"] == dict(scales(both.without([])))["b"]
    assert np.isclose(dict(scales(both.alone("conv_b")))["b"], 99 / 255)


def test_moves_follow_what_they_read(tmp_path: Path) -> None:
    small = partly(tmp_path)
    assert small.float_layers([]) == []
    assert small.float_layers(["conv_a"]) == ["conv_a"]
    assert small.float_layers(["conv_b"]) == ["conv_b", "pooled"]
    assert small.float_layers(["head"])[0] == "head"
    assert "pooled" not in stored(small.without(["conv_b", "pool_conv", "sum"]))
    assert "b" not in stored(small.without(["conv_b", "pool_conv", "sum"]))


def test_without_calibration_there_is_nothing_to_search(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="kitt calibrate"):
        _ = Partly(detector(), Ranges("small", "", {}), "u8").layers
