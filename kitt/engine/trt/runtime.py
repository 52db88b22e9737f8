"""TensorRT as a backend of kitt's: load a plan (or the ONNX it is built from) and run it from any thread."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kitt.engine.backend import Arrays, TensorSpec
from kitt.engine.trt import cache, library
from kitt.engine.trt.cache import Gpu, Say
from kitt.engine.trt.device import open_device
from kitt.engine.trt.library import Library
from kitt.engine.trt.owner import Owner
from kitt.engine.trt.session import Session
from kitt.errors import KittError


class TrtBackend:
    """One network on the first NVIDIA GPU. It ends by itself, in order: when let go of, and at the program's end."""

    def __init__(self, owner: Owner, session: Session, found: Library, plan: Path) -> None:
        self.plan = plan
        """The file that runs."""
        self._owner, self._session, self._library = owner, session, found
        self._specs = session.specs()
        self._end = weakref.finalize(self, owner.end, session.end)

    @classmethod
    def load(cls, path: Path, threads: int) -> TrtBackend:
        """Load the plan `path`, or the plan of the ONNX `path`, built first where it is not there yet.

        An ONNX with Q/DQ is built as INT8, one without as FP16. `threads` is the CPU's and without a meaning here.
        A plan for another GPU or TensorRT is built anew from its ONNX, and that is said on stderr. Raises KittError
        when nothing can run here, or the plan is damaged.
        """
        return cls.open(path, "", _tell)

    @classmethod
    def open(cls, path: Path, precision: str, say: Say, *, force: bool = False) -> TrtBackend:
        """`load` with a precision of choice for an ONNX ("" for the usual one).

        `say` is told of a build; `force` asks for one.
        """
        if not path.is_file():
            raise KittError(f"{path}: no such model file")
        found = library.find()
        owner = Owner(f"gpu-{path.stem}")
        try:
            session, plan = owner.call(lambda: _session(path, precision, found, say, owner, force))
        except BaseException:
            owner.end(lambda: None)
            raise
        return cls(owner, session, found, plan)

    @property
    def name(self) -> str:
        plain = f", without a CUDA graph ({self._session.no_graph})" if self._session.no_graph else ""
        return f"{self._library.flavour} {self._library.version} on {self._session.device.name}{plain}"

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return self._specs

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        self._check_open()
        session = self._session
        return self._owner.call(lambda: session.run(inputs))

    def engine_ms(self, runs: int) -> list[float]:
        """How long the GPU takes for the network alone, run after run: what the rest of a call is measured against."""
        self._check_open()
        session = self._session
        return self._owner.call(lambda: session.engine_ms(runs))

    def end(self) -> None:
        """Free the GPU's memory now. Nothing can be inferred after."""
        self._end()

    def _check_open(self) -> None:
        if not self._end.alive:
            raise KittError(f"{self.name}: it was ended and cannot run")


def _session(path: Path, precision: str, found: Library, say: Say, owner: Owner, force: bool) -> tuple[Session, Path]:
    device = open_device()
    try:
        gpu = Gpu(device.name, device.compute_capability, device.free_bytes())
        if path.suffix == ".onnx":
            plan = cache.ensure(path, precision or _usual(path), found, gpu, say, _until(owner), force=force)
        else:
            plan = cache.fitting(path, found, gpu, say, _until(owner))
        data = plan.read_bytes()
    except BaseException:
        with suppress(KittError):  # the error that brought us here matters more
            device.end()
        raise
    return Session(data, str(plan), found, device), plan


def _usual(path: Path) -> str:
    from kitt.engine.trt.prepare import FP16, INT8, is_quantised, read

    return INT8 if is_quantised(read(path)) else FP16


def _until(owner: Owner) -> Callable[[float], None]:
    """A listener that ends the build once nobody waits for it any more."""

    def heed(share: float) -> None:
        if owner.left:
            raise KeyboardInterrupt

    return heed


def _tell(line: str) -> None:
    print(f"kitt: {line}", file=sys.stderr)
