"""kitt from Python, as the README shows it."""

from pathlib import Path

import pytest

import kitt
from kitt.config import Config
from kitt.errors import KittError

from .runtime.conftest import MakeDrive, fast, make_drive, pictures

__all__ = ["fast", "make_drive"]


@pytest.mark.weights
def test_a_drive_is_replayed_in_a_for_loop(make_drive: MakeDrive, fast: Config) -> None:
    results = list(kitt.replay(make_drive(list(pictures(4))), config=fast))
    assert [r.frame.index for r in results] == [0, 1, 2, 3]
    assert all(r.warnings == [] for r in results)


def test_a_missing_drive_is_an_error_of_kitts_own(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no such file"):
        kitt.replay(tmp_path / "none.mcap")
