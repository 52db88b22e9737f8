"""Loading an engine: its manifest is read and checked first, then what was found fastest for it runs it."""

from __future__ import annotations

from pathlib import Path

from kitt.engine.backend import Backend
from kitt.engine.backend import load as load_backend
from kitt.engine.manifest import Manifest, verify
from kitt.errors import KittError
from kitt.places import engines

DEFAULT = "onnxruntime"


def manifest_of(path: Path) -> Manifest | None:
    """The checked manifest of an engine; None for a network of the user's own, which has none.

    Raises KittError when the engine is not the one its manifest tells of, or one of kitt's own has none.
    """
    if not Manifest.path_for(path).is_file() and path.parent.resolve() != engines().resolve():
        return None
    manifest = verify(path)
    if not path.name.startswith(manifest.model):
        raise KittError(
            f"{path}: its manifest is of {manifest.model}, another model; build it anew: kitt build --force"
        )
    return manifest


def load(path: Path | str, threads: int) -> Backend:
    """An engine or a user's own ONNX, ready to run. Raises KittError."""
    path = Path(path)
    if not path.is_file():
        raise KittError(f"{path}: no such model file")
    manifest = manifest_of(path)
    if manifest is None or manifest.backend == DEFAULT:
        return load_backend(path, threads, DEFAULT)
    try:
        return load_backend(path, threads, manifest.backend)
    except KittError:
        if path.suffix != ".onnx":
            raise
        # what was fastest when it was built is not here any more; `accuracy_of` and the backend's name tell
        return load_backend(path, threads, DEFAULT)


def cautions(path: Path, running: str = "") -> list[str]:
    """What whoever runs this engine must know, a line each; none for one that passed its gate and runs as it was built.

    running: the name of the backend that runs it, "" where none does.
    """
    manifest = manifest_of(path)
    if manifest is None:
        return []
    return [*_elsewhere(path, manifest, running), *_unproven(path, manifest)]


def _elsewhere(path: Path, manifest: Manifest, running: str) -> list[str]:
    if running and not running.startswith(manifest.backend):
        return [f"{path.name} was built for {manifest.backend}, which cannot run now; it runs by {running}, slower"]
    if manifest.encoding != "u8":
        return []
    sized = path.name.rpartition("-v")[0]
    for other in path.parent.glob(f"{sized}*.s8.onnx"):
        try:
            chosen = Manifest.read(other).backend == "tensorrt"
        except KittError:
            continue  # one that is not whole was not chosen either
        if chosen:
            from kitt.engine.trt.library import driver_fault

            return [f"TensorRT was chosen to run {sized}, and the CPU does: {driver_fault() or 'it was asked to'}"]
    return []


def _unproven(path: Path, manifest: Manifest) -> list[str]:
    if manifest.precision != "int8":
        return []
    if manifest.gate is None:
        return [f"{path.name} is ungated: nobody measured what INT8 costs it; measure: kitt build --eval SET"]
    if not manifest.gate.passed:
        return [f"{path.name} was refused by its gate: {manifest.accuracy}"]
    return []


def accuracy_of(path: Path) -> str:
    """What INT8 costs a network, in a few words, as its manifest has it."""
    manifest = manifest_of(path)
    return "not known to kitt" if manifest is None else manifest.accuracy
