"""ONNX Runtime on the CPU."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from kitt.engine.backend import Arrays, TensorSpec
from kitt.errors import KittError
from kitt.places import engines

_ERRORS_ONLY = 3
_UNASKED = ["WeightBiasQuantization"]
"""It turns layers between INT8 ones that were left in float, for their accuracy, into INT8 with one scale each."""
_DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class OrtBackend:
    """An ONNX file run by ONNX Runtime's CPU provider, node after node."""

    def __init__(self, session: ort.InferenceSession, path: Path) -> None:
        self._session = session
        self._inputs = tuple(_spec(a, path) for a in session.get_inputs())
        self._outputs = tuple(_spec(a, path) for a in session.get_outputs())
        self._output_names = [o.name for o in self._outputs]

    @classmethod
    def load(cls, path: Path, threads: int) -> OrtBackend:
        """Open the ONNX file `path` on `threads` threads. Raises KittError with what is wrong with the file."""
        if not path.is_file():
            raise KittError(f"{path}: no such model file")
        ort.disable_telemetry_events()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = _ERRORS_ONLY
        # a waiting thread that spins takes the core from the decoder and the encoder beside it
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if _int8_sums_overflow():
            options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            session = ort.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_UNASKED
            )
        except Exception as e:  # ONNX Runtime's own errors share no base class but Exception
            what = f"{path}: ONNX Runtime {ort.__version__} cannot run it: {_line(e)}{_mend(path)}"
            raise KittError(what) from e
        return cls(session, path)

    @property
    def name(self) -> str:
        return f"onnxruntime-cpu {ort.__version__}"

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return self._inputs, self._outputs

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        try:
            values = self._session.run(self._output_names, dict(inputs))
        except Exception as e:
            raise KittError(f"{self.name}: the network refused its input: {_line(e)}") from e
        return dict(zip(self._output_names, values, strict=True))


def _mend(path: Path) -> str:
    """What helps against a damaged file that kitt fetched or made itself; the ears' own come with kitt."""
    if path.parent.resolve() != engines().resolve() or path.name.startswith("ears-"):
        return ""
    return "; delete the file and make it anew: kitt models pull"


def _int8_sums_overflow() -> bool:
    """Whether this CPU adds products of uint8 and int8 in 16 bits, which overflow: x86 without VNNI.

    ONNX Runtime then computes in uint8 alone, exactly, at half the speed.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return True
    return not flags & {"avx512_vnni", "avx_vnni"}


def _spec(arg: ort.NodeArg, path: Path) -> TensorSpec:
    if arg.type not in _DTYPES:
        raise KittError(f"{path}: '{arg.name}' is of type {arg.type}, which kitt does not handle")
    shape = tuple(d if isinstance(d, int) else -1 for d in arg.shape)
    return TensorSpec(arg.name, shape, np.dtype(_DTYPES[arg.type]))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
