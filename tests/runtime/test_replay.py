"""The replay loop: every frame, in order, at its own time; what goes wrong is counted and said, never fatal."""

from dataclasses import replace
from pathlib import Path

import pytest

from kitt.config import CameraCalibration, Config, MindConfig, VehicleConfig, to_toml
from kitt.drive.records import IMAGE_TOPIC, Picture, Record
from kitt.drive.source import open_source
from kitt.drive.writer import DriveWriter
from kitt.ears.engine import Networks
from kitt.errors import KittError
from kitt.mind.turn import Turn
from kitt.mouth.queue import Decision
from kitt.runtime.pipeline import FrameResult
from kitt.runtime.replay import Notice, Replay, ReplayOptions
from kitt.types import Heard, Warning

from .conftest import FRAME_NS, START_NS, MakeDrive, jpeg, pictures, speeds, spoken

pytestmark = pytest.mark.weights


class Log:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.results: list[FrameResult] = []
        self.warnings: list[Warning] = []
        self.notices: list[Notice] = []
        self.said: list[tuple[int, Heard]] = []
        self.answers: list[tuple[int, Turn]] = []
        self.spoke: list[Decision] = []

    def record(self, record: Record) -> None:
        self.records.append(record)

    def result(self, result: FrameResult) -> None:
        self.results.append(result)

    def warning(self, warning: Warning) -> None:
        self.warnings.append(warning)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def heard(self, t_ns: int, heard: Heard) -> None:
        self.said.append((t_ns, heard))

    def answered(self, t_ns: int, turn: Turn) -> None:
        self.answers.append((t_ns, turn))

    def spoken(self, decision: Decision) -> None:
        self.spoke.append(decision)

    def events(self) -> list[str]:
        return [n.event for n in self.notices]


def run(path: Path, config: Config) -> tuple[Replay, Log]:
    log = Log()
    replay = Replay(open_source(path), ReplayOptions(config), log)
    for _ in replay:
        pass
    return replay, log


def test_every_frame_comes_out_once_in_order_with_its_own_time(make_drive: MakeDrive, fast: Config) -> None:
    _, log = run(make_drive([*pictures(6), *speeds(6)]), fast)
    assert [r.frame.index for r in log.results] == list(range(6))
    assert [r.frame.t_ns for r in log.results] == [START_NS + i * FRAME_NS for i in range(6)]
    assert all(r.signals.speed_mps == 14.0 for r in log.results)
    assert log.notices == []


def test_a_bad_picture_is_counted_said_and_skipped(make_drive: MakeDrive, fast: Config) -> None:
    records = pictures(6)
    records[2] = replace(records[2], data=b"")
    records[4] = replace(records[4], data=jpeg(4)[:200])
    replay, log = run(make_drive([*records, *speeds(6)]), fast)
    assert len(log.results) == 4
    assert replay.counts["notice:picture_unreadable"] == 2
    assert log.events() == ["picture_unreadable"] * 2
    assert "zero bytes" in log.notices[0].text
    assert log.notices[0].t_ns == records[2].t_ns


def test_a_camera_that_falls_silent_is_noticed_at_its_time(make_drive: MakeDrive, fast: Config) -> None:
    _, log = run(make_drive([*pictures(5), *speeds(60)]), fast)
    lost = [w for w in log.warnings if w.event == "camera_lost"]
    assert len(lost) == 1
    assert 0.9 <= (lost[0].t_ns - pictures(5)[-1].t_ns) / 1e9 <= 1.3


@pytest.mark.parametrize("unreadable", [False, True])
def test_a_camera_silent_from_the_very_start_is_noticed_after_its_second(
    make_drive: MakeDrive, fast: Config, unreadable: bool
) -> None:
    late = [replace(p, t_ns=p.t_ns + 1_050_000_000) for p in pictures(5)]
    early = [replace(p, data=b"") for p in pictures(10)] if unreadable else []
    _, log = run(make_drive([*early, *speeds(30), *late]), fast)
    lost = [w for w in log.warnings if w.event == "camera_lost"]
    assert [(w.t_ns - START_NS, w.frame_index) for w in lost[:1]] == [(1_000_000_000, -1)]
    assert len(log.results) == 5


def test_a_gap_in_which_nothing_at_all_comes_is_noticed_too(make_drive: MakeDrive, fast: Config) -> None:
    late = [replace(p, t_ns=p.t_ns + 4_000_000_000) for p in pictures(3)]
    _, log = run(make_drive([*pictures(3), *late]), fast)
    lost = [w for w in log.warnings if w.event == "camera_lost"]
    assert len(lost) == 1
    assert lost[0].t_ns < late[0].t_ns


def test_without_speed_it_says_which_warnings_are_off(make_drive: MakeDrive, fast: Config) -> None:
    replay, log = run(make_drive(list(pictures(3))), fast)
    off = [n.text for n in log.notices if n.event == "warning_off"]
    assert any("headway" in text for text in off)
    assert all(r.signals.speed_mps is None for r in log.results)
    assert replay.pipeline.warner.off()


def test_of_two_speeds_the_first_is_used_and_the_other_told(make_drive: MakeDrive, fast: Config) -> None:
    others = [replace(s, t_ns=s.t_ns + 1000, topic=f"{s.topic}_2") for s in speeds(6, 99.0)]
    _, log = run(make_drive([*pictures(6), *speeds(6), *others]), fast)
    assert {r.signals.speed_mps for r in log.results} == {14.0}
    assert [n.text for n in log.notices] == ["/vehicle/speed_2: not used, for /vehicle/speed came first"]


def test_an_old_speed_is_no_longer_known(make_drive: MakeDrive, fast: Config) -> None:
    _, log = run(make_drive([*pictures(20), *speeds(1)]), fast)
    known = [r.signals.speed_mps is not None for r in log.results]
    assert known == [i * FRAME_NS <= 1_000_000_000 for i in range(20)]


def test_pictures_that_change_size_midway_go_on(make_drive: MakeDrive, fast: Config) -> None:
    bigger = [Picture(p.t_ns, IMAGE_TOPIC, "jpeg", jpeg(i, (384, 256))) for i, p in enumerate(pictures(6))]
    replay, log = run(make_drive([*pictures(6)[:3], *bigger[3:], *speeds(6)]), fast)
    assert len(log.results) == 6
    assert "frame_size_changed" in log.events()
    assert replay.pipeline.resized == 1


def test_the_drives_own_calibration_serves_unless_another_is_given(tmp_path: Path, fast: Config) -> None:
    camera = CameraCalibration(width_px=320, height_px=192, focal_px=300, center_x_px=160, center_y_px=96)
    with DriveWriter(tmp_path / "d.mcap") as out:
        out.attach("camera.toml", to_toml(camera).encode())
        for picture in pictures(2):
            out.write(picture)
    source = open_source(tmp_path / "d.mcap")
    assert Replay(source, ReplayOptions(fast)).camera == camera
    given = replace(camera, focal_px=350.0)
    assert Replay(source, ReplayOptions(fast, camera=given)).camera == given


def test_leaving_early_stops_cleanly(make_drive: MakeDrive, fast: Config) -> None:
    frames = iter(Replay(open_source(make_drive(list(pictures(30)))), ReplayOptions(fast)))
    assert next(frames).frame.index == 0
    frames.close()


def test_a_clock_set_forward_by_years_costs_no_time(make_drive: MakeDrive, fast: Config) -> None:
    late = [replace(p, t_ns=p.t_ns + 10**17) for p in pictures(3)]
    replay, log = run(make_drive([*pictures(3), *late]), fast)
    assert len(log.results) == 6
    assert replay.counts["warning:camera_lost"] >= 1
    assert replay.counts["notice:time_jump"] == 1


def test_a_speed_that_stops_midway_is_told_with_what_it_switches_off(make_drive: MakeDrive, fast: Config) -> None:
    _, log = run(make_drive([*pictures(20), *speeds(3)]), fast)
    lost = [n for n in log.notices if n.event == "speed_lost"]
    assert len(lost) == 1
    assert "headway" in lost[0].text
    assert lost[0].t_ns == START_NS + 13 * FRAME_NS


def test_another_picture_size_is_another_camera_whose_calibration_is_estimated(tmp_path: Path, fast: Config) -> None:
    camera = CameraCalibration(width_px=320, height_px=192, focal_px=300, center_x_px=160, center_y_px=96)
    bigger = [Picture(p.t_ns, IMAGE_TOPIC, "jpeg", jpeg(i, (640, 384))) for i, p in enumerate(pictures(6))]
    with DriveWriter(tmp_path / "d.mcap") as out:
        for picture in [*pictures(3), *bigger[3:]]:
            out.write(picture)
    log = Log()
    replay = Replay(open_source(tmp_path / "d.mcap"), ReplayOptions(fast, camera=camera), log)
    for result in replay:
        assert replay.pipeline.road.camera.estimated is (result.frame.index >= 3)
    assert "calibration is estimated" in log.notices[0].text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"fps": 10.0}, "--fps is for a folder"),
        ({"from_s": 50.0}, r"--from 50 lies beyond its end; it is 0\.50 s long"),
        ({"from_s": 2.0, "to_s": 1.0}, "--to 1 must be later than --from 2"),
    ],
)
def test_options_that_cannot_apply_are_refused(make_drive: MakeDrive, options: dict[str, float], says: str) -> None:
    with pytest.raises(KittError, match=says):
        open_source(make_drive(list(pictures(6))), **options)  # type: ignore[arg-type]


def test_what_is_said_is_heard_at_its_place_and_timed_beside_the_frames(make_drive: MakeDrive, hearing: Config) -> None:
    drive = make_drive([*pictures(30), *speeds(30), *spoken("KITT, ¿qué ves?", "es", 0.4, 3.0)])
    replay, log = run(drive, hearing)
    ((t_ns, said),) = log.said
    assert (said.language, said.intent, said.rejected) == ("es", "EyesDescribe", False)
    assert 0 < t_ns - said.t_end_ns < 2_000_000_000
    (frame,) = [r for r in log.results if r.heard]
    assert 0 <= frame.frame.t_ns - t_ns <= FRAME_NS
    assert replay.counts["heard"] == 1
    assert all("hear" in r.stage_ns for r in log.results)
    assert log.notices == []


def test_what_is_said_last_is_heard_though_no_frame_comes(make_drive: MakeDrive, hearing: Config) -> None:
    _, log = run(make_drive([*pictures(3), *spoken("KITT, what do you see?", "en", 0.4, 1.8)]), hearing)
    assert [said.intent for _, said in log.said] == ["EyesDescribe"]
    assert not any(r.heard for r in log.results)


def test_of_two_microphones_the_first_is_heard_and_the_other_told(make_drive: MakeDrive, hearing: Config) -> None:
    other = [replace(s, t_ns=s.t_ns + 1000) for s in spoken("KITT, ¿qué ves?", "es", 0.4, 3.0, "/rear/audio")]
    _, log = run(make_drive([*pictures(20), *spoken("KITT, what do you see?", "en", 0.4, 3.0), *other]), hearing)
    assert [said.language for _, said in log.said] == ["en"]
    assert [n.text for n in log.notices if n.event == "topic_unused"] == [
        "/rear/audio: not used, for /microphone/audio came first"
    ]


def test_a_drive_without_sound_says_so_and_switched_off_ears_do_not(
    make_drive: MakeDrive, hearing: Config, fast: Config
) -> None:
    drive = make_drive([*pictures(3), *speeds(3)])
    assert run(drive, hearing)[1].events() == ["no_sound"]
    assert run(drive, fast)[1].events() == []


def test_ears_without_weights_are_news_and_the_eyes_go_on(
    make_drive: MakeDrive, hearing: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_threads: int = 1) -> Networks:
        raise KittError("silero-vad.onnx: the weights of silero-vad are not here; fetch them: kitt models pull")

    monkeypatch.setattr(Networks, "load", staticmethod(missing))
    _, log = run(make_drive([*pictures(3), *speeds(3), *spoken("no", "en", 0.0, 1.0)]), hearing)
    assert len(log.results) == 3
    assert [(n.t_ns, n.event) for n in log.notices] == [(START_NS, "ears_off")]
    assert "kitt models pull" in log.notices[0].text


def test_a_recording_works_no_real_car_and_says_so(make_drive: MakeDrive, hearing: Config) -> None:
    """The bus does not even exist: it is not looked for."""
    drive = make_drive([*pictures(30), *speeds(30), *spoken("KITT, open the window", "en", 0.4, 3.0)])
    real = VehicleConfig(kind="can", interface="socketcan", channel="can97")
    _, log = run(drive, replace(hearing, vehicle=real))
    assert [(n.t_ns, n.event) for n in log.notices] == [(START_NS, "vehicle_simulated")]
    assert "works no real car" in log.notices[0].text
    ((_, turn),) = log.answers
    assert turn.actions[0].confirmed


def test_recipes_are_heard_in_a_replay_and_the_notebook_is_left_alone(
    make_drive: MakeDrive, hearing: Config, tmp_path: Path
) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    recipe = '  TeaTime:\n    sentences: ["is it tea time now"]\n    reply: "At {speed_kmh}? Later."\n'
    (folder / "en.yaml").write_text(f"language: en\n\nrecipes:\n{recipe}")
    drive = make_drive([*pictures(30), *speeds(30), *spoken("KITT, is it tea time now?", "en", 0.4, 3.0)])
    mind = MindConfig(recipes=str(folder), notebook=str(tmp_path / "n.db"), units="feet", wit=False)
    runs = [run(drive, replace(hearing, mind=mind))[1] for _ in range(2)]
    ((_, turn),) = runs[0].answers
    assert (turn.intent, turn.said) == ("TeaTime", "At 50? Later.")
    assert runs[0].answers == runs[1].answers
    assert not (tmp_path / "n.db").exists()


def test_the_names_in_the_phone_are_heard_in_a_replay(make_drive: MakeDrive, hearing: Config, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Anna Bell\n")
    drive = make_drive([*pictures(30), *speeds(30), *spoken("KITT, call Anna Bell", "en", 0.4, 3.0)])
    _, log = run(drive, replace(hearing, mind=MindConfig(contacts=str(tmp_path / "names.txt"))))
    assert [turn.said for _, turn in log.answers] == ["Call Anna Bell?"]


def test_settings_of_the_mind_that_are_wrong_end_a_replay_before_it_begins(
    make_drive: MakeDrive, hearing: Config
) -> None:
    with pytest.raises(KittError, match="contacts are a text file"):
        run(make_drive(list(pictures(3))), replace(hearing, mind=MindConfig(contacts="none.txt")))
