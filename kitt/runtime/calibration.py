"""Calibration: drives -> frames unlike each other -> the detector's own looks at them -> what its tensors held."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from kitt.config import EyesConfig
from kitt.drive.source import Source, open_source
from kitt.engine import backend
from kitt.engine.networks import float_network
from kitt.engine.onnx_file import read_onnx
from kitt.engine.quantise.derive import Progress
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.histogram import Histogram
from kitt.engine.quantise.observe import Observer, Watched, opened
from kitt.engine.quantise.placement import slopes, tensors_to_observe
from kitt.errors import KittError
from kitt.eyes.detector import Detector
from kitt.runtime.calibration_frames import Shot, by_drive, choose, descriptor, short_names, shots
from kitt.runtime.calibration_manifest import DriveEntry, FrameEntry, FramesManifest, check, frame_entry, terms
from kitt.types import Frame

_ANY_PX = 320
Tell = Callable[[str], None]
Wanted = Mapping[str, frozenset[int]]
"""Indexes of the chosen frames, by drive."""


@dataclass(frozen=True)
class Drive:
    """A drive to calibrate with; `name` is what the manifest calls it."""

    name: str
    recording: Source
    source: str
    licence: str


@dataclass(frozen=True, eq=False)
class Chosen:
    """Frames to calibrate with. pictures: how many of each drive could be read."""

    wanted: Wanted
    pictures: Mapping[str, int]
    near_duplicates: int


@dataclass(frozen=True, eq=False)
class Observed:
    """What came of it: histograms in graph order, the network's fingerprint, the frames as they were.

    slopes: see `placement.slopes`.
    """

    histograms: dict[str, Histogram]
    network: str
    frames: tuple[FrameEntry, ...]
    slopes: Mapping[str, float]


def open_drives(paths: Sequence[Path], sources: Sequence[str], licences: Sequence[str]) -> list[Drive]:
    """Open them, in the order of their names, so that the order given changes nothing.

    sources, licences: none, one for all drives, or one for each. Raises KittError for a path that is no drive and for
    a drive of nobody knows whom.
    """
    if not paths:
        raise KittError("no calibration data, no INT8: name a drive, a video or a folder of pictures")
    for what, given in (("source", sources), ("licence", licences)):
        if len(given) not in (0, 1, len(paths)):
            raise KittError(f"--{what} is given {len(given)} times for {len(paths)} drives; once for all, or once each")
    drives = []
    for i, (path, name) in enumerate(zip(paths, short_names(paths), strict=True)):
        recording = open_source(path)
        if recording.kind in ("wav", "csv"):
            raise KittError(f"{path}: a {recording.kind} holds no pictures to calibrate with")
        drives.append(Drive(name, recording, *terms(path, _of(sources, i), _of(licences, i))))
    return sorted(drives, key=lambda d: d.name)


def choose_frames(drives: Sequence[Drive], count: int, progress: Progress, tell: Tell) -> Chosen:
    """Look at every picture and choose. Raises KittError when no picture of all drives can be read."""
    indexes: list[list[int]] = []
    seen, owner = [], []
    for number, drive in enumerate(drives):
        mine, unread = [], 0
        for shot in progress(shots(drive.recording), drive.recording.picture_count, f"look at {drive.name}"):
            if shot.image is None:
                unread += 1
                continue
            mine.append(shot.index)
            seen.append(descriptor(shot.image))
            owner.append(number)
        if unread:
            tell(f"{drive.name}: {unread} of {unread + len(mine)} pictures cannot be read; left out")
        indexes.append(mine)
    choice = choose(np.array(seen, np.float32), np.array(owner, np.int64), count)
    rows = by_drive(choice.rows, [len(mine) for mine in indexes])
    wanted = {d.name: frozenset(m[r] for r in rs) for d, m, rs in zip(drives, indexes, rows, strict=True)}
    pictures = {d.name: len(m) for d, m in zip(drives, indexes, strict=True)}
    return Chosen(wanted, pictures, choice.refused)


def same_frames(drives: Sequence[Drive], manifest: FramesManifest) -> Chosen:
    """The frames that a manifest names, out of these drives. Raises KittError where the drives are not those of it."""
    here = {d.name for d in drives}
    missing = sorted({d.name for d in manifest.drives} - here)
    if missing or here - {d.name for d in manifest.drives}:
        what = f"'{missing[0]}' is not among the drives" if missing else "there are drives that it does not name"
        raise KittError(f"the manifest of calibration frames is of other drives: {what}; it names them all by name")
    wanted = {d.name: frozenset(manifest.of(d.name)) for d in manifest.drives}
    return Chosen(wanted, {d.name: d.pictures for d in manifest.drives}, manifest.near_duplicates)


def observe(
    drives: Sequence[Drive],
    chosen: Chosen,
    model: str,
    threads: int,
    progress: Progress,
    expected: FramesManifest | None = None,
) -> Observed:
    """Let the detector look at the chosen frames, whole picture and strip, and count what its tensors hold.

    model: a published detector's name or the path of a float ONNX. expected: frames whose pixels must be as it says.
    Raises KittError when the network cannot be had or run, or a frame is not the expected one.
    """
    frames: list[FrameEntry] = []
    count = sum(len(indexes) for indexes in chosen.wanted.values())
    with _watched(model) as watched:
        for drive, shot in progress(_pictures(drives, chosen.wanted), count, "calibrate"):
            if expected is not None:
                check(expected.of(drive.name)[shot.index], shot)
            if shot.image is None:
                raise KittError(f"{drive.name}: picture {shot.index} cannot be read the second time: {shot.reason}")
            frames.append(frame_entry(drive.name, shot))
            watched.look(drive.name, Frame(0, shot.t_ns, shot.image), threads)
        if len(frames) != count:
            raise KittError(f"{len(frames)} of {count} calibration frames are there; the drives have changed meanwhile")
        return Observed(watched.observer.histograms(), watched.network, tuple(frames), watched.slopes)


def network_of(model: str) -> str:
    """The fingerprint of a user's own network. Raises KittError where the file cannot be used."""
    own = Path(model)
    return fingerprint(read_onnx(own, (_ANY_PX, _ANY_PX) if _has_free_size(own) else None))


def manifest_of(drives: Sequence[Drive], chosen: Chosen, frames: tuple[FrameEntry, ...]) -> FramesManifest:
    """The manifest of frames that were observed; drives that gave none stand in it too."""
    entries = tuple(
        DriveEntry(d.name, d.recording.kind, d.recording.sha256(), chosen.pictures[d.name], d.source, d.licence)
        for d in drives
    )
    return FramesManifest(entries, frames, chosen.near_duplicates)


def _pictures(drives: Sequence[Drive], wanted: Wanted) -> Iterator[tuple[Drive, Shot]]:
    for drive in drives:
        if wanted[drive.name]:
            for shot in shots(drive.recording, wanted[drive.name]):
                yield drive, shot


class _Watching:
    """The detector over watched builds of one network, in `folder`."""

    def __init__(self, model: str, folder: Path) -> None:
        self._folder = folder
        self._own = Path(model) if model.endswith(".onnx") else None
        self._model = model
        free = self._own is None or _has_free_size(self._own)
        # names of tensors are the same at every input size
        first = self._network((_ANY_PX, _ANY_PX) if free else None)
        self.network, self.slopes = fingerprint(first), slopes(first)
        self.observer = Observer(tensors_to_observe(first))
        self._given = [output.name for output in first.graph.output]
        name = model if self._own is None else self._own.stem
        self._config = EyesConfig(model=name if free else str(self._save(first, f"{name}.onnx")))
        self._detector: Detector | None = None
        self._drive = ""

    def look(self, drive: str, frame: Frame, threads: int) -> None:
        """Both looks of the detector at one frame, whose horizon is its middle: nobody knows it."""
        horizon = frame.size[1] / 2
        if self._detector is None or drive != self._drive:
            # a detector keeps the networks of all sizes it met: it is not to hold those of every drive
            config = replace(self._config, threads=threads)
            self._detector = Detector(config, frame.size, horizon, backend=self._load, store=self._store)
            self._drive = drive
        self._detector.aim(horizon, frame.size)
        with self.observer.counting():
            self._detector.candidates(frame)

    def _load(self, path: Path, threads: int) -> backend.Backend:
        return Watched(backend.load(path, threads), self.observer, self._given)

    def _store(self, model: str, width: int, height: int) -> Path:
        path = self._folder / f"{model}-{width}x{height}.onnx"
        return path if path.exists() else self._save(self._network((width, height)), path.name)

    def _network(self, size: tuple[int, int] | None) -> onnx.ModelProto:
        if self._own is not None:
            return read_onnx(self._own, size)
        assert size is not None
        return float_network(self._model, *size)

    def _save(self, model: onnx.ModelProto, name: str) -> Path:
        path = self._folder / name
        path.write_bytes(opened(model, self.observer.tensors, name).SerializeToString())
        return path


@contextmanager
def _watched(model: str) -> Iterator[_Watching]:
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
        try:
            yield _Watching(model, Path(folder))
        except OSError as e:
            raise KittError(f"{folder}: cannot write the network to watch: {e.strerror or e}") from e


def _has_free_size(path: Path) -> bool:
    """Whether a picture's sides are free in an ONNX file; what is none is left to `read_onnx` to refuse."""
    try:
        inputs = onnx.load(str(path), load_external_data=False).graph.input
    except Exception:  # of every kind that a damaged file brings about
        return False
    sides = [[d.dim_value for d in i.type.tensor_type.shape.dim[1:]] for i in inputs]
    return any(len(s) == 3 and not all(s) for s in sides)


def _of(given: Sequence[str], number: int) -> str | None:
    return None if not given else given[0] if len(given) == 1 else given[number]
