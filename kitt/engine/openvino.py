"""OpenVINO on the CPU: an option, for the networks that it computes right (kitt.eval.parity) and faster.

Its Python package reports each import to its maker over the network and leaves an identifier in the home folder. kitt
works offline: the module that does so is kept out.

Its CPU plugin gives the thread that loads it a stack for signals (sigaltstack), and frees that memory with the last
network of its Core. Two Cores in turn, or a network let go in another thread, leave a thread with a stack that is gone:
the next Ctrl-C is a segmentation fault. So there is one Core, and it stays.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.engine.backend import Arrays, TensorSpec
from kitt.errors import KittError

_REPORTER = "openvino_telemetry"
_INSTALL = "pip install 'kitt[openvino]'"
_ONE_AT_A_TIME = Lock()
_SIZES = {
    **{"f16": np.float16, "f32": np.float32, "f64": np.float64, "boolean": np.bool_},
    **{"u8": np.uint8, "i8": np.int8, "i32": np.int32, "i64": np.int64},
}


class OpenVinoBackend:
    """An ONNX file compiled by OpenVINO for this CPU, as one stream of few threads."""

    def __init__(self, compiled: Any, version: str, path: Path) -> None:
        self._version = version
        self._request = compiled.create_infer_request()
        self._inputs = tuple(_spec(port, path) for port in compiled.inputs)
        self._outputs = tuple(_spec(port, path) for port in compiled.outputs)

    @classmethod
    def load(cls, path: Path, threads: int) -> OpenVinoBackend:
        """Compile the ONNX file `path` for `threads` threads.

        Raises KittError when OpenVINO is not installed or cannot run here, or with what is wrong with the file.
        """
        if not path.is_file():
            raise KittError(f"{path}: no such model file")
        openvino = _library()
        version = _line(openvino.get_version()).split("-")[0]
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": str(threads),
            # else float networks are computed in bf16 where the CPU can
            "INFERENCE_PRECISION_HINT": "f32",
            "EXECUTION_MODE_HINT": "ACCURACY",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
            # else every process that does so takes the same first core
            "ENABLE_CPU_PINNING": "NO",
            # compiled code is not kept in files
            "CACHE_DIR": "",
        }
        try:
            with _ONE_AT_A_TIME:
                core = _core()
            compiled = core.compile_model(core.read_model(str(path)), "CPU", options)
        except Exception as e:  # OpenVINO's own errors are bare RuntimeErrors, and some are none
            raise KittError(f"{path}: OpenVINO {version} cannot run it: {_line(e)}") from e
        return cls(compiled, version, path)

    @property
    def name(self) -> str:
        return f"openvino-cpu {self._version}"

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return self._inputs, self._outputs

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        self._check(inputs)
        try:
            values = self._request.infer([inputs[s.name] for s in self._inputs], share_inputs=True)
        except Exception as e:
            raise KittError(f"{self.name}: the network refused its input: {_line(e)}") from e
        return {s.name: values[i] for i, s in enumerate(self._outputs)}

    def _check(self, inputs: Mapping[str, NDArray[Any]]) -> None:
        """OpenVINO itself converts what does not fit, and keeps the last picture where one is missing."""
        if inputs.keys() != {s.name for s in self._inputs}:
            raise KittError(f"{self.name}: the network refused its input: it takes {_named(self._inputs)}")
        for s in self._inputs:
            given = inputs[s.name]
            fits = given.ndim == len(s.shape) and all(b in (-1, a) for a, b in zip(given.shape, s.shape, strict=True))
            if given.dtype != s.dtype or not fits:
                raise KittError(
                    f"{self.name}: the network refused its input: '{s.name}' is {given.dtype} {list(given.shape)}, "
                    f"not {s.dtype} {list(s.shape)}"
                )


def _library() -> Any:
    """The package, without its reports. Raises KittError where it is not installed or cannot be loaded."""
    before = sys.modules.get(_REPORTER)
    sys.modules[_REPORTER] = None  # type: ignore[assignment]  # an import of it now fails, which the package allows for
    try:
        return import_module("openvino")
    except ModuleNotFoundError as e:
        if e.name != "openvino":
            raise KittError(f"OpenVINO is damaged: {_line(e)}; {_INSTALL}") from e
        raise KittError(f"OpenVINO is not installed; {_INSTALL}") from None
    except (ImportError, OSError) as e:
        raise KittError(f"OpenVINO cannot be loaded: {_line(e)}") from e
    finally:
        if before is None:
            sys.modules.pop(_REPORTER, None)
        else:
            sys.modules[_REPORTER] = before


@cache
def _core() -> Any:
    """The one Core of this process, which lives as long as the process does."""
    return _library().Core()


def _spec(port: Any, path: Path) -> TensorSpec:
    kind = port.get_element_type().get_type_name()
    name = _name(port)
    if kind not in _SIZES:
        raise KittError(f"{path}: '{name}' is of type {kind}, which kitt does not handle")
    shape = tuple(-1 if side.is_dynamic else int(side.get_length()) for side in port.get_partial_shape())
    return TensorSpec(name, shape, np.dtype(_SIZES[kind]))


def _name(port: Any) -> str:
    """What the file calls an input or output: OpenVINO keeps all the names of nodes that it joined."""
    names = port.get_names()
    own = str(port.get_node().get_friendly_name()).split("/sink_port_")[0]
    return own if own in names or not names else str(sorted(names)[0])


def _named(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(f"'{s.name}'" for s in specs) or "nothing"


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]
