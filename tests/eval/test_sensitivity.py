"""The layers to blame, and the search for the fewest that must stay in float."""

import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kitt.engine import networks
from kitt.engine.quantise.partly import Partly
from kitt.engine.quantise.ranges import Ranges
from kitt.errors import KittError
from kitt.eval import gate, sensitivity, trials
from kitt.eval.gate import Comparison
from kitt.eval.sensitivity import search, worst_layers
from tests.engine.quantise.small_detector import LAYERS, SIDE, detector, pictures, ranges

SEEN: list[str] = []
HOME_FILE = "small.layers.json"


def watch(steps: Iterable[Any], count: int, what: str) -> Iterable[Any]:
    SEEN.append(what)
    return steps


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, in which the model `small` is a detector that is known."""
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    (tmp_path / "calibration").mkdir()
    known = SimpleNamespace(built_sizes=((SIDE, SIDE),))
    for module in (sensitivity, trials):
        monkeypatch.setattr(module, "find_detector", lambda name: known)
    monkeypatch.setattr(sensitivity, "every_anchor", lambda name: detector())
    monkeypatch.setattr(networks, "float_network", lambda name, width, height: detector())
    # so small a network has no room for noise
    monkeypatch.setattr(trials, "HARMLESS", 0.1)
    SEEN.clear()
    return tmp_path


def calibrated(folder: Path, monkeypatch: pytest.MonkeyPatch, absurd: str = "") -> Ranges:
    held = ranges(folder, absurd)
    monkeypatch.setattr(networks, "ranges_of", lambda name, encoding: held)
    return held


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_those_that_store_an_absurd_range_are_named_first(
    encoding: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """u8: who gives it and who reads it; s8: the readers alone, since only what is read is stored."""
    calibrated(home, monkeypatch, "conv_b")
    culprits = {"conv_b", "pool_conv", "sum"} if encoding == "u8" else {"pool_conv", "sum"}
    assert set(worst_layers("small", encoding, pictures(2), count=len(culprits))) == culprits


def test_pictures_of_any_size_are_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch)
    assert len(worst_layers("small", "u8", [np.zeros((20, 50, 3), np.uint8)])) == len(LAYERS)
    with pytest.raises(KittError, match=r"no pictures.*kitt sample"):
        worst_layers("small", "u8", [])


def test_good_ranges_keep_nothing_in_float(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch)
    found = search("small", "u8", pictures(), None, watch)
    assert found.chosen is not None
    assert found.chosen.kept == ()
    held = json.loads((home / "calibration" / HOME_FILE).read_text())
    assert held["u8"]["float_layers"] == []
    assert len(held["u8"]["ranking"]) == len(LAYERS)
    assert "no layer has to be in float" in str(found)


def test_the_fewest_layers_that_heal_it_are_written_and_read_by_builds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = calibrated(home, monkeypatch, "head")
    found = search("small", "u8", pictures(), None, watch)
    assert [len(t.kept) for t in found.trials] == [0, 1]
    assert found.chosen is not None
    assert found.chosen.kept == ("head",)
    assert found.trials[0].damage > trials.HARMLESS > found.chosen.damage
    assert networks.float_layers_of("small", "u8") == list(found.chosen.float_layers)
    assert networks.float_layers_of("small", "s8") == []
    assert found.chosen.float_layers == tuple(Partly(detector(), held, "u8").float_layers(["head"]))
    assert min(found.float_ms, *(t.ms for t in found.trials)) > 0

    search("small", "s8", pictures(), None, watch)
    both = json.loads((home / "calibration" / HOME_FILE).read_text())
    assert sorted(both) == ["s8", "u8"], "the other encoding's choice stays"


def test_where_no_choice_is_good_enough_nothing_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch, "head")
    monkeypatch.setattr(trials, "HARMLESS", -1.0)
    found = search("small", "u8", pictures(), None, watch)
    assert found.chosen is None
    assert [len(t.kept) for t in found.trials] == [0, 1, 2]
    assert not (home / "calibration" / HOME_FILE).exists()
    assert "none is good enough" in str(found)


def test_on_labelled_pictures_their_map_decides(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch)
    looked: list[int] = []

    def see(data: Any, config: Any, progress: Any, store: Any) -> Any:
        list(progress([1], 1))
        return SimpleNamespace(found=len(store("small", SIDE, SIDE).read_bytes()))

    def compare(first: Any, second: Any) -> Comparison:
        looked.append(second)
        good = len(looked) == 3
        return Comparison(0.4, 0.4 if good else 0.3, 0.99 if good else 0.7, 1.0)

    monkeypatch.setattr(trials, "see", see)
    monkeypatch.setattr(gate, "matches", lambda data, found: found)
    monkeypatch.setattr(gate, "pooled", lambda parts: parts[0])
    monkeypatch.setattr(gate, "compare", compare)
    found = search("small", "u8", pictures(), [SimpleNamespace(name="roads")], watch)  # type: ignore[list-item]
    assert found.chosen is not None
    assert len(found.chosen.kept) == 2
    assert len(set(looked)) == 3, "each trial is another network"
    assert SEEN.count("float on roads") == 1
    assert "mAP 0.4000 of 0.4000 (100.0%, 95 % interval 99.0% to 100.0%)" in str(found)


def test_what_was_ranked_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch)
    first = search("small", "u8", pictures(), None, watch)
    cache = home / "engines" / "small.u8.search.json"
    changed = json.loads(cache.read_text())
    changed["damage"]["sum"] = 9.0
    cache.write_text(json.dumps(changed))
    assert search("small", "u8", pictures(), None, watch).ranking[0] == ("sum", 9.0)
    assert search("small", "u8", pictures(2), None, watch).ranking != first.ranking, "other pictures are measured"

    cache.write_text("{")
    with pytest.raises(KittError, match=r"small\.u8\.search\.json: damaged"):
        search("small", "u8", pictures(), None, watch)


def test_a_damaged_choice_is_told_and_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(home, monkeypatch)
    path = home / "calibration" / HOME_FILE
    path.write_text("[")
    with pytest.raises(KittError, match=HOME_FILE):
        search("small", "u8", pictures(), None, watch)
    assert path.read_text() == "["


def test_a_network_of_ones_own_is_told_to_be_out_of_reach(home: Path) -> None:
    with pytest.raises(KittError, match=r"mine\.onnx: --search knows"):
        search("mine.onnx", "u8", pictures(), None, watch)
