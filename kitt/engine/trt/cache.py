"""Plans that were built, under names that say what they are for.

    efficientdet-lite2-576x320-1a2b3c4d5e6f-trt10.3.0-orin-sm87-int8.plan

A plan holds for one network, one TensorRT and one kind of GPU. Where only others are there, it is built, and that is
said, with how long it takes. The timings of kernels are kept beside, per TensorRT and GPU: the next build asks them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from kitt.engine.files import appearing, locked, sha256_of
from kitt.engine.manifest import Manifest, verify
from kitt.engine.trt.builder import Built, build
from kitt.engine.trt.library import Library
from kitt.engine.trt.prepare import INT8
from kitt.engine.trt.progress import Progress
from kitt.errors import KittError
from kitt.places import engines

Say = Callable[[str], None]
"""Takes one line for the user."""

BACKEND = "tensorrt"
_NAME = re.compile(
    r"(?P<digest>[0-9a-f]{12})-(?P<library>(trt|rtx)[0-9.a-z]+)-(?P<gpu>.+-sm\d+)-(int8|fp16|fp32)\.plan"
)


@dataclass(frozen=True)
class Gpu:
    """What a plan is for: the GPU's own name, its compute capability, and the memory free now."""

    name: str
    compute_capability: tuple[int, int]
    free_bytes: int

    @property
    def tag(self) -> str:
        """For file names: "nvidia-h100-80gb-hbm3-sm90"."""
        major, minor = self.compute_capability
        return f"{re.sub('[^a-z0-9]+', '-', self.name.lower()).strip('-')}-sm{major}{minor}"

    @property
    def capability(self) -> str:
        return ".".join(str(n) for n in self.compute_capability)


def plan_path(onnx: Path, precision: str, library: Library, gpu: Gpu) -> Path:
    """Where the plan of the network in `onnx` is, or will be. Raises KittError when the file cannot be read."""
    return engines() / f"{_stem(onnx)}-{_digest(onnx)[:12]}-{library.tag}-{gpu.tag}-{precision}.plan"


def ensure(
    onnx: Path,
    precision: str,
    library: Library,
    gpu: Gpu,
    say: Say,
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> Path:
    """The plan of `onnx` for this TensorRT and GPU, built unless it is there; `say` is told of a build.

    Raises KittError when it cannot be built or written; what was there before then still is. A plan that is there but
    damaged is an error too, never built over unasked: `force` builds in any case.
    """
    target = plan_path(onnx, precision, library, gpu)
    with locked(target, say):
        if not force and target.is_file() and Manifest.path_for(target).is_file():
            verify(target)
            return target
        say(_announcement(target, onnx, precision, library, gpu))
        timings = engines() / f"timings-{library.tag}-{gpu.tag}.cache"
        kept = timings.read_bytes() if timings.is_file() else b""
        built = build(onnx, precision, library, free_bytes=gpu.free_bytes, timing_cache=kept, progress=progress)
        with appearing(target) as part:
            part.write_bytes(built.plan)
            # first, and before the plan appears: a disk that is full then leaves the last good pair
            _manifest(onnx, built, library, gpu).write(target)
        if built.timing_cache:
            with appearing(timings) as part:
                part.write_bytes(built.timing_cache)
    return target


def fitting(plan: Path, library: Library, gpu: Gpu, say: Say, progress: Progress | None = None) -> Path:
    """`plan` where it is whole and for this TensorRT and GPU, else one built from the same ONNX, which `say` is told.

    Raises KittError when the plan is damaged, or does not fit and its ONNX is not beside it.
    """
    manifest = verify(plan)
    fault = _misfit(manifest, library, gpu)
    if not fault:
        return plan
    for onnx in sorted(plan.parent.glob("*.onnx")):
        if plan.name.startswith(f"{_stem(onnx)}-") and _digest(onnx) == manifest.onnx_sha256:
            say(f"{plan.name}: {fault}")
            return ensure(onnx, manifest.precision, library, gpu, say, progress)
    raise KittError(f"{plan}: {fault}, and the network it was built from is not beside it; build it: kitt build")


def _misfit(manifest: Manifest, library: Library, gpu: Gpu) -> str:
    built_with = manifest.versions.get(library.flavour)
    if built_with != library.version:
        made = built_with or ", ".join(f"{n} {v}" for n, v in manifest.versions.items()) or "another program"
        return f"it was built with {made}, and {library.name} is here"
    if (manifest.gpu, manifest.compute_capability) != (gpu.name, gpu.capability):
        made_for = f"{manifest.gpu} ({manifest.compute_capability})"
        return f"it was built for {made_for}, and {gpu.name} ({gpu.capability}) is here"
    return ""


def _announcement(target: Path, onnx: Path, precision: str, library: Library, gpu: Gpu) -> str:
    """What is built, why, and how long it takes by what earlier builds took."""
    others = [p for p in target.parent.glob(f"{_stem(onnx)}-*-{precision}.plan") if p != target and _parts(p, onnx)]
    why = ""
    if others:
        newest = max(others, key=lambda p: p.stat().st_mtime)
        found = _parts(newest, onnx)
        if found["digest"] != _digest(onnx)[:12]:
            reason = "of another network"
        elif found["gpu"] != gpu.tag:
            reason = f"for another GPU ({found['gpu']})"
        else:
            reason = f"for another TensorRT ({found['library']})"
        why = f"the one there is {reason}; "
    seconds = max((_seconds(p) for p in others), default=0.0)
    time = f"took {seconds:.0f} s last time" if seconds else "may take some minutes, once"
    return f"{why}building {_stem(onnx)} as {precision} with {library.name} for {gpu.name}: {time}"


def _parts(plan: Path, onnx: Path) -> dict[str, str]:
    match = _NAME.fullmatch(plan.name[len(_stem(onnx)) + 1 :])
    return match.groupdict() if match else {}


def _seconds(plan: Path) -> float:
    try:
        return Manifest.read(plan).build_s
    except KittError:
        return 0.0


def _manifest(onnx: Path, built: Built, library: Library, gpu: Gpu) -> Manifest:
    """What is known of the network itself comes from the manifest beside its ONNX, where there is one."""
    source = Manifest.read(onnx) if Manifest.path_for(onnx).is_file() else None
    return Manifest(
        model=source.model if source else _stem(onnx),
        sha256=hashlib.sha256(built.plan).hexdigest(),
        onnx_sha256=_digest(onnx),
        float_sha256=source.float_sha256 if source else "" if built.precision == INT8 else _digest(onnx),
        ranges_sha256=source.ranges_sha256 if source else "",
        ranges_source=source.ranges_source if source else "",
        backend=BACKEND,
        encoding="s8" if built.precision == INT8 else "float",
        precision=built.precision,
        versions={library.flavour: library.version},
        gpu=gpu.name,
        compute_capability=gpu.capability,
        float_layers=source.float_layers if source else (),
        # of the same file run by ONNX Runtime: what the plan itself does is for a machine with a GPU to measure
        gate=source.gate if source and built.precision == INT8 else None,
        build_s=round(built.seconds, 1),
        built_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def _stem(onnx: Path) -> str:
    return onnx.name.removesuffix(".onnx").removesuffix(".s8").removesuffix(".float")


def _digest(onnx: Path) -> str:
    try:
        return sha256_of(onnx)
    except FileNotFoundError:
        raise KittError(f"{onnx}: no such model file") from None
    except OSError as e:
        raise KittError(f"{onnx}: cannot read: {e.strerror or e}") from e
