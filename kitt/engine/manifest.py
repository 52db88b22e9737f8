"""What is known of an engine, as JSON beside it; read and checked before the engine is loaded.

An engine is native code or drives some: one whose bytes are not those that were built and measured is not loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from kitt.engine.files import appearing, sha256_of
from kitt.errors import KittError

FORMAT = 1
"""Raised whenever an older kitt could not read what is written, or a newer one not what was."""
UNGATED = "ungated"


@dataclass(frozen=True)
class Gate:
    """Accuracy of INT8 against FP32 on one labelled set. Shares of 1.

    set_sha256: of the labels; ratio_low, ratio_high: a paired bootstrap's 95 % interval of int8 over float;
    passed: whether it was at least `needed`, and the interval's lower end at least `least`; sizes: inputs the network
    was run at; blame: layers that cost most, where they were looked for.
    """

    set_name: str
    set_sha256: str
    pictures: int
    float_map: float
    int8_map: float
    ratio_low: float
    ratio_high: float
    needed: float
    least: float
    passed: bool
    sizes: tuple[str, ...] = ()
    blame: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """One engine: what it was built from, by what, for what, and how it did.

    model: its name; sha256: of the engine's bytes; onnx_sha256: of the Q/DQ ONNX it was built from (its own where the
    engine is that file); float_sha256: of the float network; ranges_sha256: of the ranges, "" where it is not
    quantised; backend: the name in `backend.BACKENDS` that runs it fastest here; encoding: u8, s8 or float;
    precision: int8, fp16 or fp32; versions: of what built it; gpu, compute_capability: "" on a CPU; times_ms: median
    of one call by backend, of those that passed parity; refused: backend -> why it did not; float_layers: kept out of
    INT8; build_s: how long it took.
    """

    model: str
    sha256: str
    onnx_sha256: str
    float_sha256: str
    ranges_sha256: str
    ranges_source: str
    backend: str
    encoding: str
    precision: str
    versions: Mapping[str, str] = field(default_factory=dict)
    gpu: str = ""
    compute_capability: str = ""
    times_ms: Mapping[str, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    float_layers: tuple[str, ...] = ()
    gate: Gate | None = None
    build_s: float = 0.0
    built_at: str = ""
    format: int = FORMAT

    @staticmethod
    def path_for(engine: Path) -> Path:
        """Where the manifest of an engine lies."""
        return engine.with_name(engine.name + ".json")

    @staticmethod
    def read(engine: Path) -> Manifest:
        """The manifest beside `engine`. Raises KittError when there is none or it is damaged."""
        path = Manifest.path_for(engine)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return _of(values)
        except FileNotFoundError:
            raise KittError(f"{path}: the engine has no manifest; build it: kitt build") from None
        except OSError as e:
            raise KittError(f"{path}: cannot read the manifest: {e.strerror or e}") from e
        except (ValueError, TypeError, KeyError) as e:
            raise KittError(f"{path}: not a manifest that this kitt reads: {e}; build it anew: kitt build") from None

    def write(self, engine: Path) -> None:
        """Put it beside `engine`. Raises KittError when it cannot be written."""
        with appearing(Manifest.path_for(engine)) as part:
            part.write_text(json.dumps({**asdict(self)}, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    @property
    def accuracy(self) -> str:
        """How it did, in a few words."""
        if self.precision != "int8":
            return "not quantised"
        if self.gate is None:
            return UNGATED
        g = self.gate
        share = g.int8_map / g.float_map if g.float_map else 0.0
        return (
            f"{'' if g.passed else 'REFUSED: '}mAP {g.int8_map:.3f} against {g.float_map:.3f} in float, {share:.1%} "
            f"({g.ratio_low:.1%} to {g.ratio_high:.1%}) on {g.pictures} pictures of {g.set_name}"
        )


def verify(engine: Path) -> Manifest:
    """The manifest of an engine that is, byte for byte, the one it tells of.

    Raises KittError when the engine or its manifest is missing or damaged, or the one is not of the other.
    """
    if not engine.is_file():
        raise KittError(f"{engine}: no such engine; build it: kitt build")
    manifest = Manifest.read(engine)
    digest = sha256_of(engine)
    if digest != manifest.sha256:
        raise KittError(
            f"{engine}: not the engine that its manifest tells of, and not loaded: sha256 {digest[:12]}..., "
            f"built as {manifest.sha256[:12]}...; build it anew: kitt build --force"
        )
    return manifest


def gate_of(values: Any) -> Gate:
    """From the table that is stored. Raises TypeError, KeyError or ValueError for what is none."""
    gate = Gate(**{**values, **{name: tuple(values.get(name, ())) for name in ("sizes", "blame")}})
    for f in fields(Gate):
        if not isinstance(getattr(gate, f.name), _KINDS.get(str(f.type), (tuple,))):
            raise ValueError(f"'{f.name}' of the gate is not {f.type}")
    return gate


_KINDS: dict[str, tuple[type, ...]] = {"float": (int, float), "int": (int,), "str": (str,), "bool": (bool,)}
_STRINGS = (
    *("model", "sha256", "onnx_sha256", "float_sha256", "ranges_sha256", "ranges_source", "backend", "encoding"),
    *("precision", "gpu", "compute_capability", "built_at"),
)


def _of(values: Any) -> Manifest:
    if not isinstance(values, dict):
        raise ValueError("it is no table")
    if values.get("format") != FORMAT:
        raise ValueError(f"format {values.get('format')!r}, known: {FORMAT}")
    known = {f.name for f in fields(Manifest)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown '{unknown[0]}'")
    for name in _STRINGS:
        if not isinstance(values.get(name), str):
            raise ValueError(f"'{name}' is not text")
    for name in ("times_ms", "refused", "versions"):
        if not isinstance(values.get(name), dict):
            raise ValueError(f"'{name}' is no table")
    if not all(isinstance(ms, (int, float)) for ms in values["times_ms"].values()):
        raise ValueError("'times_ms' holds something else than numbers")
    if not isinstance(values.get("float_layers"), list):
        raise ValueError("'float_layers' is no list")
    gate = None if values.get("gate") is None else gate_of(values["gate"])
    return Manifest(**{**values, "gate": gate, "float_layers": tuple(values["float_layers"])})
