"""`kitt forget` shows first, asks, and takes away what was named and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.errors import KittError
from kitt.mind.notebook import DAY_NS, Notebook, Retention, usual_path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    now = time.time_ns()
    for name, days in (("old", 40), ("new", 1)):
        book = Notebook.open(usual_path(), name, now - days * DAY_NS, Retention())
        book.add("todo", {"topic": f"errand of {name}"}, 0)
        book.close()
    return usual_path()


def forget(*options: str) -> Any:
    return CliRunner().invoke(app, ["forget", *options])


def topics() -> list[object]:
    book = Notebook.open(usual_path(), "later", time.time_ns())
    found = [note.slots["topic"] for note in book.notes()]
    book.close()
    return found


def test_nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    assert "remembers nothing" in forget().output
    assert isinstance(forget("--notebook", str(tmp_path / "no.db")).exception, KittError)


def test_without_an_option_it_only_shows(path: Path) -> None:
    done = forget()
    assert done.exit_code == 0
    assert "2 drives" in done.output
    assert "old: 1 note, 0 kinds of things seen" in done.output
    assert len(topics()) == 2


def test_older_than(path: Path) -> None:
    done = forget("--older-than", "30", "--yes")
    assert "old: 1 note" in done.output
    assert "new" not in done.output
    assert done.output.endswith("forgotten\n")
    assert topics() == ["errand of new"]
    assert not any(b"errand of old" in f.read_bytes() for f in path.parent.iterdir())
    assert "nothing to forget" in forget("--older-than", "30", "--yes").output


def test_drive(path: Path) -> None:
    forget("--drive", "new", "--yes")
    assert topics() == ["errand of old"]


def test_all_takes_what_was_set_aside_too(path: Path) -> None:
    path.write_bytes(b"x\0" * 5000)
    assert topics() == []
    assert (path.parent / "notebook.damaged-1.db").exists()
    done = forget("--all", "--yes")
    assert "damaged, set aside: notebook.damaged-1.db" in done.output
    assert not list(path.parent.glob("*damaged*"))


def test_a_text_of_the_same_name_is_left_alone(tmp_path: Path) -> None:
    junk = tmp_path / "junk.db"
    junk.write_text("milk\nbread\n", encoding="utf-8")
    done = forget("--notebook", str(junk), "--all", "--yes")
    assert isinstance(done.exception, KittError)
    assert "not a notebook" in str(done.exception)
    assert junk.read_text(encoding="utf-8") == "milk\nbread\n"
    assert list(tmp_path.iterdir()) == [junk]


def test_nobody_to_ask(path: Path) -> None:
    done = forget("--all")
    assert isinstance(done.exception, KittError)
    assert "--yes" in str(done.exception)
    assert len(topics()) == 2


def test_two_scopes(path: Path) -> None:
    assert isinstance(forget("--all", "--drive", "new").exception, KittError)
