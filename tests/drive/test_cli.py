"""`kitt drive` from the command line: what it writes, what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcap.reader import make_reader
from typer.testing import CliRunner

from kitt.cli.drive import app
from kitt.errors import KittError
from tests.drive.making import jpeg, small_drive, video


def run(*arguments: object) -> str:
    """What a command prints; its KittError, which `kitt` itself turns into a line and exit code 2, is raised."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if isinstance(result.exception, KittError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_several_recordings_become_one_drive(tmp_path: Path) -> None:
    clip = video(tmp_path / "v.mp4", [0, 40, 80, 120], sound_rate_hz=16000)
    table = tmp_path / "s.csv"
    table.write_text("t_s,speed_kmh,lat,lon\n0,36,48,11\n0.1,37,48,11\n")
    out = tmp_path / "d.mcap"
    said = run("import", clip, table, "-o", out)
    assert "note: v.mp4: h264 is copied" in said
    assert "4  /camera/front/video" in said
    with out.open("rb") as f:
        order = [(m.log_time, c.topic) for _, c, m in make_reader(f).iter_messages(log_time_order=False)]
    assert [t for t, _ in order] == sorted(t for t, _ in order)
    assert [topic for _, topic in order][:3] == ["/vehicle/speed", "/gps/fix", "/camera/front/video"]
    assert "/vehicle/speed" in run("info", out)
    with pytest.raises(KittError, match="exists already; use --force"):
        run("import", clip, "-o", out)
    run("import", clip, "-o", out, "--force", "--transcode")
    assert "foxglove.CompressedImage" in run("info", out)
    with pytest.raises(KittError, match="is the recording itself"):
        run("import", clip, "-o", clip, "--force")


def test_force_writes_over_no_picture_of_the_folder_that_it_reads(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    with pytest.raises(KittError, match=r"1\.jpg: belongs to the recording"):
        run("import", tmp_path, "-o", tmp_path / "1.jpg", "--force")
    assert (tmp_path / "1.jpg").read_bytes() == jpeg(1)
    for _ in range(2):
        run("import", tmp_path, "-o", tmp_path / "d.mcap", "--force")


def test_a_cut_in_a_video_says_that_it_starts_earlier(tmp_path: Path) -> None:
    run("import", video(tmp_path / "v.mp4", list(range(0, 2000, 40))), "-o", tmp_path / "d.mcap")
    said = run("cut", tmp_path / "d.mcap", "-o", tmp_path / "c.mcap", "--from", "0.5", "--to", "1")
    assert "note: starts at 0.400 s, where the video has its keyframe before 0.5 s" in said
    assert "15 messages" in said


def test_repair_says_what_came_back_and_where_it_broke(tmp_path: Path) -> None:
    data = small_drive(tmp_path / "d.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) * 2 // 3])
    said = run("repair", tmp_path / "cut.mcap")
    assert "cut.mcap breaks off at byte " in said
    assert f" of {len(data) * 2 // 3}" in said
    assert "messages, " in said
    assert "from a last chunk that is not whole and 1 attachments came back" in said
    assert "problem" not in run("info", tmp_path / "cut.repaired.mcap")
    assert "is whole" in run("repair", tmp_path / "d.mcap")
