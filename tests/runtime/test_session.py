"""A whole replay with its files: complete, the same bytes each time, and nothing lost when it goes wrong."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from kitt.cli import app as cli
from kitt.cli.replay import summary
from kitt.config import Config
from kitt.drive.records import IMAGE_TOPIC, Picture, Problem
from kitt.drive.source import open_source
from kitt.errors import KittError
from kitt.mouth.voice import ENGINES, Voice, VoiceEngine
from kitt.runtime.outputs.recorder import OUTPUTS
from kitt.runtime.replay import ReplayOptions
from kitt.runtime.session import Session

from .conftest import MakeDrive, jpeg, pictures, speeds, spoken

pytestmark = pytest.mark.weights


@pytest.fixture(autouse=True)
def _heeds_ctrl_c() -> Iterator[None]:
    """A background job ignores Ctrl-C and hands that down; a replay rightly leaves it so, these tests do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def run(drive: Path, out: Path, config: Config, **options: Any) -> dict[str, Any]:
    session = Session(open_source(drive, others=True), ReplayOptions(config), out, **options)
    for _ in session.run():
        pass
    return session.report


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def drive(make_drive: MakeDrive) -> Path:
    return make_drive([*pictures(12), *speeds(40)])


def test_it_writes_every_output_and_the_report_counts_right(drive: Path, tmp_path: Path, fast: Config) -> None:
    report = run(drive, tmp_path / "out", fast)
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(OUTPUTS)
    assert json.loads((tmp_path / "out/report.json").read_text()) == report
    assert report["frames"] == 12
    assert report["counts"]["warning:camera_lost"] == 1
    assert len((tmp_path / "out/tracks.jsonl").read_text().splitlines()) == 12
    page = (tmp_path / "out/report.html").read_text()
    assert "<svg" in page
    assert report["warnings"][0]["text"] in page


def test_two_runs_give_the_same_bytes_at_any_speed_with_one_or_two_threads(
    drive: Path, tmp_path: Path, fast: Config
) -> None:
    two = replace(fast, eyes=replace(fast.eyes, threads=2))
    for name, config, speed in (("a", fast, None), ("b", fast, 4.0), ("c", two, None)):
        session = Session(open_source(drive), ReplayOptions(config, speed=speed), tmp_path / name, film=False)
        for _ in session.run():
            pass
    for name in ("events.jsonl", "tracks.jsonl"):
        first = (tmp_path / "a" / name).read_bytes()
        assert first
        assert first == (tmp_path / "b" / name).read_bytes()
        assert first == (tmp_path / "c" / name).read_bytes()


def test_what_was_heard_stands_in_events_and_report_the_same_bytes_each_time(
    make_drive: MakeDrive, tmp_path: Path, hearing: Config
) -> None:
    said = spoken("KITT, qu'est-ce que tu vois ?", "fr", 0.4, 3.0)
    drive = make_drive([*pictures(30), *speeds(30), *said])
    two = replace(hearing, eyes=replace(hearing.eyes, threads=2))
    reports = []
    for name, config, speed in (("a", hearing, None), ("b", hearing, 4.0), ("c", two, None)):
        session = Session(open_source(drive), ReplayOptions(config, speed=speed), tmp_path / name, film=False)
        for _ in session.run():
            pass
        reports.append(session.report)
        assert (tmp_path / name / "events.jsonl").read_bytes() == (tmp_path / "a/events.jsonl").read_bytes()
    (row,) = [r for r in rows(tmp_path / "a/events.jsonl") if r["kind"] == "heard"]
    assert set(row) == {
        "t_ns", "event", "kind", "t_start_ns", "t_end_ns", "language", "intent", "slots", "text", "confidence",
        "rejected", "reason", "wake", "notes",
    }  # fmt: skip
    assert (row["event"], row["language"], row["intent"], row["wake"]) == ("heard", "fr", "EyesDescribe", "kitt")
    assert row["confidence"] == round(row["confidence"], 3)
    report = reports[0]
    assert report["heard"] == [row]
    ears = report["ears"]
    assert (ears["accepted"], ears["rejected"], ears["off"]) == (1, 0, "")
    assert {len(digest) for digest in ears["weights"].values()} == {64}
    assert len(ears["weights"]) == 4
    assert ears["sound_s"] == 3.0
    assert report["latency_ms"]["hear"]["max"] > 0
    page = (tmp_path / "a/report.html").read_text()
    assert "EyesDescribe" in page
    assert "1 command;" in page
    told = "\n".join(summary(report, tmp_path / "a"))
    assert "EyesDescribe: 'qu'est-ce que tu vois' (fr, " in told
    assert "commands heard: 1; utterances not understood: 0" in told


def test_a_report_says_why_nothing_was_heard(drive: Path, tmp_path: Path, fast: Config, hearing: Config) -> None:
    assert run(drive, tmp_path / "off", fast, film=False)["ears"] is None
    assert "The ears were switched off" in (tmp_path / "off/report.html").read_text()
    report = run(drive, tmp_path / "deaf", hearing, film=False)
    assert report["notices"]["no_sound"].startswith("the drive holds no sound")
    assert "The drive holds no sound" in (tmp_path / "deaf/report.html").read_text()


def test_events_hold_no_path_host_or_wall_time(drive: Path, tmp_path: Path, fast: Config) -> None:
    run(drive, tmp_path / "out", fast, film=False)
    for line in (tmp_path / "out/events.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert set(row) <= {
            "t_ns", "event", "kind", "frame_index", "track_id", "priority", "language", "text", "numbers",
            "sentence", "asked_ns", "length_s", "why",
        }  # fmt: skip
        assert str(tmp_path) not in line


def test_the_result_drive_holds_the_input_and_annotations(drive: Path, tmp_path: Path, fast: Config) -> None:
    run(drive, tmp_path / "out", fast, film=False)

    def messages(path: Path) -> list[tuple[str, int]]:
        records = open_source(path, others=True).records()
        return [(r.topic, r.t_ns) for r in records if not isinstance(r, Problem)]

    before, after = messages(drive), messages(tmp_path / "out/result.mcap")
    assert [m for m in after if m[0] != "/kitt/annotations"] == before
    assert sum(topic == "/kitt/annotations" for topic, _ in after) == sum(t == IMAGE_TOPIC for t, _ in before)


def test_the_film_has_every_picture_at_its_time_and_the_spoken_warning(
    drive: Path, tmp_path: Path, fast: Config
) -> None:
    run(drive, tmp_path / "out", fast)
    with av.open(str(tmp_path / "out/overlay.mp4")) as film:
        times = [f.time for f in film.decode(video=0)]
    assert times == pytest.approx([i * 0.1 for i in range(12)], abs=0.01)
    with av.open(str(tmp_path / "out/overlay.mp4")) as film:
        loudest = max(abs(f.to_ndarray()).max() for f in film.decode(audio=0))
    assert loudest > 0.05


def test_an_existing_folder_is_refused_and_left_alone_unless_forced(drive: Path, tmp_path: Path, fast: Config) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(KittError, match="--force"):
        run(drive, out, fast)
    assert [p.name for p in out.iterdir()] == ["mine.txt"]
    run(drive, out, fast, film=False, force=True)
    assert (out / "mine.txt").read_text() == "keep"
    assert (out / "report.html").exists()


def _plain(drive: Path, out: Path) -> Path:
    return Path(shutil.move(drive, out / "result.mcap"))


def _film(drive: Path, out: Path) -> Path:
    return Path(shutil.move(drive, out / "overlay.mp4"))


def _named_otherwise(drive: Path, out: Path) -> Path:
    link = out.parent / "link.mcap"
    link.symlink_to(_plain(drive, out))
    return link


def _linked_into_out(drive: Path, out: Path) -> Path:
    (out / "result.mcap").symlink_to(drive)
    return drive


def _hard_linked(drive: Path, out: Path) -> Path:
    (out / "result.mcap").hardlink_to(drive)
    return drive


def _folder_linked(drive: Path, out: Path) -> Path:
    _plain(drive, out)
    (out.parent / "elsewhere").symlink_to(out, target_is_directory=True)
    return out.parent / "elsewhere" / "result.mcap"


def _relative(drive: Path, out: Path) -> Path:
    return Path(os.path.relpath(_plain(drive, out)))


def _pictures(drive: Path, out: Path) -> Path:
    folder = out / "overlay.mp4"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(jpeg(1))
    return folder


@pytest.mark.parametrize(
    "place",
    [_plain, _film, _named_otherwise, _linked_into_out, _hard_linked, _folder_linked, _relative, _pictures],
)
def test_force_never_deletes_the_drive_that_it_replays(
    drive: Path, tmp_path: Path, place: Callable[[Path, Path], Path]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text("of an earlier replay")
    given = place(drive, out)
    kept = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(KittError, match="is the drive itself and would be overwritten; choose another --out") as e:
        run(given, out, Config(), force=True)
    assert "\n" not in str(e.value)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == kept


def test_a_folder_where_an_output_goes_is_one_line_and_costs_no_earlier_results(drive: Path, tmp_path: Path) -> None:
    (tmp_path / "out/result.mcap").mkdir(parents=True)
    (tmp_path / "out/report.json").write_text("of an earlier replay")
    with pytest.raises(KittError, match=r"result\.mcap: is a folder"):
        run(drive, tmp_path / "out", Config(), force=True)
    assert (tmp_path / "out/report.json").read_text() == "of an earlier replay"


def test_a_drive_beside_the_outputs_stays(drive: Path, tmp_path: Path, fast: Config) -> None:
    before = drive.read_bytes()
    run(drive, tmp_path, fast, film=False, force=True)
    assert drive.read_bytes() == before


def until(condition: Callable[[], bool], most_s: float = 120.0) -> bool:
    """Wait for something that a busy machine may take long for."""
    end = time.monotonic() + most_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_ctrl_c_before_a_verb_takes_signals_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(cli, "app", interrupted)
    try:
        with pytest.raises(SystemExit) as e:
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert e.value.code == 130
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_a_signal_or_two_leave_complete_files_of_what_ran(
    make_drive: MakeDrive, tmp_path: Path, fast: Config, signals: list[int]
) -> None:
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    session = Session(open_source(make_drive(list(pictures(40)))), ReplayOptions(fast), tmp_path / "out")
    for done, _ in session.run():
        if done == 5:
            # a second signal leaves out what waits to be written: on a busy machine that might be all
            assert until(lambda: session.recorder.gather.frames > 0)
            for number in signals:
                signal.raise_signal(number)
    assert session.stopped_by == signals[0]
    assert session.report["interrupted"]
    assert (5 if len(signals) == 1 else 0) <= session.report["frames"] < 40
    records = list(open_source(tmp_path / "out/result.mcap").records())
    assert {r.kind for r in records if isinstance(r, Problem)} <= {"skipped-topic"}
    assert len(records) >= session.report["frames"]
    if session.report["frames"]:
        with av.open(str(tmp_path / "out/overlay.mp4")) as film:
            assert len(list(film.decode(video=0))) == session.report["frames"]
    assert len((tmp_path / "out/tracks.jsonl").read_text().splitlines()) == session.report["frames"]
    assert not [t for t in threading.enumerate() if t.name.startswith("kitt-")]
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before


def test_stopped_before_the_first_picture_it_leaves_nothing_and_is_no_error(
    make_drive: MakeDrive, tmp_path: Path, fast: Config
) -> None:
    late = [replace(p, t_ns=p.t_ns + 3_000_000_000) for p in pictures(3)]
    options = ReplayOptions(fast, speed=0.1)
    session = Session(open_source(make_drive([*speeds(3), *late])), options, tmp_path / "out")
    threading.Timer(0.5, signal.raise_signal, [signal.SIGTERM]).start()
    assert list(session.run()) == []
    assert (session.stopped_by, session.report) == (signal.SIGTERM, {})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_line_ends_at_once_in_the_midst_of_a_long_gap(
    make_drive: MakeDrive, tmp_path: Path, fast: Config, number: int, code: int
) -> None:
    late = [replace(p, t_ns=p.t_ns + 4_500_000_000) for p in pictures(3)]
    path, out = make_drive([*pictures(3), *late]), tmp_path / "out"
    command = [sys.executable, "-m", "kitt", "replay", str(path), "--out", str(out), "--speed", "0.2x", "--model"]
    with subprocess.Popen([*command, fast.eyes.model, "--strip", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert until((out / "overlay.mp4").exists)
        time.sleep(0.5)
        begin = time.monotonic()
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
        assert time.monotonic() - begin < 15  # the gap alone would take more than 20 s
    assert process.returncode == code
    assert said.startswith("interrupted: the files hold what ran until then")
    with av.open(str(out / "overlay.mp4")) as film:
        assert len(list(film.decode(video=0))) >= 1


def test_a_drive_without_one_good_picture_is_refused_in_one_line(
    make_drive: MakeDrive, tmp_path: Path, fast: Config
) -> None:
    broken = [replace(p, data=b"\xff\xd8 no picture") for p in pictures(3)]
    with pytest.raises(KittError, match=r"no picture could be read.*picture unreadable: 3") as e:
        run(make_drive([*broken, *speeds(3)]), tmp_path / "out", fast)
    assert "\n" not in str(e.value)


SmallDisk = Callable[[str], Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    place = tmp_path / "disk"
    place.mkdir()

    def make(size: str) -> Path:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]).returncode:
            pytest.skip("may not mount a small file system here")
        return place

    yield make
    subprocess.run(["umount", "--lazy", place], capture_output=True)


def noisy(count: int) -> list[Picture]:
    """Pictures that no encoder makes small."""
    noise = np.random.default_rng(1).integers(0, 120, (count, 192, 320, 3), np.uint8)
    return [replace(p, data=cv2.imencode(".jpg", n)[1].tobytes()) for p, n in zip(pictures(count), noise, strict=True)]


@pytest.mark.parametrize(("size", "film", "frames"), [("64k", False, 1), ("1m", False, 10), ("3m", True, 10)])
def test_a_full_disk_is_one_line_and_every_file_can_be_read_as_far_as_it_goes(
    make_drive: MakeDrive, small_disk: SmallDisk, fast: Config, size: str, film: bool, frames: int
) -> None:
    out = small_disk(size) / "out"
    with pytest.raises(KittError, match=r"No space left on device; what was written until then, up to \d+ frames") as e:
        run(make_drive(noisy(60)), out, fast, film=film)
    assert "\n" not in str(e.value)
    for name in ("events.jsonl", "tracks.jsonl"):
        text = (out / name).read_text()
        assert [json.loads(line) for line in text.split("\n")[:-1]] != [] or name == "events.jsonl"
        assert text == "" or text.endswith("\n")
    problems = {r.kind for r in open_source(out / "result.mcap").records() if isinstance(r, Problem)}
    assert problems <= {"skipped-topic"}
    assert (out / "overlay.mp4").exists() is film
    if film:
        with av.open(str(out / "overlay.mp4")) as made:
            assert len(list(made.decode(video=0))) >= frames
    assert not [t for t in threading.enumerate() if t.name.startswith("kitt-")]


def test_a_disk_without_room_for_anything_is_one_line_and_left_as_it_was(
    drive: Path, small_disk: SmallDisk, fast: Config
) -> None:
    place = small_disk("8k")
    with pytest.raises(KittError, match="No space left on device") as e:
        run(drive, place / "out", fast)
    assert "\n" not in str(e.value)
    assert list(place.iterdir()) == []


def test_a_report_that_the_disk_refuses_is_one_line(
    drive: Path, tmp_path: Path, fast: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(KittError, match=r"report\.json: cannot write: No space left on device; free some space"):
        run(drive, tmp_path / "out", fast, film=False)
    assert not (tmp_path / "out/report.json").exists()


def test_an_output_that_takes_nothing_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "kitt", "models", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "kitt: output: No space left on device\n")


def test_the_command_line_says_bad_input_in_one_line_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("t_s,speed_mps\n0,1\n")
    for arguments in (
        ["none.mcap"],
        ["s.csv"],
        ["s.csv", "--from", "nan"],
        ["s.csv", "--to", "inf"],
        [str(tmp_path), "--speed", "quick"],
        ["x.mcap", "--config", "none.toml"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "kitt", "replay", *arguments], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 2
        assert done.stderr.startswith("kitt: ")
        assert done.stderr.count("\n") == 1


def test_a_gap_of_hours_is_short_in_the_film(make_drive: MakeDrive, tmp_path: Path, fast: Config) -> None:
    late = [replace(p, t_ns=p.t_ns + 10**13) for p in pictures(3)]
    report = run(make_drive([*pictures(3), *late]), tmp_path / "out", fast)
    assert report["speech"]["said"] >= 1
    with av.open(str(tmp_path / "out/overlay.mp4")) as film:
        assert [f.time for f in film.decode(video=0)][-1] < 6.0


def test_without_a_voice_the_film_is_silent_and_the_report_says_why(
    drive: Path, tmp_path: Path, fast: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Voice:
        raise KittError("espeak-ng is not installed: pip install espeakng-loader")

    monkeypatch.setitem(ENGINES, "espeak", VoiceEngine(broken, lambda: (False, "", "")))
    report = run(drive, tmp_path / "out", fast)
    assert len(report["warnings_unspoken"]) == len(report["warnings"]) == 1
    assert "espeak-ng is not installed" in report["warnings_unspoken"][0]
    assert (tmp_path / "out/overlay.mp4").exists()


def test_a_voice_engine_that_does_not_exist_is_refused_before_anything_runs(
    drive: Path, tmp_path: Path, fast: Config
) -> None:
    with pytest.raises(KittError, match="'none-such' is not known"):
        run(drive, tmp_path / "out", replace(fast, voice=replace(fast.voice, engine="none-such")))


def test_a_replay_that_cannot_begin_leaves_no_half_results(drive: Path, tmp_path: Path, fast: Config) -> None:
    with pytest.raises(KittError, match="unknown detector 'none'"):
        run(drive, tmp_path / "out", replace(fast, eyes=replace(fast.eyes, model="none")))
    assert not (tmp_path / "out").exists()
