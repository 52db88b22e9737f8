"""One kitt at a time where files are made or moved that several may open at once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

LONGEST_S = 2.0
"""A kitt that hangs must not stop the others for good."""
LOOK_S = 0.01


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Meanwhile no other kitt opens, makes or sets aside a notebook in this folder.

    The folder itself is locked, so that no file is left lying there; where that cannot be, it goes without.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        for _ in range(round(LONGEST_S / LOOK_S)):
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(LOOK_S)
            except OSError:
                break
        yield
    finally:
        os.close(folder)
