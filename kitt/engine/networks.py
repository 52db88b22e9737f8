"""The networks built from published weights or a user's own ONNX: in float, and in 8 bits for either kind of runtime.

A file's name holds its weights, its ranges and the converter, so that a change of any of them makes another file. A
name that ends in .onnx is the path of a user's own; its size (0, 0) is the one that it was exported for.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from kitt.engine.convert import VERSION
from kitt.engine.evidence import find, key
from kitt.engine.files import appearing, locked, sha256_of
from kitt.engine.manifest import Manifest, verify
from kitt.engine.models import DETECTORS, Detector, find_detector
from kitt.engine.pull import path_of
from kitt.errors import KittError
from kitt.places import calibration, engines

if TYPE_CHECKING:
    import onnx

    from kitt.engine.quantise.ranges import Ranges

FLOAT, U8, S8 = "float", "u8", "s8"
ENCODINGS = (FLOAT, U8, S8)


@dataclass(frozen=True)
class Format:
    """How weights of one kind of file become a float ONNX; trained: the ranges that some carry in themselves."""

    convert: Callable[[Path, int, int], onnx.ModelProto]
    trained: Callable[[Path], dict[str, tuple[float, float]]] | None = None


def _tflite(source: Path, width: int, height: int) -> onnx.ModelProto:
    from kitt.engine.convert.efficientdet import convert

    return convert(source, width, height)


def _tflite_ranges(source: Path) -> dict[str, tuple[float, float]]:
    from kitt.engine.convert.own_ranges import trained_ranges
    from kitt.engine.convert.reading import read

    return trained_ranges(read(source))


def _tfjs(source: Path, width: int, height: int) -> onnx.ModelProto:
    from kitt.engine.convert.nanodet import convert

    return convert(source, width, height)


FORMATS = {".tflite": Format(_tflite, _tflite_ranges), ".json": Format(_tfjs)}
"""By the ending of the weights' file."""


def format_of(detector: Detector) -> Format:
    """How a detector's weights are read."""
    return FORMATS[Path(detector.model.file).suffix]


def is_own(name: str) -> bool:
    """Whether `name` is the path of a user's own ONNX."""
    return name.endswith(".onnx")


def stem_of(name: str) -> str:
    """What files made for a model begin with."""
    return Path(name).stem if is_own(name) else name


def ranges_path(name: str) -> Path:
    """Where the activation ranges of a model are, as text."""
    return calibration() / f"{stem_of(name)}.ranges.toml"


def engine_path(name: str, width: int, height: int, encoding: str = U8) -> Path:
    """Where the ONNX of a detector for one input size is, or will be.

    Raises KittError where it takes ranges that are not there.
    """
    sized = f"{stem_of(name)}-{width}x{height}" if width else stem_of(name)
    parts = [sized, _weights_sha256(name)[:12]]
    if encoding != FLOAT and not (encoding == U8 and _trained(name)):
        parts.append(sha256_of(_ranges_file(name))[:8])
    if encoding != FLOAT and (layers := float_layers_of(name, encoding)):
        parts.append(f"f{hashlib.sha256(' '.join(sorted(layers)).encode()).hexdigest()[:6]}")
    return engines() / f"{'-'.join(parts)}-v{VERSION}.{encoding}.onnx"


def built_sizes(name: str, encoding: str = U8) -> list[tuple[int, int]]:
    """Input sizes (width, height) that a detector's ONNX is there for."""
    middle = f"-{find_detector(name).model.sha256[:12]}-"
    names = [p.name for p in engines().glob(f"{name}-*{middle}*v{VERSION}.{encoding}.onnx")]
    sizes = (n[len(name) + 1 : n.index(middle)].split("x") for n in names)
    return sorted((int(width), int(height)) for width, height in sizes)


def float_network(name: str, width: int, height: int) -> onnx.ModelProto:
    """The float ONNX of a model. Raises KittError when its weights are missing or damaged, or cannot be used."""
    if is_own(name):
        from kitt.engine.onnx_file import read_onnx

        return read_onnx(Path(name), (width, height) if width else None)
    return format_of(find_detector(name)).convert(path_of(name), width, height)


def ranges_of(name: str, encoding: str) -> Ranges:
    """The activation ranges of a model: those it was trained with, or those of `kitt calibrate`.

    Raises KittError when there are none: without calibration there is no INT8.
    """
    from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges

    trained = _trained(name)
    if encoding == U8 and trained:
        source = path_of(name)
        tensors = {t: TensorRanges(Range(*r), "tflite") for t, r in trained(source).items()}
        return Ranges(name, "", tensors, {"tflite": f"{source.name}, the ranges it was trained with"})
    return Ranges.read(_ranges_file(name))


def ensure(name: str, width: int, height: int, encoding: str = U8, *, anew: bool = False) -> Path:
    """The ONNX of a model for pictures of width x height pixels, made when it is not there yet, or `anew`.

    encoding: u8 for CPUs, s8 for TensorRT, or float. Raises KittError when weights or ranges are missing (and says how
    to get them), are of another network or damaged, or the disk is full.
    """
    target = engine_path(name, width, height, encoding)
    if anew or not _is_here(target):
        with locked(target):
            if anew or not _is_here(target):
                _make(name, width, height, encoding, target)
    return target


def serving(name: str, width: int, height: int) -> Path:
    """What runs a model here: the file for TensorRT where `kitt build` chose that and its driver answers, else the u8
    one for the CPU, made when it is not there yet. `loading.cautions` tells where a GPU was expected."""
    from kitt.engine.trt.library import driver_fault

    chosen = chosen_for_gpu(name, width, height)
    return chosen if chosen and not driver_fault() else ensure(name, width, height)


def chosen_for_gpu(name: str, width: int, height: int) -> Path | None:
    """The file that `kitt build` chose TensorRT for, whether or not it can run now."""
    if is_own(name) or not ranges_path(name).is_file():
        return None
    path = engine_path(name, width, height, S8)
    return path if _is_here(path) and Manifest.read(path).backend == "tensorrt" else None


def ensure_usual(names: Collection[str]) -> list[Path]:
    """The networks of the input sizes that those of `names` that are detectors are usually run at; damaged ones are
    made anew."""
    detectors = [d for d in DETECTORS if d.model.name in names]
    sizes = [(d.model.name, width, height) for d in detectors for width, height in d.built_sizes]
    for name, width, height in sizes:
        target = engine_path(name, width, height)
        try:
            verify(target)
        except KittError:
            target.unlink(missing_ok=True)
    return [ensure(*size) for size in sizes]


def quantised(name: str, width: int, height: int, encoding: str) -> tuple[onnx.ModelProto, Manifest]:
    """A network and what there is to say of it but for its bytes. Raises KittError as `ensure` does."""
    from kitt.engine.convert.building import serialised
    from kitt.engine.quantise.fingerprint import fingerprint
    from kitt.engine.quantise.write import quantise

    model = float_network(name, width, height)
    digest, network = hashlib.sha256(serialised(model)).hexdigest(), fingerprint(model)
    versions = {"kitt.converter": str(VERSION), "onnx": version("onnx")}
    if encoding == FLOAT:
        return model, Manifest(stem_of(name), "", "", digest, "", "", "onnxruntime", FLOAT, "fp32", versions)
    ranges = ranges_of(name, encoding)
    if ranges.network and ranges.network != network:
        raise KittError(
            f"{ranges_path(name)}: the ranges are of another network than {name}; make them anew: kitt calibrate"
        )
    layers = float_layers_of(name, encoding)
    if unknown := sorted(set(layers) - {output for node in model.graph.node for output in node.output}):
        raise KittError(f"{name} has no layer '{unknown[0]}' to keep in float; search anew: kitt build --search")
    source = "; ".join(dict.fromkeys(_said(ranges, encoding)))
    about = Manifest(stem_of(name), "", "", digest, ranges.digest(), source, "onnxruntime", encoding, "int8", versions)
    gate = find(key(network, ranges.digest(), encoding, layers))
    return quantise(model, ranges, encoding, layers), replace(about, float_layers=tuple(layers), gate=gate)


def float_layers_of(name: str, encoding: str) -> list[str]:
    """Layers of a model that stay in float, by the choice of `kitt build --search`; none where it did not run."""
    path = calibration() / f"{stem_of(name)}.layers.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get(encoding, {}).get("float_layers", [])
        if not isinstance(found, list) or not all(isinstance(layer, str) for layer in found):
            raise TypeError("float_layers is no list of names")
        return found
    except FileNotFoundError:
        return []
    except (OSError, ValueError, AttributeError, TypeError) as e:
        raise KittError(f"{path}: not a list of layers to keep in float: {e}; search anew: kitt build --search") from e


def _make(name: str, width: int, height: int, encoding: str, target: Path) -> None:
    from kitt.engine.convert.building import save

    begun = time.monotonic()
    model, about = quantised(name, width, height, encoding)
    with appearing(target) as part:
        save(model, part)
        digest = sha256_of(part)
        if not target.is_file() or sha256_of(target) != digest:
            # an engine without manifest is made anew, one beside another's would be neither loaded nor mended
            Manifest.path_for(target).unlink(missing_ok=True)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    seconds = round(time.monotonic() - begun, 2)
    replace(about, sha256=digest, onnx_sha256=digest, build_s=seconds, built_at=now).write(target)
    for stale in target.parent.glob(f"{stem_of(name)}-{width}x{height}-*.onnx*"):
        if f"-v{VERSION}." not in stale.name:
            stale.unlink(missing_ok=True)


def _trained(name: str) -> Callable[[Path], dict[str, tuple[float, float]]] | None:
    return None if is_own(name) else format_of(find_detector(name)).trained


def _weights_sha256(name: str) -> str:
    if not is_own(name):
        return find_detector(name).model.sha256
    from kitt.engine.onnx_file import digest_of

    return digest_of(Path(name))


def _is_here(target: Path) -> bool:
    """Whether an engine and a manifest that this kitt reads are there; whether they belong together, loading checks."""
    try:
        return target.is_file() and bool(Manifest.read(target))
    except KittError:
        return False


def _said(ranges: Ranges, encoding: str) -> list[str]:
    """Where the ranges of an encoding come from."""
    tensors = ranges.tensors.values()
    said = [t.u8_from if encoding == U8 else t.s8_from for t in tensors]
    words = sorted({text.split(" ")[0] for text in said if text})
    return [f"{word}: {ranges.sources[word]}" if word in ranges.sources else word for word in words]


def _ranges_file(name: str) -> Path:
    path = ranges_path(name)
    if not path.is_file():
        raise KittError(
            f"{path}: {name} has no activation ranges, and without them there is no INT8; make them: "
            f"kitt calibrate DRIVE... --model {name}"
        )
    return path
