"""The notebook's file: its tables, what may be wrong with it, and taking things out of it for good."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from kitt.errors import KittError
from kitt.mind.alone import alone

APPLICATION_ID = 0x4B495454
"""In the file's header, by which `file` and kitt know it: "KITT"."""
VERSION = 1
SUFFIX = ".db"
"""A file of this name that is no database any more, nor a text, is taken for a damaged notebook."""
_LOOKED_AT = 1 << 20
"""Bytes in which a page of a database has its zeros, and a text none."""
_MAGIC = b"SQLite format 3\0"
BUSY_S = 2.0
"""How long to wait for another process that writes at this moment."""
_TABLES = f"""
BEGIN;
CREATE TABLE drives (id INTEGER PRIMARY KEY, name TEXT NOT NULL, begun_ns INTEGER NOT NULL);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, drive INTEGER NOT NULL REFERENCES drives, t_ns INTEGER NOT NULL,
    kind TEXT NOT NULL, slots TEXT NOT NULL, frame INTEGER NOT NULL);
CREATE TABLE sightings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, drive INTEGER NOT NULL REFERENCES drives, object TEXT NOT NULL,
    count INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, frame INTEGER NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""


@dataclass(frozen=True)
class Trouble:
    """What went wrong: `key` of kitt.mind.talk for the driver, `line` for the log."""

    key: str
    line: str


class UnusableError(Exception):
    """The file can be neither read nor written; the assistant goes on without."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.line)
        self.trouble = trouble


@dataclass(frozen=True)
class DriveRecord:
    """What the notebook holds of a drive. begun_ns is of the Unix epoch."""

    id: int
    name: str
    begun_ns: int
    notes: int
    sightings: int


def connect(path: Path | None) -> tuple[sqlite3.Connection, list[Trouble]]:
    """The file, ready, and what had to be done for it. None: a notebook in memory.

    Raises UnusableError, and KittError for a file or a database that is not kitt's or is of a newer kitt; those stay
    as they are.
    """
    if path is None:
        return _opened(None), []
    _make_room(path)
    with alone(path):
        try:
            return _opened(path), []
        except sqlite3.OperationalError as e:
            raise UnusableError(trouble_of(path, str(e))) from e
        except sqlite3.DatabaseError as e:
            if not _ours(path):
                raise KittError(f"{path}: not a notebook; name another file, kitt leaves this one as it is") from e
            damaged = str(e)
        told = _set_aside(path, damaged)
        try:
            return _opened(path), [told]
        except sqlite3.DatabaseError as e:
            raise UnusableError(trouble_of(path, str(e))) from e


def _ours(path: Path) -> bool:
    """Whether a file that is no sound database may be a notebook, and not something else of the user's."""
    try:
        with path.open("rb") as file:
            begins = file.read(_LOOKED_AT)
    except OSError:
        return False
    return begins.startswith(_MAGIC) or (path.suffix == SUFFIX and b"\0" in begins)


def trouble_of(path: Path | None, said: str) -> Trouble:
    """What SQLite's own words come to. They are its only stable sign before Python 3.11."""
    if "full" in said:
        key = "notebook.no_room"
    elif "readonly" in said or "unable to open" in said:
        key = "notebook.read_only"
    else:
        key = "notebook.trouble"
    return Trouble(key, f"{path or 'notebook'}: the notebook cannot be used: {said}; going on without it")


def identity(path: Path | None) -> tuple[int, int] | None:
    """Which file lies there, whatever its name; None for none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def set_aside(path: Path, damaged: str, file: tuple[int, int] | None) -> Trouble | None:
    """Move a file that was found damaged to the next free name, with what belongs to it.

    file: its identity; None is given back where another kitt has set it aside meanwhile. Raises UnusableError.
    """
    with alone(path):
        return _set_aside(path, damaged) if identity(path) == file else None


def _set_aside(path: Path, damaged: str) -> Trouble:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    try:
        path.rename(aside)
        for end in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    except OSError as e:
        raise UnusableError(trouble_of(path, f"{damaged}, and {e.strerror}")) from e
    return Trouble(
        "notebook.damaged", f"{path}: the notebook is damaged ({damaged}); set aside as {aside.name}, a new one begun"
    )


def set_aside_files(path: Path) -> list[Path]:
    """Damaged notebooks that were set aside, with what belongs to them."""
    return sorted(path.parent.glob(f"{path.stem}.damaged-*"))


def give_up(db: sqlite3.Connection) -> None:
    """End a transaction that failed."""
    with contextlib.suppress(sqlite3.Error):
        db.rollback()


def records(db: sqlite3.Connection) -> tuple[DriveRecord, ...]:
    """What there is of each drive, oldest first."""
    found = db.execute(
        "SELECT id, name, begun_ns, (SELECT count(*) FROM notes WHERE drive = d.id),"
        " (SELECT count(DISTINCT object) FROM sightings WHERE drive = d.id) FROM drives d ORDER BY begun_ns, id"
    )
    return tuple(DriveRecord(*row) for row in found.fetchall())


def forget(db: sqlite3.Connection, drives: tuple[int, ...]) -> int:
    """Forget drives with their notes and sightings; how many rows that were. The caller commits."""
    gone = 0
    for drive in drives:
        for table in ("notes", "sightings"):
            gone += db.execute(f"DELETE FROM {table} WHERE drive = ?", (drive,)).rowcount
        gone += db.execute("DELETE FROM drives WHERE id = ?", (drive,)).rowcount
    return gone


def trim(db: sqlite3.Connection, before_ns: int, limit_bytes: int, current: int) -> int:
    """Hold the file to its age and size, the current drive excepted; how many rows went.

    First drives that began before `before_ns`, then sightings that newer ones stand in for, then the oldest drives.
    """
    others = [r for r in records(db) if r.id != current]
    gone = forget(db, tuple(r.id for r in others if r.begun_ns < before_ns))
    others = [r for r in others if r.begun_ns >= before_ns]
    if used_bytes(db) > limit_bytes:
        newest = "SELECT max(id) FROM sightings GROUP BY drive, object"
        gone += db.execute(f"DELETE FROM sightings WHERE id NOT IN ({newest})").rowcount
    while others and used_bytes(db) > limit_bytes:
        gone += forget(db, (others.pop(0).id,))
    db.commit()
    if gone:
        scrub(db)
    return gone


def scrub(db: sqlite3.Connection) -> None:
    """Take what was deleted off the disk: secure_delete has zeroed it, here the log that still holds it goes."""
    db.execute("PRAGMA incremental_vacuum").fetchall()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the pages that hold something."""
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _opened(path: Path | None) -> sqlite3.Connection:
    # Built in one thread and used in another, one at a time.
    db = sqlite3.connect(path or ":memory:", timeout=BUSY_S, check_same_thread=False)
    try:
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _make_room(path: Path) -> None:
    if path.is_dir():
        raise KittError(f"{path}: the notebook is a file, and this is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise KittError(f"{path}: the notebook is a file, and this is none")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        full = e.errno in (errno.ENOSPC, errno.EDQUOT)
        key = "notebook.no_room" if full else "notebook.read_only"
        raise UnusableError(
            Trouble(key, f"{path}: the notebook cannot be written: {e.strerror}; going on without it")
        ) from e


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    """Check what is there, make what is missing. Raises sqlite3.DatabaseError for a damaged file, KittError."""
    tables, application, version = (
        db.execute(sql).fetchone()[0]
        for sql in ("SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version")
    )
    if tables and application != APPLICATION_ID:
        raise KittError(f"{path}: a database, but not kitt's notebook; name another file")
    if version > VERSION:
        raise KittError(f"{path}: a notebook of a newer kitt (version {version}); update kitt or name another file")
    if not tables:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON").fetchall()
    if not tables:
        db.executescript(_TABLES)
        return
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(" ".join(str(found).split()))
