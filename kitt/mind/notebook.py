"""The memory of drives: notes by voice and what was seen, in one SQLite file that outlives the engine being cut off.

Rows are only ever added; forgetting is the one thing that takes some away, and takes their bytes from the disk too.

Write-ahead log with synchronous=FULL: a note is on the disk before kitt says "noted", even if the ignition cuts the
power in the next instant; a process killed in the middle loses at most the note it was writing, and a reader
(`kitt forget`) never waits. It costs one fsync a note, and notes come a few an hour.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kitt import places
from kitt.mind import notebook_file
from kitt.mind.notebook_file import Trouble, UnusableError

T = TypeVar("T")

DAY_NS = 86_400_000_000_000
TRIM_EVERY = 200
"""Rows added between two looks at the size."""
_DRIVE = "INSERT OR IGNORE INTO drives (id, name, begun_ns) VALUES (?, ?, ?)"
"""`kitt forget` may have taken the drive away that is still under way; what comes after is a note nonetheless."""


@dataclass(frozen=True)
class Note:
    """One thing to remember. kind: "parked", "place" or "todo"; slots: kitt's own names, as the intent had them.

    t_ns: of the drive it was made in; frame_index: the picture of that moment, -1 for none.
    """

    id: int
    drive: str
    t_ns: int
    kind: str
    slots: Mapping[str, str | int]
    frame_index: int = -1


@dataclass(frozen=True)
class Sighting:
    """All of one class in one drive: how many different ones, when the first and the last, and the last's picture."""

    object: str
    count: int
    first_ns: int
    last_ns: int
    frame_index: int = -1


@dataclass(frozen=True)
class Retention:
    """How long and how much is kept."""

    days: float = 365.0
    megabytes: float = 16.0


def usual_path() -> Path:
    """Where the notebook lies if nobody says otherwise: with the drives, which are not part of the checkout."""
    return places.home() / "drives" / "notebook.db"


class Notebook:
    """The notebook as one drive writes in it. Nothing here raises after `open`: `trouble` says what went wrong.

    Used by one thread at a time. Deterministic for the same file and calls: it asks no clock.
    """

    def __init__(self, path: Path | None, drive: str, begun_ns: int, keep: Retention) -> None:
        self.path = path
        self.drive = drive
        self.trouble: list[Trouble] = []
        """What the driver has not been told yet: the talk key to say, and a line for the log. Take them off."""
        self._begun_ns = begun_ns
        self._keep = keep
        self._db: sqlite3.Connection | None = None
        self._drive_id = -1
        self._added = 0
        self._told: set[str] = set()
        self._mended = False
        self._file: tuple[int, int] | None = None

    @staticmethod
    def open(path: Path | None, drive: str, begun_ns: int, keep: Retention | None = None) -> Notebook:
        """The notebook at `path`, made if need be; None: in memory, for this drive alone (a replay).

        drive: its name; opened again under the same name and start, it is the same drive. begun_ns: the drive's start
        since the Unix epoch; what is too old by `keep` at that time is forgotten. A damaged file is set aside and a new
        one begun; one that cannot be written leaves the notebook closed. Both stand in `trouble`. Raises KittError for
        a file that is no notebook of kitt's, which is left as it is.
        """
        book = Notebook(path, drive, begun_ns, keep or Retention())
        book._start()
        return book

    @property
    def works(self) -> bool:
        """Whether notes can be read and written."""
        return self._db is not None

    def add(self, kind: str, slots: Mapping[str, str | int], t_ns: int, frame_index: int = -1) -> Note | None:
        """Write a note; None when it could not be written, and `trouble` has the reason."""
        text = json.dumps(dict(sorted(slots.items())), ensure_ascii=False)

        def write(db: sqlite3.Connection) -> int:
            db.execute(_DRIVE, (self._drive_id, self.drive, self._begun_ns))
            row = (self._drive_id, t_ns, kind, text, frame_index)
            cursor = db.execute("INSERT INTO notes (drive, t_ns, kind, slots, frame) VALUES (?, ?, ?, ?, ?)", row)
            db.commit()
            return int(cursor.lastrowid or 0)

        written = self._do(write, 0)
        self._grown(1)
        return Note(written, self.drive, t_ns, kind, dict(slots), frame_index) if written else None

    def notes(self, kind: str | None = None) -> tuple[Note, ...]:
        """Notes of every drive, oldest first."""

        def read(db: sqlite3.Connection) -> tuple[Note, ...]:
            found = db.execute(
                "SELECT n.id, d.name, n.t_ns, n.kind, n.slots, n.frame FROM notes n JOIN drives d ON d.id = n.drive"
                " WHERE ?1 IS NULL OR n.kind = ?1 ORDER BY n.id",
                (kind,),
            )
            return tuple(Note(i, drive, t, k, json.loads(slots), f) for i, drive, t, k, slots, f in found.fetchall())

        return self._do(read, ())

    def last(self, kind: str) -> Note | None:
        """The newest note of a kind, of whichever drive."""
        found = self.notes(kind)
        return found[-1] if found else None

    def saw(self, sightings: Iterable[Sighting]) -> bool:
        """Write down what the drive has seen so far; per class the latest such row counts. Once a minute is enough."""
        seen = list(sightings)

        def write(db: sqlite3.Connection) -> bool:
            db.execute(_DRIVE, (self._drive_id, self.drive, self._begun_ns))
            db.executemany(
                "INSERT INTO sightings (drive, object, count, first_ns, last_ns, frame) VALUES (?, ?, ?, ?, ?, ?)",
                [(self._drive_id, s.object, s.count, s.first_ns, s.last_ns, s.frame_index) for s in seen],
            )
            db.commit()
            return True

        done = self._do(write, False)
        self._grown(len(seen))
        return done

    def sightings(self, drive: str | None = None) -> dict[str, Sighting]:
        """What a drive has seen, by class; this one if none is named, the newest of that name."""

        def read(db: sqlite3.Connection) -> dict[str, Sighting]:
            found = db.execute(
                "SELECT object, count, first_ns, last_ns, frame FROM sightings WHERE id IN (SELECT max(id) FROM"
                " sightings WHERE drive = (SELECT max(id) FROM drives WHERE name = ?) GROUP BY object) ORDER BY object",
                (self.drive if drive is None else drive,),
            )
            return {row[0]: Sighting(*row) for row in found.fetchall()}

        return self._do(read, {})

    def forget_last(self) -> Note | None:
        """Forget the newest note and give it back one last time."""
        found = self.notes()
        return found[-1] if found and self._forget("DELETE FROM notes WHERE id = ?", found[-1].id) else None

    def forget_notes(self) -> int:
        """Forget every note of every drive; how many there were."""
        return self._forget("DELETE FROM notes")

    def forget_drive(self) -> int:
        """Forget this drive: its notes and what it saw so far. How many rows that were."""
        gone = self._forget("DELETE FROM notes WHERE drive = ?", self._drive_id)
        return gone + self._forget("DELETE FROM sightings WHERE drive = ?", self._drive_id)

    def close(self) -> None:
        """Fold the log into the file."""
        if self._db:
            self._db.close()
        self._db = None

    def _start(self) -> None:
        try:
            self._db, told = notebook_file.connect(self.path)
        except UnusableError as e:
            self._db = None
            self._tell(e.trouble)
            return
        self._file = notebook_file.identity(self.path)
        for trouble in told:
            self._tell(trouble)
        self._do(self._begin, None)

    def _begin(self, db: sqlite3.Connection) -> None:
        row = (self.drive, self._begun_ns)
        known = db.execute("SELECT max(id) FROM drives WHERE name = ? AND begun_ns = ?", row).fetchone()[0]
        added = None if known else db.execute("INSERT INTO drives (name, begun_ns) VALUES (?, ?)", row)
        db.commit()
        self._drive_id = int(added.lastrowid or 0) if added else known
        notebook_file.trim(db, self._begun_ns - int(self._keep.days * DAY_NS), self._limit_bytes, self._drive_id)

    @property
    def _limit_bytes(self) -> int:
        return int(self._keep.megabytes * 1e6)

    def _grown(self, rows: int) -> None:
        self._added += rows
        if self._added >= TRIM_EVERY:
            self._added = 0
            before_ns = self._begun_ns - int(self._keep.days * DAY_NS)
            self._do(lambda db: notebook_file.trim(db, before_ns, self._limit_bytes, self._drive_id), 0)

    def _forget(self, statement: str, *values: int) -> int:
        def delete(db: sqlite3.Connection) -> int:
            gone = db.execute(statement, values).rowcount
            db.commit()
            notebook_file.scrub(db)
            return gone

        return self._do(delete, 0)

    def _do(self, operation: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """One operation on the file; `otherwise` when SQLite cannot do it, which is told.

        A file found damaged in the middle of a drive is set aside, and the operation done in a new one; one that lies
        there no more, for another kitt has set it aside or somebody has deleted it, would be written to for nobody.
        """
        if self._db and self._file != notebook_file.identity(self.path):
            self._db.close()
            self._start()
        if self._db is None:
            return otherwise
        try:
            return operation(self._db)
        except sqlite3.OperationalError as e:
            self._tell(notebook_file.trouble_of(self.path, str(e)))
            notebook_file.give_up(self._db)
            return otherwise
        except sqlite3.DatabaseError as e:
            self._db.close()
            if self.path is None or self._mended:
                self._db = None
                self._tell(notebook_file.trouble_of(self.path, str(e)))
                return otherwise
            self._mended = True
            self._anew(self.path, str(e))
            return self._do(operation, otherwise)

    def _anew(self, path: Path, damaged: str) -> None:
        """In a new file, or in the one that another kitt has begun."""
        try:
            told = notebook_file.set_aside(path, damaged, self._file)
        except UnusableError as e:
            self._db, told = None, e.trouble
        else:
            self._start()
        if told:
            self._tell(told)

    def _tell(self, trouble: Trouble) -> None:
        """Each reason is told once: who hears "the disk is full" with every note stops listening."""
        if trouble.key not in self._told:
            self._told.add(trouble.key)
            self.trouble.append(trouble)
