"""The notebook keeps what it says it keeps, through kills, damage and a full disk, and lets go of it when asked."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kitt.errors import KittError
from kitt.mind import notebook_file, notes
from kitt.mind.notebook import DAY_NS, Notebook, Retention, Sighting
from kitt.mind.talk import Talk
from kitt.types import LANGUAGES

BEGUN = 1_700_000_000_000_000_000
S = 1_000_000_000


def book(path: Path | None, drive: str = "a", begun_ns: int = BEGUN, keep: Retention | None = None) -> Notebook:
    return Notebook.open(path, drive, begun_ns, keep)


def test_a_note_is_there_on_the_next_drive(tmp_path: Path) -> None:
    first = book(tmp_path / "n.db")
    note = first.add("parked", {"level": 3}, 5 * S, frame_index=50)
    assert note
    first.close()
    second = book(tmp_path / "n.db", "b", BEGUN + DAY_NS)
    assert second.notes() == (note,)
    assert second.last("parked") == note
    assert second.last("todo") is None
    assert second.trouble == []


def test_sightings_are_a_drives_own_and_the_latest_count(tmp_path: Path) -> None:
    first = book(tmp_path / "n.db")
    first.saw([Sighting("car", 3, S, 2 * S, 20)])
    first.saw([Sighting("car", 5, S, 9 * S, 90), Sighting("bicycle", 1, 3 * S, 3 * S)])
    assert first.sightings() == {
        "bicycle": Sighting("bicycle", 1, 3 * S, 3 * S),
        "car": Sighting("car", 5, S, 9 * S, 90),
    }
    assert book(tmp_path / "n.db", "b").sightings() == {}
    assert book(tmp_path / "n.db", "b").sightings("a").keys() == {"bicycle", "car"}


def test_a_replay_writes_nowhere() -> None:
    here = book(None)
    assert here.add("todo", {"topic": "bread"}, 0)
    assert len(here.notes()) == 1
    assert book(None).notes() == ()


WRITER = """
import sys
from pathlib import Path
from kitt.mind.notebook import Notebook
book = Notebook.open(Path(sys.argv[1]), "a", 1_700_000_000_000_000_000)
i = 0
while True:
    book.add("todo", {"topic": "x" * 2000, "i": i}, i)
    print(i, flush=True)
    i += 1
"""


def test_kill_9_in_the_middle_loses_at_most_the_last_note(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    for stop_after in (0, 3, 40):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        before = len(book(path).notes()) if path.exists() else 0
        told = -1
        while told < stop_after:
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in process.stdout.read().splitlines())])
        process.wait()
        after = book(path)
        assert after.trouble == []
        assert told + 1 <= len(after.notes()) - before <= told + 2
        assert [n.slots["i"] for n in after.notes()[before:]] == list(range(len(after.notes()) - before))


def damage(path: Path, how: str) -> None:
    raw = bytearray(path.read_bytes())
    if how == "garbage":
        raw[:] = os.urandom(len(raw))
    elif how == "cut":
        raw = raw[: len(raw) // 2 + 100]
    else:
        raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)


@pytest.mark.parametrize("how", ["garbage", "cut", "pages"])
def test_a_damaged_file_is_set_aside_said_and_replaced(how: str, tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    old = book(path)
    for i in range(50):
        old.add("todo", {"topic": "x" * 500}, i)
    old.close()
    damage(path, how)
    new = book(path)
    assert new.add("parked", {"level": 1}, 0)
    assert len(new.notes()) == 1
    assert [t.key for t in new.trouble] == ["notebook.damaged"]
    assert new.trouble[0].line.count("\n") == 0
    assert "set aside as n.damaged-1.db" in new.trouble[0].line
    assert (tmp_path / "n.damaged-1.db").is_file()
    new.close()
    damage(path, "garbage")
    assert book(path).works
    assert (tmp_path / "n.damaged-2.db").is_file()


def test_damage_found_while_driving_costs_the_old_notes_and_not_the_new(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    old = book(path)
    for i in range(200):
        old.add("todo", {"topic": "x" * 500}, i)
    old.close()
    running = book(path)
    assert running._db
    running._db.execute("PRAGMA shrink_memory")
    damage(path, "pages")
    assert running.add("todo", {"topic": "y"}, 0)
    assert [t.key for t in running.trouble] == ["notebook.damaged"]
    assert running.add("parked", {"level": 2}, 1)
    assert [n.kind for n in running.notes()] == ["todo", "parked"]


AT_ONCE = """
import sys, time
from pathlib import Path
from kitt.mind.notebook import Notebook
print("ready", flush=True)
sys.stdin.readline()
book = Notebook.open(Path(sys.argv[1]), "at once", int(sys.argv[2]))
written = [book.add("parked", {"level": i}, i) for i in range(10)]
print(sum(note is not None for note in written), [t.key for t in book.trouble])
book.close()
"""


@pytest.mark.parametrize("damaged", [False, True])
def test_several_at_once_lose_nothing(damaged: bool, tmp_path: Path) -> None:
    """New, all make it; damaged, one of them sets it aside and the others use what it has begun."""
    path = tmp_path / "n.db"
    if damaged:
        path.write_bytes(b"no database\0" * 1000)
    command = [sys.executable, "-c", AT_ONCE, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    several = [subprocess.Popen([*command, str(BEGUN + i)], **pipes) for i in range(4)]  # type: ignore[call-overload]
    for one in several:
        assert one.stdout.readline() == "ready\n"
    for one in several:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = sorted(one.communicate(timeout=60)[0] for one in several)
    told = ["10 ['notebook.damaged']\n"] if damaged else ["10 []\n"]
    assert said == sorted(told + ["10 []\n"] * 3)
    assert len(book(path).notes()) == 40
    assert len(notebook_file.set_aside_files(path)) == damaged


def test_what_another_kitt_has_set_aside_is_gone_on_with_in_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    running = book(path)
    running.add("todo", {"topic": "bread"}, 0)
    assert notebook_file.set_aside(path, "damaged", notebook_file.identity(path))
    other = book(path, "b")
    assert other.add("parked", {"level": 1}, 0)
    assert running.add("parked", {"level": 2}, 1)
    assert [n.slots["level"] for n in other.notes()] == [1, 2]
    assert notebook_file.set_aside(path, "damaged", (0, 0)) is None
    assert len([p for p in notebook_file.set_aside_files(path) if p.suffix == ".db"]) == 1


def test_a_drive_forgotten_while_it_lasts_goes_on(tmp_path: Path) -> None:
    running = book(tmp_path / "n.db")
    running.add("parked", {"level": 1}, 0)
    other, _ = notebook_file.connect(tmp_path / "n.db")
    notebook_file.forget(other, tuple(r.id for r in notebook_file.records(other)))
    other.commit()
    assert running.notes() == ()
    assert running.add("parked", {"level": 2}, 1)
    assert [n.slots["level"] for n in running.notes()] == [2]


def test_no_file_can_be_made_and_kitt_goes_on_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    closed = book(tmp_path / "file" / "n.db")
    assert not closed.works
    assert [t.key for t in closed.trouble] == ["notebook.read_only"]
    assert "going on without it" in closed.trouble[0].line
    assert closed.add("parked", {"level": 1}, 0) is None
    assert closed.notes() == ()
    assert closed.sightings() == {}
    assert closed.forget_last() is None
    assert closed.forget_notes() == 0


def test_a_file_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "n.db"
    old = book(path)
    old.add("todo", {"topic": "bread"}, 0)
    old.close()
    connect = sqlite3.connect
    monkeypatch.setattr(
        notebook_file.sqlite3, "connect", lambda file, **k: connect(f"file:{file}?mode=ro", uri=True, **k)
    )
    running = book(path, "b")
    assert [t.key for t in running.trouble] == ["notebook.read_only"]
    assert running.add("parked", {"level": 1}, 0) is None


def test_a_full_disk_is_said_once_and_tried_again(tmp_path: Path) -> None:
    running = book(tmp_path / "n.db")
    assert running._db
    running._db.execute(f"PRAGMA max_page_count = {running._db.execute('PRAGMA page_count').fetchone()[0]}").fetchall()
    results = [running.add("todo", {"topic": "x" * 3000}, i) for i in range(5)]
    assert results[-1] is None
    assert [t.key for t in running.trouble] == ["notebook.no_room"]
    running._db.execute("PRAGMA max_page_count = 1000").fetchall()
    assert running.add("parked", {"level": 1}, 9)


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    raw = path.read_bytes()
    with pytest.raises(KittError, match=r"mine\.db: a database, but not kitt's notebook"):
        book(path)
    assert path.read_bytes() == raw
    with pytest.raises(KittError, match="this is a folder"):
        book(tmp_path)


@pytest.mark.parametrize("name", ["shopping.txt", "notes", "song.mp3", "shopping.db"])
def test_a_file_that_is_none_of_kitts_is_left_alone(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"milk\nbread\n" * 1000)
    with pytest.raises(KittError, match="not a notebook; name another file"):
        book(path)
    assert path.read_bytes() == b"milk\nbread\n" * 1000
    assert os.listdir(tmp_path) == [name]


def test_a_device_is_no_notebook() -> None:
    with pytest.raises(KittError, match="the notebook is a file, and this is none"):
        book(Path("/dev/null"))


def test_a_notebook_of_a_newer_kitt_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    book(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(KittError, match="newer kitt"):
        book(path)


def test_what_is_forgotten_is_off_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    here = book(path)
    here.add("todo", {"topic": "a secret errand"}, 0)
    assert any(b"a secret errand" in f.read_bytes() for f in tmp_path.iterdir())
    gone = here.forget_last()
    assert gone
    assert gone.slots == {"topic": "a secret errand"}
    assert not any(b"a secret errand" in f.read_bytes() for f in tmp_path.iterdir())
    assert here.forget_last() is None


def test_forgetting_the_drive_leaves_the_others(tmp_path: Path) -> None:
    first = book(tmp_path / "n.db")
    first.add("todo", {"topic": "oil"}, 0)
    first.close()
    second = book(tmp_path / "n.db", "b")
    second.add("todo", {"topic": "bread"}, 0)
    second.saw([Sighting("car", 1, 0, 0)])
    assert second.forget_drive() == 2
    assert [n.slots["topic"] for n in second.notes()] == ["oil"]
    assert second.add("todo", {"topic": "fuel"}, 1)


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    for day in (0, 10, 20):
        here = book(tmp_path / "n.db", f"d{day}", BEGUN + day * DAY_NS, Retention(days=15))
        here.add("todo", {"topic": "oil", "day": day}, 0)
        here.close()
    assert [n.slots["day"] for n in book(tmp_path / "n.db", "d20", BEGUN + 20 * DAY_NS).notes()] == [10, 20]


def test_what_is_too_much_goes_oldest_first(tmp_path: Path) -> None:
    keep = Retention(megabytes=0.2)
    for drive in range(6):
        here = book(tmp_path / "n.db", f"d{drive}", BEGUN + drive * DAY_NS, keep)
        for i in range(210):
            here.add("todo", {"topic": "x" * 200}, i)
        for i in range(400):
            here.saw([Sighting("car", i, 0, i)])
        here.close()
    left = book(tmp_path / "n.db", "d5", BEGUN + 5 * DAY_NS, keep)
    drives = {n.drive for n in left.notes()}
    assert "d5" in drives
    assert "d0" not in drives
    assert left.sightings()["car"].count == 399
    left.close()
    assert (tmp_path / "n.db").stat().st_size < 300_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_note_intents_in_words(language: str) -> None:
    here, talk = book(None), Talk.load(language)

    def say(intent: str, **slots: str | int) -> tuple[str, str]:
        said = notes.reply(intent, slots, 0, here, talk)
        assert said
        return said.key, said.text

    assert say("NoteParkedAsk")[0] == "note.parked_unknown"
    assert say("NoteRead")[0] == "note.read_none"
    assert say("NoteParked", level=-2)[0] == "note.parked_below"
    assert say("NoteParked", level=3)[0] == "note.parked"
    key, text = say("NoteParkedAsk")
    assert key == "note.parked_at"
    assert "3" in text
    assert say("NoteRead")[0] == "note.read_one"
    assert say("NoteAdd", topic="bread")[0] == "note.added"
    assert say("NoteAdd", topic="bread")[0] == "note.added_already"
    assert say("NotePlace")[0] == "note.place"
    key, text = say("NoteRead")
    assert key == "note.read_many"
    assert "3" in text
    assert talk.name("topic", "bread") in text
    assert say("NoteForget", note="last")[0] == "note.forgot_last"
    assert say("NoteForget", note="all")[0] == "note.forgot_many"
    assert say("NoteForget", note="last")[0] == "note.forgot_none"
    assert say("DriveForget")[0] == "note.forgot_drive"
    assert notes.reply("EyesCount", {}, 0, here, talk) is None


def test_what_cannot_be_undone_is_asked_first() -> None:
    en = Talk.load("en")
    assert notes.confirmation("NoteForget", {"note": "all"}, en)
    assert notes.confirmation("DriveForget", {}, en)
    assert notes.confirmation("NoteForget", {"note": "last"}, en)
    assert notes.confirmation("NoteAdd", {"topic": "oil"}, en) is None


def test_what_was_not_written_is_not_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    closed, en = book(tmp_path / "file" / "n.db"), Talk.load("en")
    said = notes.reply("NoteParked", {"level": 3}, 0, closed, en)
    assert said
    assert said.key == "note.cannot"
    for intent in ("NoteRead", "NoteParkedAsk", "NoteForget", "DriveForget"):
        said = notes.reply(intent, {"note": "all"}, 0, closed, en)
        assert said
        assert said.key == "notebook.trouble"
    for trouble in closed.trouble:
        assert all(Talk.load(language).say(trouble.key).text for language in LANGUAGES)
