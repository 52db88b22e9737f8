"""Which TensorRT is here, looked for in an order that cannot crash.

Without a driver TensorRT's `Runtime` ends the process with a segmentation fault and its `Builder` raises a bare
TypeError. So the driver is asked first, through ctypes, and a TensorRT is imported only after it answered. TensorRT
for RTX is the exception: its builder works without a driver (its runtime does not).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, NamedTuple

from kitt.errors import KittError

DRIVER = "libcuda.so.1"
_CUDA_SUCCESS = 0
_CUDA_NO_DEVICE = 100
_OLDEST = (8, 6)

FULL, RTX = "tensorrt", "tensorrt-rtx"

_MODULES = {FULL: ("tensorrt",), RTX: ("tensorrt_rtx_bindings", "tensorrt_rtx")}
"""Flavour -> names of its module; that of TensorRT for RTX is the bindings wheel's, since 1.7 has no other."""

_PACKAGES = {FULL: ("tensorrt",), RTX: ("tensorrt-rtx-cu13-bindings", "tensorrt-rtx-cu12-bindings", "tensorrt-rtx")}

_MEND = {
    FULL: "pip install 'kitt[tensorrt]'; on a Jetson it comes with JetPack, which a virtual environment sees only "
    "when it was made with --system-site-packages",
    RTX: "pip install 'kitt[rtx]'",
}
_DRIVER_MEND = "install NVIDIA's driver; in a container, start it with --gpus all (Jetson: --runtime nvidia)"


@dataclass(frozen=True)
class Library:
    """A TensorRT that was imported. flavour: "tensorrt" or "tensorrt-rtx"; `module` is its Python module."""

    flavour: str
    version: str
    module: Any

    @property
    def name(self) -> str:
        """For people: "TensorRT 10.3.0"."""
        return f"{'TensorRT for RTX' if self.flavour == RTX else 'TensorRT'} {self.version}"

    @property
    def tag(self) -> str:
        """For file names: "trt10.3.0", "rtx1.7.1.116"."""
        return f"{'rtx' if self.flavour == RTX else 'trt'}{self.version}"


class Finding(NamedTuple):
    """One line for `kitt doctor`: the part, whether it is there, what was found, the line that mends it."""

    name: str
    ok: bool
    what: str
    mend: str


def driver_fault() -> str:
    """Why CUDA's driver cannot be used: "" when it can. Nothing of NVIDIA's but the driver itself is loaded."""
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return f"no NVIDIA driver ({DRIVER} is not there)"
    code = driver.cuInit(0)
    if code == _CUDA_NO_DEVICE:
        return "the NVIDIA driver finds no GPU"
    return "" if code == _CUDA_SUCCESS else f"the NVIDIA driver does not start (cuInit gives {code})"


def find() -> Library:
    """The TensorRT that can run here: the full one before TensorRT for RTX.

    Raises KittError with the reason for each thing that is absent.
    """
    if fault := driver_fault():
        raise KittError(f"TensorRT cannot run here: {fault}; {_DRIVER_MEND}")
    faults = []
    for flavour in (FULL, RTX):
        try:
            return _imported(flavour)
        except KittError as e:
            faults.append(str(e))
    raise KittError(f"no TensorRT can be used: {'; '.join(faults)}")


def find_for_lint() -> Library:
    """TensorRT for RTX, which builds without a driver. Raises KittError when it is not here."""
    return _imported(RTX)


def findings() -> list[Finding]:
    """What there is of all that TensorRT needs. Imports none of it."""
    fault = driver_fault()
    driver = Finding("nvidia driver", not fault, fault or "answers", _DRIVER_MEND)
    return [driver, *(_package(flavour) for flavour in (FULL, RTX)), *_bindings()]


def _package(flavour: str) -> Finding:
    name = "tensorrt" if flavour == FULL else "tensorrt for rtx"
    if not any(_is_here(m) for m in _MODULES[flavour]):
        return Finding(name, False, "not installed (optional)", _MEND[flavour])
    return Finding(name, True, _version_of(flavour) or "of an unknown version", "")


def _bindings() -> list[Finding]:
    found = []
    for name, module in (("pycuda", "pycuda"), ("cuda-bindings", "cuda.bindings")):
        here = _is_here(module)
        what = _installed(name) if here else "not installed (optional)"
        found.append(Finding(name, here, what or "of an unknown version", f"pip install {name}"))
    return found


def _imported(flavour: str) -> Library:
    names = [m for m in _MODULES[flavour] if _is_here(m)]
    what = "TensorRT for RTX" if flavour == RTX else "TensorRT"
    if not names:
        raise KittError(f"{what} is not installed: {_MEND[flavour]}")
    try:
        module = import_module(names[0])
    except Exception as e:  # its loader raises whatever it meets: ImportError, OSError, RuntimeError, FileNotFoundError
        raise KittError(f"{what} is installed but does not load: {' '.join(str(e).split())[:200]}") from e
    found = str(getattr(module, "__version__", "")) or _version_of(flavour)
    if flavour == FULL and _number(found) < _OLDEST:
        raise KittError(f"{what} {found} is too old: kitt needs 8.6 or later (JetPack 6)")
    return Library(flavour, found, module)


def _number(found: str) -> tuple[int, ...]:
    return tuple(int(part) for part in found.split(".")[:2] if part.isdigit())


def _is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # the folder above it is missing, or it was half imported
        return False


def _version_of(flavour: str) -> str:
    return next((v for p in _PACKAGES[flavour] if (v := _installed(p))), "")


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
