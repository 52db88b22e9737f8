"""Calls of cuda-python: checked, and CUDA graphs, which work on any package's streams.

The module is imported with cuda-python itself; who imports it must be ready for ImportError.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cuda.bindings import driver as cuda

from kitt.errors import KittError


def call(function: Callable[..., tuple[Any, ...]], *args: Any) -> Any:
    """The result of one driver call: nothing, one value or a tuple. Raises KittError with the driver's own words."""
    code, *results = function(*args)
    if code != cuda.CUresult.CUDA_SUCCESS:
        raise KittError(f"the GPU's driver: {function.__name__} failed: {code.name}{_remedy(code)}")
    return results[0] if len(results) == 1 else tuple(results) or None


def package() -> str:
    """ "cuda-bindings 13.5.0" """
    try:
        return f"cuda-bindings {version('cuda-bindings')}"
    except PackageNotFoundError:
        return "cuda-bindings"


def capture(stream: int, enqueue: Callable[[], None]) -> int:
    """What `enqueue` puts on the stream, as an executable graph's handle. Raises KittError where it cannot be had."""
    # the other threads' CUDA calls must not break the capture: relaxed would let ours through that must not be there
    call(cuda.cuStreamBeginCapture, stream, cuda.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
    try:
        enqueue()
    except BaseException:
        # or the stream stays in capture for good; its own error matters less
        _, unfinished = cuda.cuStreamEndCapture(stream)
        if unfinished is not None:
            cuda.cuGraphDestroy(unfinished)
        raise
    graph = call(cuda.cuStreamEndCapture, stream)
    try:
        return int(call(cuda.cuGraphInstantiate, graph, 0))
    finally:
        call(cuda.cuGraphDestroy, graph)


def launch(graph: int, stream: int) -> None:
    """Enqueue a captured graph."""
    call(cuda.cuGraphLaunch, graph, stream)


def end_graph(graph: int) -> None:
    """Free a captured graph."""
    call(cuda.cuGraphExecDestroy, graph)


def _remedy(code: Any) -> str:
    if code == cuda.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
        return "; no GPU memory is left: end other programs that use the GPU"
    return ""
