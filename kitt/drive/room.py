"""Room on a disk, kept for what must still be written when the disk is full."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

_STEP = 1 << 14


class Room:
    """Holds bytes of the disk under a folder in a file without a name, which vanishes with the process.

    Where the folder or its file system does not allow that, it holds nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._held = ExitStack()
        self._file: int | None = None
        self._size = 0
        with suppress(OSError):
            file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - `free` closes it
            self._file = self._held.enter_context(file).fileno()

    def keep(self, size: int) -> None:
        """Hold at least `size` bytes. Raises OSError where the disk has not that much left."""
        if size <= self._size or self._file is None:
            return
        size = -(-size // _STEP) * _STEP
        try:
            os.posix_fallocate(self._file, 0, size)
        except OSError as e:
            if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            return
        self._size = size

    def free(self) -> None:
        """Give it back. May be called again."""
        self._held.close()
        self._file = None
