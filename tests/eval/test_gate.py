"""mAP and its interval against pycocotools, and what the gate lets pass."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.errors import KittError
from kitt.eval import coco
from kitt.eval.datasets import DataSet, Sample, Truth
from kitt.eval.gate import ClassMatches, Comparison, compare, matches, mean_ap, pooled
from kitt.types import CAR, PERSON, TRUCK, Detections

pytest.importorskip("pycocotools", reason="needs kitt[eval]")


def scene(seed, pictures=12, classes=(CAR, PERSON)):
    """A labelled set, and detections that are shifted, doubled, missed and made up."""
    random = np.random.default_rng(seed)
    samples, found = [], []
    for i in range(pictures):
        rows, boxes, scores, ids = [], [], [], []
        for _ in range(random.integers(0, 6)):
            x, y, w, h = random.uniform([0, 0, 20, 20], [500, 300, 120, 120])
            kind = int(random.choice(classes))
            rows.append(([x, y, x + w, y + h], kind, bool(random.random() < 0.1), float("nan")))
            for _ in range(random.integers(0, 3)):
                shift = random.normal(0, 6, 4)
                boxes.append(np.array([x, y, x + w, y + h]) + shift)
                scores.append(random.uniform(0.05, 1))
                ids.append(kind if random.random() < 0.9 else int(random.choice(classes)))
        samples.append(Sample(Path(f"{i}.png"), (640, 480), Truth.of(rows)))
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        found.append(Detections(xyxy, np.array(scores, np.float32), np.array(ids, np.int64)))
    return DataSet("scene", samples, tuple(sorted(classes))), found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999))
def test_map_is_that_of_pycocotools(seed):
    data, found = scene(seed)
    expected = coco.average_precision(data, found)["AP"]
    if not sum(len(f) for f in found) or np.isnan(expected):
        return
    assert mean_ap(matches(data, found), np.ones(len(found))) == pytest.approx(expected, abs=1e-9)


def test_a_picture_counted_twice_is_a_picture_that_is_there_twice():
    data, found = scene(3)
    twice = DataSet("twice", [*data.samples, data.samples[2]], data.classes)
    times = np.ones(len(found))
    times[2] = 2
    assert mean_ap(matches(data, found), times) == pytest.approx(
        mean_ap(matches(twice, [*found, found[2]]), np.ones(len(found) + 1)), abs=2e-3
    )


def test_pooled_sets_are_one_set():
    (first, a), (second, b) = scene(1), scene(2)
    both = DataSet("both", [*first.samples, *second.samples], first.classes)
    expected = mean_ap(matches(both, [*a, *b]), np.ones(24))
    assert mean_ap(pooled([matches(first, a), matches(second, b)]), np.ones(24)) == pytest.approx(expected, abs=2e-3)


def test_a_class_that_one_set_does_not_label_counts_where_it_is_labelled():
    (first, a), (second, b) = scene(1, classes=(CAR,)), scene(2, classes=(CAR, TRUCK))
    kinds = pooled([matches(first, a), matches(second, b)])
    assert [k.class_id for k in kinds] == [CAR, TRUCK]
    assert not kinds[1].objects[:12].any()


def test_the_same_detections_are_as_good_without_doubt():
    data, found = scene(5)
    one = compare(matches(data, found), matches(data, found), 50)
    assert (one.ratio, one.low, one.high) == (1.0, 1.0, 1.0)
    assert one.passes()


def test_worse_ones_are_worse_and_the_interval_holds_the_ratio():
    data, found = scene(5, pictures=60)
    moved = [replace(f, xyxy=f.xyxy + 9) for f in found]
    one = compare(matches(data, found), matches(data, moved), 200)
    assert one.low <= one.ratio <= one.high < 1
    assert not one.passes()


@pytest.mark.parametrize(
    ("ratio", "low", "passes"), [(0.99, 0.98, True), (0.989, 0.985, False), (1.0, 0.979, False), (1.02, 0.99, True)]
)
def test_it_needs_both_the_figure_and_that_it_is_sure(ratio, low, passes):
    assert Comparison(0.4, 0.4 * ratio, low, 1.1).passes() is passes


def test_a_network_that_sees_nothing_has_map_0_and_does_not_pass():
    data, found = scene(5)
    blind = matches(data, [f[f.score > 2] for f in found])
    compared = compare(matches(data, found), blind, 20)
    assert compared.second == 0
    assert not compared.passes()


def test_a_set_without_objects_is_told():
    with pytest.raises(KittError, match="holds no object that kitt knows"):
        pooled([[]])


def test_an_empty_class_has_no_figure():
    nothing = np.zeros((10, 0), bool)
    kind = ClassMatches(CAR, np.zeros(0, np.int64), np.zeros(0), nothing, nothing, np.zeros(3, np.int64))
    assert np.isnan(kind.average_precision(np.ones(3)))
    some = replace(kind, objects=np.array([1, 0, 2]))
    assert some.average_precision(np.ones(3)) == 0.0
