"""The activation ranges of a network: what its INT8 files are made from, as text that diffs.

One line a tensor, in the order the network computes them, each with where its numbers come from. The asymmetric range
(u8, for the CPU) and the symmetric one (s8, for TensorRT) may come from different places: those that a network was
trained with serve u8, and made symmetric they lose up to 0.6 of a score.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kitt.config import line_of
from kitt.engine.files import appearing
from kitt.errors import KittError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEAD = """\
# Activation ranges of {model}: real numbers that 8 bits must hold. u8 = [low, high] holds zero; s8 = limit stands for
# -limit to limit. Written by `kitt calibrate`; the network it is for is told by `network`.
"""
_TOP = {"model": str, "network": str, "sources": dict, "tensors": dict}
_LEAST, _MOST = 1e-15, 1e15
"""How wide a range may be: a float32 scale of it, times that of a weight, is still a normal number."""
_SHOWN = 40
_TENSOR = ("u8", "u8_from", "s8", "s8_from")


class Range(NamedTuple):
    """What an asymmetric tensor must hold, low <= 0 <= high."""

    low: float
    high: float


@dataclass(frozen=True)
class TensorRanges:
    """One tensor's ranges, None where there is none; `u8_from` and `s8_from` say where each comes from."""

    u8: Range | None = None
    u8_from: str = ""
    s8: float | None = None
    s8_from: str = ""


@dataclass(frozen=True)
class Ranges:
    """All ranges of one network.

    network: the `fingerprint` of its float ONNX, the same for every input size. tensors: by name, in graph order.
    sources: what the words in `u8_from` and `s8_from` stand for, each a line: a file and its digest.
    """

    model: str
    network: str
    tensors: Mapping[str, TensorRanges]
    sources: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> Ranges:
        """Read a ranges file. Raises KittError with file and line."""
        try:
            return parse(path.read_text(encoding="utf-8"), str(path))
        except OSError as e:
            raise KittError(f"{path}: cannot read the activation ranges: {e.strerror or e}") from e
        except UnicodeDecodeError as e:
            raise KittError(f"{path}: not a text file (UTF-8): byte {e.start}") from e

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all; the same ranges give the same bytes. Raises KittError."""
        with appearing(path) as part:
            part.write_text(self.text(), encoding="utf-8")

    def u8(self, tensor: str) -> tuple[float, float] | None:
        """(low, high) of a tensor, None where none is known."""
        known = self.tensors.get(tensor)
        return known.u8 if known else None

    def s8(self, tensor: str) -> float | None:
        """The limit of a tensor's symmetric range, None where none is known."""
        known = self.tensors.get(tensor)
        return known.s8 if known else None

    def digest(self) -> str:
        """SHA-256, in hex, of the file that `write` makes."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def text(self) -> str:
        """What the file holds."""
        lines = [_HEAD.format(model=self.model), f"model = {_quoted(self.model)}", f"network = {_quoted(self.network)}"]
        lines += ["", "[sources]", *(f"{_quoted(k)} = {_quoted(v)}" for k, v in sorted(self.sources.items()))]
        lines += ["", "[tensors]", *(f"{_quoted(n)} = {{{_line(t)}}}" for n, t in self.tensors.items())]
        return "\n".join(lines) + "\n"


def parse(text: str, name: str) -> Ranges:
    """Ranges from the text of their file; `name` is what errors call it."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as e:  # of numbers of thousands of digits, of endless brackets
        raise KittError(f"{name}: not a file of activation ranges: {e}") from e
    for key in data:
        if key not in _TOP:
            raise KittError(f"{name}:{line_of(text, (), key)}: unknown key '{key}'; allowed: {', '.join(_TOP)}")
    for key, kind in _TOP.items():
        if not isinstance(data.get(key), kind):
            what = "a text in quotes" if kind is str else "a section"
            raise KittError(f"{name}:{line_of(text, (), key)}: '{key}' must be there and be {what}")
    for key, value in data["sources"].items():
        if not isinstance(value, str):
            raise KittError(f"{name}:{line_of(text, ('sources',), key)}: '{key}' must be a text in quotes")
    tensors = {}
    for tensor, value in data["tensors"].items():
        try:
            tensors[tensor] = _tensor(value, tensor)
        except ValueError as e:
            raise KittError(f"{name}:{line_of(text, ('tensors',), tensor)}: {e}") from None
    if not tensors:
        raise KittError(f"{name}: holds no tensor's range; make them: kitt calibrate")
    return Ranges(data["model"], data["network"], tensors, data["sources"])


def _tensor(value: Any, name: str) -> TensorRanges:
    if not isinstance(value, dict) or not set(value) <= set(_TENSOR) or not {"u8", "s8"} & set(value):
        raise ValueError(f'\'{name}\' must be {{u8 = [low, high], u8_from = "...", s8 = limit, s8_from = "..."}}')
    u8: Range | None = None
    if "u8" in value:
        ends = value["u8"]
        if not isinstance(ends, list) or len(ends) != 2 or not all(map(_is_number, ends)):
            raise ValueError(f"u8 of '{name}' = {_short(ends)} must be two numbers, [low, high], of up to {_MOST:g}")
        u8 = Range(float(ends[0]), float(ends[1]))
        if not u8.low <= 0 <= u8.high or u8.high - u8.low < _LEAST:
            raise ValueError(f"u8 of '{name}' = {ends!r} must hold zero and be wider than {_LEAST:g}")
    limit = value.get("s8")
    if limit is not None and not (_is_number(limit) and limit >= _LEAST):
        raise ValueError(f"s8 of '{name}' = {_short(limit)} must be one number above 0, from {_LEAST:g} to {_MOST:g}")
    for kind in ("u8", "s8"):
        if kind in value and not (isinstance(value.get(f"{kind}_from"), str) and value[f"{kind}_from"]):
            raise ValueError(f"{kind}_from of '{name}' must say where its {kind} comes from")
    s8 = None if limit is None else float(limit)
    return TensorRanges(u8, value.get("u8_from", ""), s8, value.get("s8_from", ""))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MOST


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _line(tensor: TensorRanges) -> str:
    parts = []
    if tensor.u8 is not None:
        parts.append(f"u8 = [{_number(tensor.u8.low)}, {_number(tensor.u8.high)}], u8_from = {_quoted(tensor.u8_from)}")
    if tensor.s8 is not None:
        parts.append(f"s8 = {_number(tensor.s8)}, s8_from = {_quoted(tensor.s8_from)}")
    return ", ".join(parts)


def _number(value: float) -> str:
    """So exactly that the float32 scale made of it is the one it was made from."""
    return f"{value + 0.0:.10g}"  # + 0: there is no minus zero


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
