"""The sample drive as a file: what replay needs is in it, and its truth fits its pictures."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.config import Config, EarsConfig, parse_camera
from kitt.drive.records import AUDIO_TOPIC, Picture, Sound, Speed
from kitt.drive.source import open_source
from kitt.mouth.voice import make_voice
from kitt.runtime.hearing import Hearing
from kitt.runtime.outputs.lines import heard_row, tracks_row, warning_row
from kitt.runtime.replay import Replay, ReplayOptions
from kitt.sim import world
from kitt.sim.render import SEED
from kitt.sim.sample import frame_ns, make_sample
from kitt.sim.sound import RATE_HZ, SPOKEN, soundtrack, speeches
from kitt.sim.truth import judge
from kitt.sim.truth_ears import judge_ears
from kitt.sim.truth_file import TrueSpoken, load
from kitt.sim.view import CALIBRATION

from .test_sound import beep

FRAMES = 4


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drive's first pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "FRAMES", FRAMES)
        return make_sample(tmp_path_factory.mktemp("drives") / "sample.mcap", film=None, say=None).path


def test_pictures_speed_and_sound_are_there_in_the_order_of_time(drive: Path) -> None:
    records = list(open_source(drive).records())
    pictures = [r for r in records if isinstance(r, Picture)]
    assert [p.t_ns for p in pictures] == [frame_ns(k) for k in range(FRAMES)]
    times = [r.t_ns for r in records]
    assert times == sorted(times)
    speeds = [r for r in records if isinstance(r, Speed)]
    assert len(speeds) == round(world.DURATION_S * 20)
    assert all(s.speed_mps == pytest.approx(world.EGO.at(s.t_ns / 1e9)[1], abs=1e-3) for s in speeds)
    assert sum(len(r.samples) for r in records if isinstance(r, Sound)) == world.DURATION_S * 16_000


def test_pictures_are_the_cameras_size(drive: Path) -> None:
    picture = next(r for r in open_source(drive).records() if isinstance(r, Picture))
    image = cv2.imdecode(np.frombuffer(bytes(picture.data), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (CALIBRATION.height_px, CALIBRATION.width_px, 3)


def test_the_camera_is_attached_and_known_exactly(drive: Path) -> None:
    camera = parse_camera(open_source(drive).attachments["camera.toml"].decode(), "camera.toml")
    assert camera == CALIBRATION
    assert not camera.estimated


def test_the_truth_is_attached_with_a_line_a_picture(drive: Path) -> None:
    truth = load(open_source(drive).attachments["truth.jsonl"])
    assert [f.t_ns for f in truth.frames] == [frame_ns(k) for k in range(FRAMES)]
    lead = next(o for o in truth.frames[0].objects if o.id == world.LEAD_ID)
    assert (lead.kind, lead.distance_m, lead.ttc_s) == ("car", 8.0, None)
    assert [w.event for w in truth.warnings] == [w.event for w in world.expected()]


def test_the_truth_knows_what_is_said(tmp_path: Path, drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "FRAMES", 1)
    made = make_sample(tmp_path / "sample.mcap", film=None, say=beep).path
    spoken = load(open_source(made).attachments["truth.jsonl"]).spoken
    assert spoken is not None
    assert [(s.from_ns, s.to_ns, s.language, s.intent) for s in spoken] == [
        (round(q.at_s * 1e9), round((q.at_s + 1) * 1e9), q.language, q.intent) for q in SPOKEN
    ]
    assert load(open_source(drive).attachments["truth.jsonl"]).spoken == (), "nobody speaks without a voice"


def test_two_makings_give_the_same_bytes(drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "FRAMES", FRAMES)
    again = make_sample(tmp_path / "sample.mcap", film=None, say=None).path
    assert again.read_bytes() == drive.read_bytes()


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken(done: int, _total: int) -> None:
        raise RuntimeError("power loss")

    with pytest.raises(RuntimeError, match="power loss"):
        make_sample(tmp_path / "sample.mcap", film=None, say=None, progress=broken)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.weights
def test_kitt_hears_every_question_and_nothing_else(drive: Path) -> None:
    hearing = Hearing(EarsConfig(), lambda: 0)
    voice = make_voice("espeak")
    try:
        said = speeches(voice.say)
    finally:
        voice.close()
    track = soundtrack(world.DURATION_S + 10, said, SEED)
    events = []
    for k in range(0, len(track), 1600):
        taken = hearing.take(Sound(k * 62_500, AUDIO_TOPIC, RATE_HZ, track[k : k + 1600]))
        events += [heard_row(k * 62_500, h) for h in taken.heard]
    events += [heard_row(len(track) * 62_500, h) for h in hearing.finish().heard]
    if hearing.off:
        pytest.skip(hearing.off)
    asked = tuple(
        TrueSpoken(round(s.spoken.at_s * 1e9), round(s.to_s * 1e9), s.spoken.language, s.spoken.intent) for s in said
    )
    truth = replace(load(open_source(drive).attachments["truth.jsonl"]), spoken=asked)
    figures = judge_ears(truth, [0, len(track) * 62_500], events, True)
    assert [row["verdict"] for row in figures["spoken"]] == ["right"] * len(SPOKEN), figures["spoken"]
    assert figures["spoken_false"] == 0


@pytest.mark.slow
@pytest.mark.weights
def test_kitt_sees_the_drawn_drive_and_warns_in_time(tmp_path: Path) -> None:
    from kitt.engine.pull import weights_path

    if not weights_path("efficientdet-lite2").is_file():
        pytest.skip("no weights here; fetch them: kitt models pull")
    source = open_source(make_sample(tmp_path / "sample.mcap", film=None, say=None).path)
    tracks, events = [], []
    for result in Replay(source, ReplayOptions(config=Config())):
        tracks.append(tracks_row(result, False))
        events += [warning_row(w) for w in result.warnings]
    figures = judge(source.attachments["truth.jsonl"], tracks, events)
    assert (figures["warnings_hit"], figures["warnings_missed"], figures["warnings_false"]) == (4, 0, 0)
    for row in figures["classes"]:
        if row["class"] == "car" and row["to_m"] <= 40.0:
            assert row["recall_pct"] >= 90.0
    assert figures["distance_error_pct"]["car"] < 5.0
    assert figures["light_pct"]["wrong"] <= 5.0
