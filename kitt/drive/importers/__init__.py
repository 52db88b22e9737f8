"""One module for each kind of recording; a new one is found by being here.

An importer is a module with `matches(path) -> bool`, which looks at the name and the first bytes, `read(path,
options) -> Source`, and `WHAT`, a few words that say what it reads.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Protocol, cast

from kitt.drive.source import Options, Source
from kitt.errors import KittError


class Importer(Protocol):
    """What a module of this package offers."""

    WHAT: str

    def matches(self, path: Path) -> bool: ...

    def read(self, path: Path, options: Options) -> Source: ...


def importers() -> list[Importer]:
    """All of them, by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [cast(Importer, importlib.import_module(f"{__name__}.{name}")) for name in names]


def find_importer(path: Path) -> Importer:
    """The one that reads `path`. Raises KittError where there is none."""
    found = importers()
    for importer in found:
        if importer.matches(path):
            return importer
    raise KittError(f"{path}: not a recording that kitt reads; it reads {', '.join(i.WHAT for i in found)}")


def first_bytes(path: Path, n: int = 16) -> bytes:
    """The first bytes of a file; none of a folder."""
    if not path.is_file():
        return b""
    with path.open("rb") as f:
        return f.read(n)
