"""The road at any time of a drive, looked at once, and a picture that stands still."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kitt.config import Config
from kitt.drive.source import open_source
from kitt.errors import KittError
from kitt.runtime.looking import STILL_FRAMES, DriveRoad, StillRoad
from kitt.runtime.replay import ReplayOptions

from .conftest import FRAME_NS, START_NS, MakeDrive, jpeg, pictures, speeds

pytestmark = pytest.mark.weights


def road_of(path: Path, config: Config, from_s: float = 0.0) -> DriveRoad:
    return DriveRoad(open_source(path, from_s=from_s or None), ReplayOptions(config), from_s)


def test_a_drive_is_seen_as_far_as_asked_and_kept(make_drive: MakeDrive, fast: Config) -> None:
    road = road_of(make_drive([*pictures(20), *speeds(20)]), fast)
    so_far = list(road.look(0.55))
    assert so_far == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55])
    seen = road.until(START_NS + 550_000_000)
    assert [m.scene.index for m in seen] == [0, 1, 2, 3, 4, 5]
    assert seen[-1].signals.speed_mps == 14.0
    assert list(road.look(0.3)) == []
    assert len(road.until(START_NS + 300_000_000)) == 4
    assert len(list(road.look(1.0))) == 5
    assert (road.start_ns, road.epoch_ns, road.length_s) == (START_NS, START_NS, 1.9)
    assert "no calibration" in road.notes[0]
    road.close()


def test_a_camera_that_was_lost_is_a_moment_at_its_own_time(make_drive: MakeDrive, fast: Config) -> None:
    shown = [p for i, p in enumerate(pictures(40)) if not 10 <= i < 35]
    road = road_of(make_drive([*shown, *speeds(40)]), fast)
    list(road.look(3.0))
    last = road.until(START_NS + 3_000_000_000)[-1]
    assert [w.event for w in last.warnings] == ["camera_lost"]
    assert last.scene.index == 9
    assert START_NS + 19 * FRAME_NS <= last.t_ns == last.warnings[0].t_ns < START_NS + 22 * FRAME_NS
    list(road.look(3.9))
    assert sum(len(m.warnings) for m in road.until(START_NS + 3_900_000_000)) == 1


def test_a_camera_that_never_came_back_is_known_as_lost(make_drive: MakeDrive, fast: Config) -> None:
    road = road_of(make_drive([*pictures(10), *speeds(40)]), fast)
    list(road.look(3.9))
    assert [w.event for m in road.until(START_NS + 3_900_000_000) for w in m.warnings] == ["camera_lost"]


def test_times_outside_the_drive_are_refused(make_drive: MakeDrive, fast: Config) -> None:
    road = road_of(make_drive([*pictures(20)]), fast, from_s=0.5)
    for t_s, what in ((-1.0, "begins at 0"), (float("nan"), "begins"), (0.2, "before 0.5 s"), (5.0, "1.90 s")):
        with pytest.raises(KittError, match=what):
            list(road.look(t_s))
    list(road.look(0.7))
    assert [m.t_ns - START_NS for m in road.until(START_NS + 700_000_000)] == [500_000_000, 600_000_000, 700_000_000]


def test_a_drive_of_unknown_length_is_known_at_its_end(make_drive: MakeDrive, fast: Config) -> None:
    source = replace(open_source(make_drive([*pictures(5)])), duration_ns=None)
    road = DriveRoad(source, ReplayOptions(fast))
    road.check(99.0)
    with pytest.raises(KittError, match=r"99 s lies beyond the end .* 0\.40 s long"):
        list(road.look(99.0))
    list(road.look(0.4))


def test_a_still_picture_has_tracks_but_no_motion(tmp_path: Path, fast: Config) -> None:
    path = tmp_path / "road.jpg"
    path.write_bytes(jpeg(0))
    road = StillRoad(path, fast)
    assert len(list(road.look(2.0))) == STILL_FRAMES
    assert list(road.look(7.0)) == list(road.look(3.0)) == []
    assert [m.t_ns for m in road.until(5_000_000_000)] == [2_000_000_000, 3_000_000_000]
    (moment,) = road.until(2_000_000_000)
    assert (moment.scene.t_ns, moment.scene.index, moment.signals.speed_mps) == (2_000_000_000, 0, None)
    assert np.isnan(moment.scene.ttc_s).all()
    assert np.isnan(moment.scene.tracks.scale_rate).all()
    with pytest.raises(KittError, match="begins at 0"):
        list(road.look(-1.0))


@pytest.mark.parametrize("data", [b"", b"no picture", None])
def test_what_is_no_picture_is_said(tmp_path: Path, fast: Config, data: bytes | None) -> None:
    path = tmp_path / "road.png"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(KittError, match=r"road\.png: (not a picture|cannot read)"):
        StillRoad(path, fast)
