"""Damage: what of the float network's sight INT8 changes; and which single layers do it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitt.engine.quantise.partly import Partly
from kitt.errors import KittError
from kitt.eval.damage import Bench, damage, likely_worst, ranking
from tests.engine.quantise.small_detector import LAYERS, detector, pictures, ranges

LOOKS = [picture[None] for picture in pictures()]


def given(scores: list[float], shift: float = 0.0) -> list[dict[str, np.ndarray]]:
    """One picture of boxes 10 wide, moved by `shift`, whose first class has these scores."""
    rows = len(scores)
    all_scores = np.zeros((1, rows, 8), np.float32)
    all_scores[0, :, 0] = scores
    left = np.arange(rows, dtype=np.float32)[:, None] * 20 + shift
    boxes = np.concatenate([left, left * 0, left + 10, left * 0 + 10], axis=1)[None].astype(np.float32)
    return [{"boxes": boxes, "scores": all_scores}]


def watch(steps: Iterable[Any], count: int, what: str) -> Iterable[Any]:
    return steps


def test_the_same_is_no_damage_and_lost_scores_are_told_as_a_share() -> None:
    assert damage(given([0.8, 0.2]), given([0.8, 0.2])) == 0
    assert damage(given([0.8, 0.2]), given([0.7, 0.2])) == pytest.approx(0.1)


def test_what_only_int8_sees_counts_as_much() -> None:
    rows = [0.5] + [0.01] * 300
    false = list(rows)
    false[200] = 0.51
    assert damage(given(rows), given(false)) == pytest.approx(0.5 / (0.5 + 99 * 0.01), rel=0.02)


def test_boxes_that_part_count_by_their_score() -> None:
    # 5 of 10 pixels apart: 5 shared of 15
    assert damage(given([0.6]), given([0.6], shift=5)) == pytest.approx(2 / 3)


def test_values_that_are_no_numbers_are_as_bad_as_can_be() -> None:
    assert damage(given([0.6]), given([np.nan])) == np.inf


@pytest.mark.parametrize("encoding", ["u8", "s8"])
@pytest.mark.parametrize("layer", ["conv_a", "sum"])
def test_an_absurd_range_puts_those_that_store_it_first(layer: str, encoding: str, tmp_path: Path) -> None:
    """u8: the layer and the one that reads it; s8: only what is read is stored, so that it is the reader."""
    partly = Partly(detector(), ranges(tmp_path, layer), encoding)
    ranked = ranking(partly, Bench.of(partly.model, LOOKS), tmp_path / "cache.json", watch)
    reader = LAYERS[LAYERS.index(layer) + 1]
    culprits = {layer, reader} if encoding == "u8" else {reader}
    assert {name for name, _ in ranked[: len(culprits)]} == culprits
    assert ranked[len(culprits) - 1][1] > 3 * ranked[len(culprits)][1]


def test_the_last_layer_with_an_absurd_range_is_first_by_itself(tmp_path: Path) -> None:
    partly = Partly(detector(), ranges(tmp_path, "head"), "u8")
    ranked = ranking(partly, Bench.of(partly.model, LOOKS), tmp_path / "cache.json", watch)
    assert ranked[0][0] == "head"
    assert ranked[0][1] > 3 * ranked[1][1]


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_the_likely_worst_are_those_of_the_ranking(encoding: str, tmp_path: Path) -> None:
    partly = Partly(detector(), ranges(tmp_path, "conv_b"), encoding)
    bench = Bench.of(partly.model, LOOKS)
    ranked = [name for name, _ in ranking(partly, bench, tmp_path / "cache.json", watch)]
    assert likely_worst(partly, bench, 2) == ranked[:2]
    assert ranked[0] not in likely_worst(partly, bench, 5, [ranked[0]]), "what is in float costs nothing"


def test_an_interrupted_ranking_goes_on_where_it_was(tmp_path: Path) -> None:
    partly, cache = Partly(detector(), ranges(tmp_path), "u8"), tmp_path / "cache.json"
    bench = Bench.of(partly.model, LOOKS)
    seen: list[str] = []

    def interrupted(steps: Iterable[str], count: int, what: str) -> Iterator[str]:
        for i, step in enumerate(steps):
            if i == 2:
                raise KeyboardInterrupt
            yield step

    def counted(steps: Iterable[str], count: int, what: str) -> Iterator[str]:
        for step in steps:
            seen.append(step)
            yield step

    with pytest.raises(KeyboardInterrupt):
        ranking(partly, bench, cache, interrupted)
    resumed = ranking(partly, bench, cache, counted)
    assert seen == LAYERS[2:]
    assert resumed == ranking(partly, bench, tmp_path / "another.json", watch)

    again = ranking(partly, bench, cache, counted)
    assert (again, seen) == (resumed, LAYERS[2:]), "what is known is not measured again"

    ranking(Partly(detector(), ranges(tmp_path), "s8"), bench, cache, counted)
    assert len(seen) > len(LAYERS), "another encoding's numbers are not taken"


@pytest.mark.parametrize("text", ["{", "[]", '{"of": "x"', '{"of": 1, "damage": 3}', '{"damage": {}}'])
def test_a_damaged_cache_is_one_line(text: str, tmp_path: Path) -> None:
    partly, cache = Partly(detector(), ranges(tmp_path), "u8"), tmp_path / "cache.json"
    bench = Bench.of(partly.model, LOOKS)
    ranking(partly, bench, cache, watch)
    key = json.loads(cache.read_text())["of"]
    cache.write_text(text.replace('"of": 1', f'"of": "{key}"'))
    with pytest.raises(KittError, match=r"damaged .*delete it") as raised:
        ranking(partly, bench, cache, watch)
    assert str(cache) in str(raised.value)
    assert "\n" not in str(raised.value)
