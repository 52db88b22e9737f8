"""kitt from Python, as the README shows it."""

from dataclasses import replace
from pathlib import Path

import pytest

import kitt
from kitt.config import Config
from kitt.errors import KittError
from kitt.types import Heard, Notice, Warning

from .runtime.conftest import MakeDrive, fast, hearing, make_drive, pictures, speeds, spoken

__all__ = ["fast", "hearing", "make_drive"]


@pytest.mark.weights
def test_a_drive_is_replayed_in_a_for_loop(make_drive: MakeDrive, fast: Config) -> None:
    results = list(kitt.replay(make_drive(list(pictures(4))), config=fast))
    assert [r.frame.index for r in results] == [0, 1, 2, 3]
    assert all(r.warnings == [] for r in results)


@pytest.mark.weights
def test_what_went_wrong_is_told_with_the_next_frame_and_all_of_it_as_it_comes(
    make_drive: MakeDrive, fast: Config
) -> None:
    records = pictures(30)
    for i in (3, 4, *range(10, 28)):
        records[i] = replace(records[i], data=b"")
    events: list[Warning | Notice | Heard] = []
    results = list(kitt.replay(make_drive([*records]), config=fast, on_event=events.append))
    assert [len(r.notices) for r in results[:8]] == [0, 0, 0, 2, 0, 0, 0, 0]
    assert "zero bytes; skipped" in results[3].notices[0].text
    assert [(len(r.notices), [w.event for w in r.warnings]) for r in results[8:]] == [(18, ["camera_lost"]), (0, [])]
    carried = [e for r in results for e in (*r.notices, *r.warnings)]
    assert {id(e) for e in carried} <= {id(e) for e in events}
    assert {getattr(e, "event", "") for e in events if not any(e is c for c in carried)} == {"warning_off"}


@pytest.mark.weights
def test_what_was_heard_comes_with_the_next_frame(make_drive: MakeDrive, hearing: Config) -> None:
    drive = make_drive([*pictures(30), *spoken("KITT, what do you see?", "en", 0.4, 3.0)])
    events: list[Warning | Notice | Heard] = []
    results = list(kitt.replay(drive, config=hearing, on_event=events.append))
    (result,) = [r for r in results if r.heard]
    assert [h.intent for h in result.heard] == ["EyesDescribe"]
    assert 0 < result.frame.t_ns - result.heard[0].t_end_ns < 2_000_000_000
    assert [e for e in events if isinstance(e, Heard)] == result.heard


@pytest.mark.weights
def test_the_assistant_is_asked_about_what_a_replay_saw(make_drive: MakeDrive, fast: Config) -> None:
    mind = kitt.Assistant(language="en")
    for result in kitt.replay(make_drive([*pictures(4), *speeds(4)]), config=fast):
        mind.see(result.scene, result.signals, result.warnings)
    turn = mind.read("how fast are we going?", result.frame.t_ns, kitt.Reader())
    assert (turn.intent, turn.evidence.values["speed_mps"]) == ("EyesSpeed", 14.0)


def test_a_missing_drive_is_an_error_of_kitts_own(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no such file"):
        kitt.replay(tmp_path / "none.mcap")
