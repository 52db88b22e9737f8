"""Which layers add most noise."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from kitt.engine.quantise.blame import Cost, blame, known, layers
from kitt.engine.quantise.net import Net
from kitt.engine.quantise.placement import plan
from kitt.errors import KittError
from tests.engine.quantise.small_detector import GIVES, LAYERS, detector, pictures, ranges

FEEDS = [{"images": picture[None]} for picture in pictures()]


@pytest.mark.parametrize("encoding", ["u8", "s8"])
@pytest.mark.parametrize("layer", ["conv_a", "conv_b", "sum"])
def test_a_layer_whose_range_is_absurd_is_named_first(layer: str, encoding: str, tmp_path: Path) -> None:
    costs = blame(detector(), ranges(tmp_path, layer), encoding, FEEDS)
    assert costs[0].layer == layer
    assert costs[0].own > 3 * costs[1].own
    assert costs[0].falls_db > 20, "what it reads is clean"


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_every_layer_is_told_and_good_ranges_cost_little(encoding: str, tmp_path: Path) -> None:
    costs = blame(detector(), ranges(tmp_path), encoding, FEEDS)
    assert sorted(c.layer for c in costs) == sorted(LAYERS)
    assert [c.own for c in costs] == sorted((c.own for c in costs), reverse=True)
    assert all(25 < c.sqnr_db <= 120 for c in costs)


def test_noise_that_is_passed_on_is_not_a_layers_own(tmp_path: Path) -> None:
    costs = {c.layer: c for c in blame(detector(), ranges(tmp_path, "conv_a"), "u8", FEEDS)}
    assert costs["conv_b"].reads == costs["conv_a"].gives > 0.5
    assert abs(costs["conv_b"].falls_db) < 5


def test_pixels_that_are_read_as_they_are_are_clean(tmp_path: Path) -> None:
    """Their mean and spread are in the first layer's weights, and the border it pads is in the picture."""
    model = detector()
    (scale,) = (n for n in model.graph.node if n.output[0] == "x")
    at = list(model.graph.node).index(scale)
    model.graph.initializer.append(numpy_helper.from_array(np.float32([120, 110, 100]).reshape(1, 3, 1, 1), "mean"))
    model.graph.node.insert(at, helper.make_node("Sub", ["planes", "mean"], ["centred"]))
    model.graph.node[at + 1].input[0] = "centred"
    # the writer knows pixels by Transpose, Cast, Sub, Mul
    cast, turn = model.graph.node[0], model.graph.node[1]
    turn.input[0], turn.output[0], cast.input[0], cast.output[0] = "images", "turned", "turned", "planes"
    first = [turn, cast, *list(model.graph.node)[2:]]
    ordered = onnx.ModelProto()
    ordered.CopyFrom(model)
    del ordered.graph.node[:]
    ordered.graph.node.extend(first)
    costs = {c.layer: c for c in blame(ordered, ranges(tmp_path, model=ordered), "u8", FEEDS)}
    assert costs["conv_a"].reads == 0
    assert costs["conv_a"].sqnr_db > 25


def test_what_only_moves_numbers_is_no_layer(tmp_path: Path) -> None:
    net, held = Net(detector()), ranges(tmp_path)
    found = layers(net, plan(net, known(held, "u8"), "u8"))
    assert [layer.name for layer in found] == LAYERS
    assert {layer.name: layer.gives for layer in found} == {name: gives[0] for name, gives in GIVES.items()}
    assert found[3].reads == ("pool_conv", "pooled")


def test_layers_that_are_kept_in_float_are_not_to_blame(tmp_path: Path) -> None:
    costs = blame(detector(), ranges(tmp_path, "head"), "u8", FEEDS, ["head"])
    assert "head" not in [c.layer for c in costs]


def test_without_inputs_there_is_nothing_to_say(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no inputs"):
        blame(detector(), ranges(tmp_path), "u8", [])


def test_a_cost_reads_in_decibels() -> None:
    cost = Cost("conv", reads=0.001, gives=0.1)
    assert (cost.sqnr_db, round(cost.falls_db, 6)) == (10, 20)
    assert str(cost) == "conv (10.0 dB, 20.0 dB below what it reads)"
    assert Cost("conv", 0, 0).sqnr_db == 120
