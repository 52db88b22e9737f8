"""From an ONNX to a plan, with the calls that TensorRT 8.6, 10, 11 and TensorRT for RTX share.

Gone from some of them, and so not used: num_bindings, max_workspace_size, build_engine, calibrators. What only some
have is asked for by name: EXPLICIT_BATCH and the INT8 and FP16 flags (8.6), strong typing and a progress monitor
(10 and later).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt.engine.trt.complaints import Heard, logger, parser_fault
from kitt.engine.trt.library import RTX, Library
from kitt.engine.trt.prepare import FP32, INT8, prepared
from kitt.engine.trt.progress import Progress, Watch
from kitt.errors import KittError

_WORKSPACE_BYTES = 1 << 30
"""Scratch memory a layer's kernel may want; no detector of kitt's asks for as much."""

_HEADROOM_BYTES = 512 << 20
"""Beside the weights: CUDA's own libraries and the activations of kernels being timed."""


@dataclass(frozen=True)
class Built:
    """A plan and how it came about. timing_cache: kernels' timings for the next build, b"" where there are none."""

    plan: bytes
    precision: str
    library: str
    layers: int
    seconds: float
    timing_cache: bytes = b""
    warnings: tuple[str, ...] = ()


def build(
    onnx: Path,
    precision: str,
    library: Library,
    *,
    free_bytes: int | None = None,
    timing_cache: bytes = b"",
    progress: Progress | None = None,
) -> Built:
    """Build the network of `onnx` as "int8" (an s8 Q/DQ file), "fp16" or "fp32" (a float file).

    free_bytes: GPU memory that is free, None when it is built ahead of time without a GPU. Raises KittError naming
    the node that cannot be built, or saying that memory is short.
    """
    trt = library.module
    started = time.perf_counter()
    parsed = parse(onnx, precision, library)
    config = parsed.builder.create_builder_config()
    _configure(config, library, parsed.typed, precision, _workspace(onnx, free_bytes))
    cache = _with_cache(config, library, timing_cache)
    watch = Watch(trt, progress) if progress and hasattr(trt, "IProgressMonitor") else None
    if watch:
        config.progress_monitor = watch.monitor
    plan = parsed.builder.build_serialized_network(parsed.network, config)
    if watch and watch.raised:
        raise watch.raised
    if plan is None:
        raise KittError(f"{onnx}: {library.name} cannot build it: {parsed.heard.reason()}")
    return Built(
        plan=bytes(memoryview(plan)),
        precision=precision,
        library=library.name,
        layers=parsed.network.num_layers,
        seconds=time.perf_counter() - started,
        timing_cache=bytes(memoryview(config.get_timing_cache().serialize())) if cache is not None else b"",
        warnings=tuple(parsed.heard.warnings),
    )


@dataclass(frozen=True)
class Parsed:
    """A network that TensorRT took, with all that must outlive its build: the parser holds the weights."""

    network: Any
    builder: Any
    parser: Any
    log: Any
    heard: Heard
    typed: bool


def parse(onnx: Path, precision: str, library: Library) -> Parsed:
    """Hand the network of `onnx` to TensorRT, which checks every node. Raises KittError naming one it cannot take."""
    trt = library.module
    typed = hasattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")
    model = prepared(onnx, precision, typed=typed)
    heard = Heard()
    log = logger(trt, heard)
    builder = _builder(library, log)
    network = builder.create_network(_creation_flags(trt, typed))
    parser = trt.OnnxParser(network, log)
    if not parser.parse(model.SerializeToString()):
        raise KittError(f"{onnx}: {library.name} cannot take {parser_fault(parser, model)}")
    for i in range(network.num_outputs):
        output = network.get_output(i)
        if any(d < 0 for d in output.shape):
            raise KittError(f"{onnx}: the size of '{output.name}' depends on the data: a plan is of one size")
    return Parsed(network, builder, parser, log, heard, typed)


def _builder(library: Library, log: Any) -> Any:
    try:
        builder = library.module.Builder(log)
    except TypeError as e:  # all that full TensorRT says when its C++ side returns nothing: no driver
        raise KittError(f"{library.name} cannot build here: it finds no working NVIDIA driver") from e
    return builder


def _creation_flags(trt: Any, typed: bool) -> int:
    if typed:
        return 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    explicit = getattr(trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
    return 0 if explicit is None else 1 << int(explicit)


def _configure(config: Any, library: Library, typed: bool, precision: str, workspace_bytes: int) -> None:
    trt = library.module
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace_bytes)
    if typed or precision == FP32:
        return
    # beside INT8 too: what is not quantised then runs in half rather than in float
    config.set_flag(trt.BuilderFlag.FP16)
    if precision == INT8:
        config.set_flag(trt.BuilderFlag.INT8)


def _with_cache(config: Any, library: Library, kept: bytes) -> Any:
    """The timing cache the build is to use: `kept` where it fits, else an empty one; none on RTX, which has none."""
    if library.flavour == RTX:
        return None
    for data in (kept, b"") if kept else (b"",):
        cache = config.create_timing_cache(data)
        if cache is not None and config.set_timing_cache(cache, ignore_mismatch=False):
            return cache
    return None


def _workspace(onnx: Path, free_bytes: int | None) -> int:
    if free_bytes is None:
        return _WORKSPACE_BYTES
    needed = 2 * onnx.stat().st_size + _HEADROOM_BYTES
    if free_bytes < needed:
        raise KittError(
            f"{onnx}: building it wants {needed / 1e6:.0f} MB of GPU memory and {free_bytes / 1e6:.0f} MB are free; "
            f"end other programs that use the GPU"
        )
    return min(_WORKSPACE_BYTES, free_bytes // 2)
