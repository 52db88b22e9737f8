"""SHA-256 of a file, taken from the bytes as they are read anyway."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from kitt.errors import KittError

_STEP = 1 << 20
_GAP = 1 << 18
"""What is skipped between two reads, such as indexes, is read for the digest's sake where it is no more than this."""


class Digest:
    """Takes bytes in any order, hashes those that continue what it has, and reads the rest itself at the end.

    `upto` is how many bytes of the file it has.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self.upto = 0

    def feed(self, offset: int, data: bytes) -> None:
        """`data` was read at `offset`."""
        if offset <= self.upto < offset + len(data):
            self._hash.update(memoryview(data)[self.upto - offset :])
            self.upto = offset + len(data)

    def sha256(self) -> str:
        """Of the whole file, in hex; reads what has not been read yet."""
        try:
            with self._path.open("rb") as f:
                f.seek(self.upto)
                while data := f.read(_STEP):
                    self.feed(self.upto, data)
        except OSError as e:
            raise KittError(f"{self._path}: cannot read: {e.strerror}") from e
        return self._hash.hexdigest()


class HashingFile:
    """A file opened for reading that shows a `Digest` all that passes; enough of a file for PyAV and for MCAP."""

    def __init__(self, path: Path, digest: Digest | None = None) -> None:
        self._digest = digest
        self._file = path.open("rb")
        self.name = str(path)
        self.size = path.stat().st_size

    def read(self, n: int = -1) -> bytes:
        offset = self._file.tell()
        data = self._file.read(n)
        if self._digest is not None:
            self._digest.feed(offset, data)
        return data

    def read_at(self, offset: int, n: int) -> bytes:
        """`n` bytes from `offset`; fewer where the file ends. Both may be nonsense out of a damaged file."""
        n = min(n, self.size - offset)
        if n <= 0:
            return b""
        if self._digest is not None and 0 < offset - self._digest.upto <= _GAP:
            self._file.seek(self._digest.upto)
            self.read(offset - self._digest.upto)
        self._file.seek(offset)
        return self.read(n)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> HashingFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
