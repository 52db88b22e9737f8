"""Files that appear whole or not at all, are known by their digest, and are made by one process at a time."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kitt.errors import KittError

LOCKS = ".locks"
"""Folder of locks beside what they guard."""
_REMEDIES = {
    errno.ENOSPC: "free some space, or set KITT_HOME to another disk",
    errno.EDQUOT: "free some space, or set KITT_HOME to another disk",
    errno.EROFS: "the disk is read-only; set KITT_HOME to a folder that can be written",
    errno.EACCES: "make the folder writable, or set KITT_HOME to one that is",
    errno.EPERM: "make the folder writable, or set KITT_HOME to one that is",
}


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A path to write to that becomes `target` when all is written and on the disk, and vanishes when something fails.

    Raises KittError when the folder cannot be written or the disk is full; what was at `target` is then still there.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_left(target)
        yield part
        _to_disk(part)
        part.replace(target)
    except OSError as e:
        raise _unwritable(target, e) from e
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def locked(target: Path, waiting: Callable[[str], None] = lambda line: None) -> Iterator[None]:
    """Only one process at a time makes `target`; the next one waits, and is told so by a line to `waiting`.

    The lock is the system's own and goes with its process, so that a killed one leaves nothing to clear away.
    Raises KittError when the folder cannot be written.
    """
    lock = target.parent / LOCKS / target.name
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        stream = lock.open("a", encoding="ascii")
    except OSError as e:
        raise _unwritable(lock, e) from e
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting(f"{target.name} is being built by another process; waiting for it")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _clear_left(target: Path) -> None:
    """What a killed process left half written."""
    for part in target.parent.glob(f".{target.name}.*.part"):
        number = part.name.split(".")[-2]
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            part.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(target: Path, error: OSError) -> KittError:
    remedy = _REMEDIES.get(error.errno or 0, "")
    return KittError(f"{target}: cannot write: {error.strerror or error}{'; ' + remedy if remedy else ''}")
