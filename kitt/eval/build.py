"""`kitt build`: from weights to engines that are known to be as good as their float network, and as fast as can be.

    float ONNX -> INT8 in a folder of its own -> gate: mAP of both on labelled pictures -> engines with manifests
    each runtime on the engine: sees it the same? how fast? -> the fastest goes into the manifest

Nothing is put in place before the gate has passed, so that the last good engine stays. One build of a model at a time.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kitt.config import EyesConfig
from kitt.engine import evidence, networks
from kitt.engine.convert.building import save
from kitt.engine.files import locked
from kitt.engine.manifest import Gate, Manifest, verify
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.trt.library import driver_fault
from kitt.errors import KittError
from kitt.eval import gate as gating
from kitt.eval.choice import Choice, Watch, choose
from kitt.eval.datasets import DataSet
from kitt.eval.run import see
from kitt.places import engines
from kitt.types import U8

Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]
Say = Callable[[str], None]
Size = tuple[int, int]


class Refused(Exception):
    """INT8 is not as good as it must be; `gate` has both figures."""

    def __init__(self, model: str, encoding: str, gate: Gate) -> None:
        super().__init__(f"{model} in {encoding}")
        self.model, self.encoding, self.gate = model, encoding, gate


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled sets of the gate, told apart by their digest without a picture being read."""

    name: str
    sha256: str
    read: Callable[[], list[DataSet]]


@dataclass(frozen=True, eq=False)
class Request:
    """What to build: a published detector, for these input sizes and encodings.

    needed, least: of the gate; record: another folder to keep in what was measured; forbidden: digests of pixels that
    were calibrated with.
    """

    model: str
    sizes: tuple[Size, ...]
    encodings: tuple[str, ...] = (networks.U8,)
    labelled: Labelled | None = None
    needed: float = gating.NEEDED
    least: float = gating.LEAST
    threads: int = 1
    force: bool = False
    record: Path | None = None
    forbidden: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Built:
    """An engine in place; fresh: whether anything was done."""

    path: Path
    manifest: Manifest
    fresh: bool


def build(request: Request, pictures: Callable[[], list[U8]], progress: Progress, say: Say) -> list[Built]:
    """Build all of it. pictures: what runtimes are compared on, uint8 (H, W, 3) each.

    Raises Refused where the gate does, and KittError.
    """
    if there := _unchanged(request):
        return there
    with locked(engines() / f"{networks.stem_of(request.model)}.build", say):
        return _unchanged(request) or _build(request, pictures, progress)


def _targets(request: Request) -> list[tuple[str, Size, Path]]:
    return [(e, s, networks.engine_path(request.model, *s, e)) for e in request.encodings for s in request.sizes]


def _unchanged(request: Request) -> list[Built]:
    """The engines, where all are in place as asked for."""
    targets = _targets(request)
    if request.force or not all(_settled(path, encoding, request) for encoding, _, path in targets):
        return []
    return [Built(path, Manifest.read(path), False) for _, _, path in targets]


def _build(request: Request, pictures: Callable[[], list[U8]], progress: Progress) -> list[Built]:
    targets = _targets(request)
    if request.labelled:
        for encoding in request.encodings:
            _gate(request, encoding, [path for e, _, path in targets if e == encoding], progress)
    # the same at every input size
    keys = {encoding: _key(request, encoding) for encoding in request.encodings}
    built = []
    for encoding, size, path in targets:
        networks.ensure(request.model, *size, encoding, anew=request.force or not _whole(path))
        manifest = verify(path)
        if request.labelled or manifest.gate is None:
            manifest = replace(manifest, gate=evidence.find(keys[encoding]))
        if encoding == networks.U8 or not driver_fault():
            shown = path.name.split(".")[0]
            choice = choose(
                path,
                encoding,
                networks.ensure(request.model, *size, networks.FLOAT),
                pictures(),
                request.threads,
                _watch(progress, f"{shown}: compare runtimes"),
            )
            manifest = _with_choice(manifest, choice, request.threads)
        manifest.write(path)
        built.append(Built(path, manifest, True))
    return built


def _settled(path: Path, encoding: str, request: Request) -> bool:
    """Whether an engine is in place, whole, and all that is asked for is known of it."""
    if not _whole(path):
        return False
    manifest = Manifest.read(path)
    gate, labelled = manifest.gate, request.labelled
    if encoding == networks.U8 and not (
        manifest.times_ms and _runtimes(request.threads).items() <= manifest.versions.items()
    ):
        return False
    asked = (labelled.sha256, request.needed, request.least) if labelled else None
    return asked is None or (gate is not None and gate.passed and (gate.set_sha256, gate.needed, gate.least) == asked)


def _runtimes(threads: int) -> dict[str, str]:
    """What times were taken with; another version, another runtime or another number of threads, and they are old."""
    found = {"threads": str(threads)}
    for package in ("onnxruntime", "openvino"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _whole(path: Path) -> bool:
    try:
        verify(path)
    except KittError:
        return False
    return True


def _gate(request: Request, encoding: str, in_place: Sequence[Path], progress: Progress) -> None:
    """Measure, and keep what came of it. Raises Refused; engines that are in place already then tell so when loaded."""
    assert request.labelled is not None
    sets = request.labelled.read()
    _check(sets, request)
    own = networks.is_own(request.model)
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
        candidate = _Candidates(request.model, encoding, Path(folder))
        found = {}
        for what, store in ((networks.FLOAT, _float_store), (encoding, candidate.store)):
            # a user's own network has one size, and is named by its path
            model = str(store(request.model, *request.sizes[0])) if own else request.model
            config = EyesConfig(model=model, threads=request.threads)
            found[what] = [
                see(
                    s,
                    config,
                    _watch(progress, f"{what} on {s.name}"),
                    store=store,
                ).found
                for s in sets
            ]
    kinds = {
        what: gating.pooled([gating.matches(s, f) for s, f in zip(sets, seen, strict=True)])
        for what, seen in found.items()
    }
    compared = gating.compare(kinds[networks.FLOAT], kinds[encoding])
    if not compared.first > 0:
        raise KittError(
            f"{request.labelled.name}: the float network finds nothing in it right (mAP 0), so INT8 cannot be held "
            "against it; do the labels belong to the pictures?"
        )
    gate = Gate(
        set_name=request.labelled.name,
        set_sha256=request.labelled.sha256,
        pictures=sum(len(s.samples) for s in sets),
        float_map=round(compared.first, 4),
        int8_map=round(compared.second, 4),
        ratio_low=round(compared.low, 4),
        ratio_high=round(compared.high, 4),
        needed=request.needed,
        least=request.least,
        passed=compared.passes(request.needed, request.least),
        sizes=tuple(sorted(candidate.sizes)),
        blame=() if compared.passes(request.needed, request.least) else candidate.blame(sets),
    )
    key = _key(request, encoding)
    for where in dict.fromkeys((None, request.record)):
        evidence.record(key, networks.stem_of(request.model), encoding, gate, where)
    if not gate.passed:
        for path in filter(_whole, in_place):
            replace(Manifest.read(path), gate=gate).write(path)
        raise Refused(request.model, encoding, gate)


class _Candidates:
    """Engines of one encoding that are still to pass the gate, in a folder of their own."""

    def __init__(self, model: str, encoding: str, folder: Path) -> None:
        self.model, self.encoding, self.folder = model, encoding, folder
        self.sizes: set[str] = set()

    def store(self, model: str, width: int, height: int) -> Path:
        path = self.folder / f"{networks.stem_of(model)}-{width}x{height}.onnx"
        if not path.exists():
            self.sizes.add(f"{width}x{height}")
            save(networks.quantised(model, width, height, self.encoding)[0], path)
        return path

    def blame(self, sets: Sequence[DataSet]) -> tuple[str, ...]:
        """The layers that INT8 costs most; of a user's own network, nobody looks."""
        if networks.is_own(self.model):
            return ()
        from kitt.eval.sensitivity import worst_layers

        return worst_layers(self.model, self.encoding, [s.load() for s in sets[0].samples[:4]])


def _watch(progress: Progress, what: str) -> Watch:
    return lambda steps, count: progress(steps, count, what)


def _float_store(model: str, width: int, height: int) -> Path:
    return networks.ensure(model, width, height, networks.FLOAT)


def _check(sets: Sequence[DataSet], request: Request) -> None:
    count = sum(len(s.samples) for s in sets)
    if count < gating.MIN_PICTURES:
        raise KittError(
            f"{', '.join(s.name for s in sets)}: {count} pictures are too few to tell what INT8 costs; give "
            f"{gating.MIN_PICTURES} or more, in one set or several"
        )
    if not request.forbidden:
        return
    from kitt.eval.calibration_table import calibration_frame

    for sample in (s for data in sets for s in data.samples):
        if calibration_frame(sample, request.forbidden):
            raise KittError(f"{sample.path}: is a calibration frame (calibration/frames.json), so it cannot judge INT8")


def _key(request: Request, encoding: str) -> str:
    model = request.model
    # the same at every input size
    network = fingerprint(networks.float_network(model, *request.sizes[0]))
    ranges = networks.ranges_of(model, encoding)
    return evidence.key(network, ranges.digest(), encoding, networks.float_layers_of(model, encoding))


def _with_choice(manifest: Manifest, choice: Choice, threads: int) -> Manifest:
    return replace(
        manifest,
        backend=choice.backend,
        times_ms=dict(choice.times_ms),
        refused=dict(choice.refused),
        versions={**manifest.versions, **_runtimes(threads)},
    )


def digest_of_files(paths: Iterable[Path]) -> str:
    """What tells labelled sets apart: names and sizes of their files, and the text of their labels."""
    total = hashlib.sha256()
    for root in paths:
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in files:
            total.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            if path.suffix in (".txt", ".json", ".yaml"):
                total.update(path.read_bytes())
    return total.hexdigest()
