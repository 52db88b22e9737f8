"""The manifest of calibration frames."""

from pathlib import Path

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.runtime.calibration_frames import Shot
from kitt.runtime.calibration_manifest import DriveEntry, FramesManifest, check, frame_entry, terms

SHOT = Shot(3, 1_500_000_000, np.full((4, 6, 3), 9, np.uint8))
GOOD = FramesManifest(
    (DriveEntry("a/images", "folder", "ab", 9, "https://example.org/ü", "MIT"),), (frame_entry("a/images", SHOT),), 5
)


def test_what_is_written_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    GOOD.write(tmp_path / "frames.json")
    read = FramesManifest.read(tmp_path / "frames.json")
    assert read == GOOD
    assert read.text() == (tmp_path / "frames.json").read_text("utf-8")
    assert read.digest() == GOOD.digest()
    assert sum('"index"' in line for line in GOOD.text().splitlines()) == 1, "one line a frame"
    assert read.of("a/images")[3].width_px == 6


def test_the_same_pixels_pass() -> None:
    check(GOOD.frames[0], SHOT)


def test_other_pixels_are_one_clear_line() -> None:
    with pytest.raises(KittError, match=r"a/images: picture 3 at 1\.500 s is not the calibration frame .* any more"):
        check(GOOD.frames[0], Shot(3, 1_500_000_000, np.full((4, 6, 3), 10, np.uint8)))
    with pytest.raises(KittError, match="cannot be read any more: damaged png"):
        check(GOOD.frames[0], Shot(3, 1_500_000_000, None, "damaged png"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"version": 1', '"version": 2', "its version is not 1"),
        ('"index": 3', '"index": "3"', "lacks 'index'"),
        ('"index": 3, ', "", "lacks 'index'"),
        ('"index": 3', '"index": 3, "more": 1', "unknown 'more'"),
        ('"drive": "a/images"', '"drive": "b"', "names no drive 'b'"),
        ('"near_duplicates": 5,\n', "", "near_duplicates"),
        ("{", "", "not a manifest of calibration frames"),
    ],
)
def test_what_is_no_manifest_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "frames.json"
    path.write_text(GOOD.text().replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KittError) as e:
        FramesManifest.read(path)
    assert said in str(e.value)
    assert str(path) in str(e.value)
    assert "\n" not in str(e.value)


def test_a_missing_manifest_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="cannot read the calibration frames"):
        FramesManifest.read(tmp_path / "none.json")


def test_a_source_file_beside_a_drive_says_whose_it_is(tmp_path: Path) -> None:
    (tmp_path / "set" / "images").mkdir(parents=True)
    (tmp_path / "set" / "SOURCE.txt").write_text("WHAT: roads\nFROM: example.org,  v1\nLicence seen: MIT\n")
    (tmp_path / "set" / "a.mp4").write_text("")
    for drive in (tmp_path / "set" / "images", tmp_path / "set", tmp_path / "set" / "a.mp4"):
        assert terms(drive, None, None) == ("example.org, v1", "MIT")
    assert terms(tmp_path / "set", "elsewhere", None) == ("elsewhere", "MIT")


def test_a_drive_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"nothing says its source.* --source TEXT, or a SOURCE\.txt"):
        terms(tmp_path, None, "MIT")
    with pytest.raises(KittError, match=r"nothing says its licence.* with a line 'LICENCE: "):
        terms(tmp_path, "mine", None)
