"""The calibration frames that come with kitt, against the recordings they are of, where those are at hand."""

from pathlib import Path

import pytest

from kitt.drive.source import open_source
from kitt.runtime.calibration_frames import shots
from kitt.runtime.calibration_manifest import FramesManifest, check

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
MANIFEST = FramesManifest.read(ROOT / "calibration" / "frames.json")


def test_each_drive_says_whose_it_is_and_gave_frames() -> None:
    assert len(MANIFEST.frames) == 128
    assert all(d.source and d.licence for d in MANIFEST.drives)
    assert all(MANIFEST.of(d.name) for d in MANIFEST.drives)
    assert len({f.sha256 for f in MANIFEST.frames}) == 128


@pytest.mark.shared
@pytest.mark.parametrize("drive", MANIFEST.drives, ids=lambda d: d.name)
def test_the_pixels_are_still_those(drive) -> None:
    found = [p for p in (SHARED / drive.name, *SHARED.glob(f"*/{drive.name}")) if p.exists()]
    if not found:
        pytest.skip("the recording is not here: ../shared/data is not part of the repository")
    source = open_source(found[0])
    assert source.sha256() == drive.sha256
    wanted = MANIFEST.of(drive.name)
    seen = list(shots(source, frozenset(wanted)))
    assert [s.index for s in seen] == sorted(wanted)
    for shot in seen:
        check(wanted[shot.index], shot)
