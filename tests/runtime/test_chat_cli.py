"""`kitt chat`: written, piped and typed conversations, and what is wrong with what it is given."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.cli.chat import told
from kitt.config import Config
from kitt.errors import KittError
from kitt.mind.reading import Reader

from .conftest import MakeDrive, fast, jpeg, make_drive, pictures, speeds

__all__ = ["fast", "make_drive"]

READERS = lru_cache(maxsize=1)(Reader)
SCRIPT = """\
# in two languages
what do you see?
how fast are we going?
turn on the radio
@2.5 ¿a qué velocidad vamos?
@0.4
que vois-tu ?
"""


def chat(*options: object, typed: str = "") -> Any:
    return CliRunner().invoke(app, ["chat", *(str(o) for o in options)], input=typed)


def failed(*options: object, typed: str = "") -> str:
    done = chat(*options, typed=typed)
    assert isinstance(done.exception, KittError), done.output
    return str(done.exception)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grammars of the three languages, compiled for the first conversation only: seconds each time."""
    monkeypatch.setattr("kitt.runtime.minding.Reader", lambda more=(): Reader(more=more) if more else READERS())


@pytest.fixture
def drive(make_drive: MakeDrive) -> Path:
    shown = [p for i, p in enumerate(pictures(30)) if i < 10]
    return make_drive([*shown, *speeds(30)])


@pytest.fixture
def small(fast: Config) -> list[str]:
    """The small model; its weights are here, else `fast` skips."""
    return ["--model", fast.eyes.model, "--threads", "1"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.mark.weights
def test_a_written_conversation_is_logged_a_line_a_turn_the_same_bytes_each_time(
    drive: Path, script: Path, small: list[str], tmp_path: Path
) -> None:
    logs = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for log in logs:
        done = chat(drive, "--at", 0.9, "--script", script, "--jsonl", log, *small)
        assert done.exit_code == 0, done.output
    assert logs[0].read_bytes() == logs[1].read_bytes()
    said = rows(logs[0])
    assert [list(row) for row in said] == [
        ["turn", "t_s", "heard", "language", "intent", "slots", "said", "actions", "evidence", "asked_back"]
    ] * len(said)
    assert [(r["turn"], r["t_s"], r["language"], r["intent"]) for r in said] == [
        (1, 0.9, "en", "EyesDescribe"),
        (2, 0.9, "en", "EyesSpeed"),
        (3, 0.9, "en", "RadioSet"),
        (4, 2.5, "es", "EyesSpeed"),
        (5, 0.4, "fr", "EyesDescribe"),
    ]
    assert said[0]["evidence"]["frame"] == 9
    assert said[1]["evidence"]["values"]["speed_mps"] == 14.0
    assert said[2]["actions"][0]["confirmed"]
    assert said[4]["evidence"]["frame"] == 4
    assert "0.9 s> what do you see?" in done.output
    assert f"KITT: {said[1]['said']}" in done.output


@pytest.mark.weights
def test_without_a_picture_now_it_says_so(drive: Path, small: list[str], tmp_path: Path) -> None:
    done = chat("--drive", drive, "--at", 2.6, *small, typed="what is ahead?\nwhy did you warn me?\n")
    assert "KITT: My last picture came" in done.output
    assert "I cannot see the road." in done.output
    assert "no picture had come" in done.output


@pytest.mark.weights
def test_piped_in_a_wrong_line_costs_a_line(drive: Path, small: list[str]) -> None:
    typed = "@soon\n@99\n@0.5 how fast are we going?\nexit\nwhat do you see?\n"
    done = chat(drive, "--at", 0.2, "--units", "feet", *small, typed=typed)
    assert done.exit_code == 0
    assert "kitt: '@soon' is no time" in done.output
    assert "kitt: 99 s lies beyond the end of" in done.output
    assert "miles an hour" in done.output
    assert "EyesDescribe" not in done.output


@pytest.mark.weights
def test_a_window_that_leaves_something_out_is_said(drive: Path, small: list[str]) -> None:
    done = chat(drive, "--from", 0.3, "--at", 0.6, *small, typed="what do you see?\n@0.1\n")
    assert "is looked at from 0.3 s on" in done.output
    assert "0.1 s lies before 0.3 s, where looking began" in done.output


@pytest.mark.weights
def test_a_still_picture_has_no_speed_and_time_may_go_on(small: list[str], tmp_path: Path) -> None:
    path, log = tmp_path / "road.jpg", tmp_path / "log.jsonl"
    path.write_bytes(jpeg(0))
    done = chat(path, "--jsonl", log, *small, typed="how fast are we going?\n@20 what do you see?\n")
    assert done.exit_code == 0, done.output
    assert "a still picture: no speed" in done.output
    assert [(r["t_s"], r["intent"], r["evidence"]["frame"]) for r in rows(log)] == [
        (0.0, "EyesSpeed", -1),
        (20.0, "EyesDescribe", 0),
    ]
    assert "I do not know our speed" in rows(log)[0]["said"]


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A kitt.toml with all that the mind can be given."""
    (tmp_path / "recipes").mkdir()
    recipe = (
        'language: en\n\nrecipes:\n  TeaTime:\n    sentences: ["is it tea time"]\n    reply: "At {speed_kmh}? Later."'
    )
    (tmp_path / "recipes" / "en.yaml").write_text(recipe + "\n")
    (tmp_path / "names.txt").write_text("Anna Bell\n")
    paths = {"recipes": "recipes", "contacts": "names.txt", "notebook": "n.db"}
    lines = [f'{key} = "{tmp_path / name}"' for key, name in paths.items()]
    toml = tmp_path / "kitt.toml"
    toml.write_text("\n".join(["[mind]", 'units = "feet"', "wit = false", *lines]) + "\n")
    return toml


@pytest.mark.weights
def test_what_kitt_toml_names_reaches_the_conversation(
    drive: Path, small: list[str], named: Path, tmp_path: Path
) -> None:
    typed = "is it tea time?\ncall anna\nhow fast are we going?\nremember that I parked on level three\n"
    done = chat(drive, "--at", 0.5, "--config", named, *small, typed=typed)
    assert done.exit_code == 0, done.output
    for said in ("KITT: At 50? Later.", "KITT: Call Anna Bell?", "miles an hour", "KITT: Noted: parked on level 3."):
        assert said in done.output
    again = chat(drive, "--at", 0.5, "--notebook", tmp_path / "n.db", *small, typed="where did I park?\ncall anna\n")
    assert "KITT: You parked on level 3." in again.output
    assert "Anna Bell" not in again.output
    none = chat(drive, "--at", 0.5, "--config", named, "--notebook", "", *small, typed="where did I park?\n")
    assert "level 3" not in none.output


@pytest.mark.weights
def test_a_note_is_of_today_whatever_the_recordings_date(drive: Path, small: list[str], tmp_path: Path) -> None:
    book = tmp_path / "n.db"
    chat(drive, "--at", 0.5, "--notebook", book, *small, typed="remember that I parked on level three\n")
    told = CliRunner().invoke(app, ["forget", "--notebook", str(book), "--older-than", "1"])
    assert "nothing to forget" in told.output


@pytest.mark.weights
def test_a_damaged_notebook_is_set_aside_and_said(drive: Path, small: list[str], tmp_path: Path) -> None:
    book = tmp_path / "n.db"
    book.write_bytes(b"no database\0" * 1000)
    done = chat(drive, "--at", 0.5, "--notebook", book, *small, typed="remember that I parked on level three\n")
    assert done.exit_code == 0
    assert done.output.count("set aside as n.damaged-1.db, a new one begun") == 1
    assert "KITT: Noted: parked on level 3." in done.output
    assert (tmp_path / "n.damaged-1.db").is_file()


def test_what_the_mind_cannot_use_is_one_line_before_anything_is_looked_at(
    drive: Path, named: Path, tmp_path: Path
) -> None:
    script = tmp_path / "long.txt"
    script.write_text("hello\n" + "a" * 100_000 + "\n")
    assert "long.txt:2: a line of 100000 characters" in failed(drive, "--script", script)
    assert "no recipes in this folder" in failed(drive, "--recipes", drive.parent)
    assert "no such folder" in failed(drive, "--recipes", tmp_path / "none")
    assert "names.txt: no such file" in failed(drive, "--contacts", tmp_path / "no" / "names.txt")
    (tmp_path / "names.txt").write_bytes(b"Anna\n\xff\n")
    assert "names.txt:2: not text (UTF-8)" in failed(drive, "--config", named)
    assert "names.txt" in failed(drive, "--jsonl", tmp_path / "names.txt", "--contacts", tmp_path / "names.txt")


@pytest.mark.weights
def test_a_notebook_that_is_none_of_kitts_is_one_line(drive: Path, small: list[str], tmp_path: Path) -> None:
    assert "the notebook is a file, and this is a folder" in failed(drive, "--notebook", tmp_path, *small, "--at", 0)


@pytest.mark.weights
def test_a_real_car_is_worked_and_that_is_said(drive: Path, small: list[str], tmp_path: Path) -> None:
    toml = tmp_path / "kitt.toml"
    toml.write_text('[vehicle]\nkind = "can"\ninterface = "virtual"\nchannel = "test_chat_cli"\n')
    done = chat(drive, "--at", 0.5, "--config", toml, *small, typed="turn on the fog lights\nopen the trunk\n")
    assert done.exit_code == 0, done.output
    assert "KITT works the real car on virtual test_chat_cli; its speed is not known" in done.output
    assert "(no_answer)" in done.output
    assert "(needs_yes_standing)" in done.output
    toml.write_text('[vehicle]\nkind = "can"\nchannel = "can97"\n')
    assert "channel = 'can97': cannot be opened" in failed(drive, "--at", 0.5, "--config", toml, *small)


def test_what_it_cannot_use_is_one_line(drive: Path, tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text("what do you see?\n@77\n")
    assert "language" in failed(drive, "--language", "de")
    assert failed(drive, "--units", "miles") == "command line: 'units' = 'miles'; allowed: metres, feet"
    assert "no such file" in failed(tmp_path / "none.mcap")
    assert "cannot read" in failed(tmp_path / "none.jpg")
    assert failed(drive, "--script", script).startswith(f"{script}:2: 77 s lies beyond the end of")
    assert "2.90 s long" in failed(drive, "--at", 3)
    assert "--at nan" in failed(drive, "--at", "nan")
    assert "name the drive once" in failed(drive, "--drive", drive)
    assert "talk.txt" in failed(drive, "--script", script, "--jsonl", script)
    assert "cannot write" in failed(drive, "--jsonl", tmp_path / "no" / "log.jsonl")


def test_without_a_drive_the_sample_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    assert "the sample drive is not made yet; run `kitt sample`" in failed()


def test_a_turn_is_shown_with_what_it_rests_on() -> None:
    row = {
        "said": "About 24 metres.",
        "intent": "EyesDistance",
        "slots": {"object": "car"},
        "evidence": {
            "frame": 7,
            "track_ids": [4],
            "values": {"car.distance_m": np.pi, "car.said_low": 24, "class": "car"},
        },
        "actions": [],
    }
    assert told(row) == [
        "KITT: About 24 metres.",
        "      [EyesDistance object=car; frame 7, track 4; car.distance_m 3.142]",
    ]
    silent: dict[str, Any] = {"frame": -1, "track_ids": [], "values": {}}
    assert told({"said": "", "intent": "", "slots": {}, "evidence": silent, "actions": []}) == ["KITT: (says nothing)"]
    action = {"target": "media.state", "before": "paused", "after": "playing", "reason": ""}
    shown = told({"said": "Playing.", "intent": "MediaPlay", "slots": {}, "evidence": silent, "actions": [action]})
    assert shown[1] == "      [MediaPlay; media.state paused -> playing]"
