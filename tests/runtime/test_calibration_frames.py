"""Choosing frames to calibrate with."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kitt.drive.source import open_source
from kitt.errors import KittError
from kitt.runtime.calibration_frames import NEAR, by_drive, choose, descriptor, pixels_digest, short_names, shots

POINTS = arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(0, 1, width=32))


def picture(level: int, size: tuple[int, int] = (64, 36)) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


def folder(path: Path, pictures: list[np.ndarray]) -> Path:
    path.mkdir(parents=True)
    for i, image in enumerate(pictures):
        cv2.imwrite(str(path / f"{i}.png"), image)
    return path


@settings(deadline=None)
@given(POINTS, st.integers(1, 50))
def test_no_two_chosen_frames_are_near_duplicates(points: np.ndarray, count: int) -> None:
    choice = choose(points, np.zeros(len(points), np.int64), count)
    assert 1 <= len(choice.rows) <= count
    assert len(set(choice.rows)) == len(choice.rows)
    chosen = points[list(choice.rows)].astype(np.float64)
    apart = np.linalg.norm(chosen[:, None] - chosen, axis=2)[~np.eye(len(chosen), dtype=bool)]
    assert apart.min(initial=np.inf) == pytest.approx(choice.spread)
    assert choice.spread >= NEAR
    if len(choice.rows) < count:
        assert choice.refused == len(points) - len(choice.rows), "only near-duplicates were left"


def test_every_frame_left_out_is_near_a_chosen_one_as_k_centre_has_it() -> None:
    line = np.linspace(0, 1, 101, dtype=np.float32)[:, None]
    choice = choose(line, np.zeros(101, np.int64), 5)
    assert sorted(choice.rows) == [0, 25, 50, 75, 100]


def test_a_dull_drive_gets_its_share_beside_a_lively_one() -> None:
    lively = np.random.default_rng(0).uniform(0, 9, (40, 3))
    dull = np.linspace(0, 0.5, 40)[:, None] + np.array([[4, 4, 4]])
    choice = choose(np.concatenate([lively, dull]).astype(np.float32), np.repeat([0, 1], 40), 16)
    first, second = by_drive(choice.rows, [40, 40])
    assert len(second) >= 4
    assert len(first) >= 8
    assert second == sorted(second)


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(KittError, match="no calibration data, no INT8"):
        choose(np.zeros((0, 3), np.float32), np.zeros(0, np.int64), 4)


def test_descriptors_tell_brightness_and_structure_apart() -> None:
    checks = np.where(np.indices((36, 64)).sum(axis=0) // 4 % 2, 255, 0).astype(np.uint8)
    views = [picture(0), picture(255), picture(128), np.repeat(checks[:, :, None], 3, axis=2)]
    found = np.array([descriptor(v) for v in views])
    assert found.dtype == np.float32
    apart = np.linalg.norm(found[:, None] - found, axis=2)
    assert apart[~np.eye(4, dtype=bool)].min() > 0.1
    assert apart[0, 1] == pytest.approx(2**0.5, rel=0.01)


def test_only_wanted_pictures_are_read_and_indexes_count_all(tmp_path: Path) -> None:
    path = folder(tmp_path / "d", [picture(i) for i in range(5)])
    (path / "2.png").write_bytes(b"no picture")
    found = list(shots(open_source(path)))
    assert [s.index for s in found] == [0, 1, 2, 3, 4]
    assert (found[2].image is None, found[2].reason) == (True, "damaged png")
    (one,) = shots(open_source(path), frozenset({3}))
    assert (one.index, one.t_ns) == (3, found[3].t_ns)
    assert one.image is not None
    assert pixels_digest(one.image) == pixels_digest(picture(3))


def test_a_digest_tells_sizes_apart() -> None:
    assert pixels_digest(picture(7, (64, 36))) != pixels_digest(picture(7, (36, 64)))


def test_names_hold_no_more_folders_than_needed(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "images", tmp_path / "b" / "images", tmp_path / "x.mp4"]
    assert short_names(paths[2:]) == ["x.mp4"]
    assert short_names(paths)[:2] == ["a/images", "b/images"]
    with pytest.raises(KittError, match="given twice"):
        short_names([tmp_path / "a", tmp_path / "b" / ".." / "a"])
