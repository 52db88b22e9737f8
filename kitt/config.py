"""kitt's settings: one TOML file, one tree of frozen dataclasses; every field has a unit, a range and a sentence.

`load(path)` gives `Config`; `load_camera(path)` gives `CameraCalibration`. An unknown key, a wrong type or a
number outside its range is a `KittError` that names file, line and what is allowed.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import sys
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from kitt.errors import KittError
from kitt.types import LANGUAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


def setting(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """A dataclass field with a description and what it may hold; both ends of the range are allowed."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class CameraCalibration:
    """A camera and how it sits in the car. `estimated` says that not all of it was measured.

    width_px 0 stands for pictures of any size, their camera unknown: then only the numbers that are not pixels count.
    """

    width_px: int = setting(1280, "width of the picture that the numbers below are for", low=16, high=16384)
    height_px: int = setting(720, "height of that picture", low=16, high=16384)
    focal_px: float = setting(1000.0, "focal length in pixels of that picture", low=10, high=50000)
    center_x_px: float = setting(640.0, "principal point, from the left", low=0, high=16384)
    center_y_px: float = setting(360.0, "principal point, from the top", low=0, high=16384)
    camera_height_m: float = setting(1.3, "height of the lens above the road, metres", low=0.3, high=4.0)
    pitch_deg: float = setting(0.0, "positive when the camera looks down, degrees", low=-20, high=20)
    driving_side: str = setting("right", "the side of the road one drives on", choices=("right", "left"))
    bonnet_y_px: float = setting(
        0.0, "rows below this one show the car's own bonnet; 0 = none in view", low=0, high=16384
    )
    car_width_m: float = setting(1.9, "width of the car that carries the camera, metres", low=0.5, high=4.0)
    estimated: bool = setting(False, "true when the numbers are defaults and not measured")


@dataclass(frozen=True)
class EyesConfig:
    """What the eyes run and when they believe it."""

    model: str = setting("efficientdet-lite2", "name from `kitt models list`, or the path of an ONNX file")
    threads: int = setting(2, "CPU threads of the detector", low=1, high=64)
    score: float = setting(0.3, "detections below this confidence only keep tracks alive", low=0.01, high=0.99)
    strip_every: int = setting(
        1, "look at the full-resolution strip around the horizon every so many frames; 0 = never", low=0, high=30
    )


@dataclass(frozen=True)
class WarningsConfig:
    """Limits of the warnings; the table itself is kitt/mind/warnings.py."""

    collision_ttc_s: float = setting(2.4, "warn of a collision below this time to collision", low=0.5, high=6.0)
    headway_s: float = setting(0.6, "warn below this time gap to the vehicle ahead", low=0.2, high=3.0)
    camera_lost_s: float = setting(
        1.0, "say that the camera is lost after this long without a picture", low=0.2, high=10.0
    )


@dataclass(frozen=True)
class VoiceConfig:
    """How kitt speaks."""

    engine: str = setting("espeak", "name of the voice engine")
    language: str = setting("en", "language of warnings", choices=LANGUAGES)


@dataclass(frozen=True)
class EarsConfig:
    """What kitt listens to in the drive's sound."""

    enabled: bool = setting(True, "false leaves the sound unheard")
    language: str = setting("auto", "language of commands; auto = whichever is spoken", choices=(*LANGUAGES, "auto"))
    wake: str = setting("kitt", "phrase that must go before a command; 'kitt' = kitt's own; '' = none needed")
    grammar: str = setting("", "grammar file or folder; '' = the car grammar")


@dataclass(frozen=True)
class VehicleConfig:
    """The car whose comfort functions kitt works. A real one only when kind = "can" says so."""

    kind: str = setting("simulated", "simulated = a car in memory; can = a real one", choices=("simulated", "can"))
    interface: str = setting("socketcan", "python-can's name of the CAN interface")
    channel: str = setting("can0", "the interface's channel")
    dbc: str = setting("", "DBC file with the messages of kitt/mind/vehicle/comfort.dbc; '' = that one")


@dataclass(frozen=True)
class MindConfig:
    """How KITT talks, what it keeps, whom it knows. A path is looked for from the folder that kitt is run in."""

    units: str = setting("metres", "of distances and speeds: metres, or feet with miles", choices=("metres", "feet"))
    wit: bool = setting(True, "false leaves KITT's dry remarks out")
    recipes: str = setting("", "folder of recipes, sentences and answers of your own; '' = none")
    contacts: str = setting("", "text file with the names in the phone, one a line; '' = none")
    notebook: str = setting("", "file that notes are kept in; 'kitt' = kitt's own; '' = forgotten when the run ends")
    notebook_days: float = setting(365.0, "notes of drives older than this are forgotten, days", low=1, high=36500)


@dataclass(frozen=True)
class Config:
    """Everything a kitt.toml may hold."""

    eyes: EyesConfig = field(default_factory=EyesConfig)
    warnings: WarningsConfig = field(default_factory=WarningsConfig)
    voice: VoiceConfig = field(default_factory=VoiceConfig)
    ears: EarsConfig = field(default_factory=EarsConfig)
    vehicle: VehicleConfig = field(default_factory=VehicleConfig)
    mind: MindConfig = field(default_factory=MindConfig)


def load(path: Path | str) -> Config:
    """Read a kitt.toml. Raises KittError with file and line."""
    return _parse(_text(Path(path)), Path(path), Config)


def load_camera(path: Path | str) -> CameraCalibration:
    """Read a camera calibration file (TOML, flat). Raises KittError with file and line."""
    return parse_camera(_text(Path(path)), str(path))


ESTIMATED_FIELD_OF_VIEW_DEG = 58.0
"""Horizontal; what forward cameras meant for driving have (50 to 65). Action cameras see wider: then distances
come out too long, by the ratio of the focal lengths."""
_PIXELS = ("focal_px", "center_x_px", "center_y_px", "bonnet_y_px")
_MEASURED = ("width_px", "height_px", "focal_px", "camera_height_m", "pitch_deg")


def estimated_camera(width_px: int, height_px: int) -> CameraCalibration:
    """A calibration nobody measured, for a picture of that size: level camera, 1.3 m above the road, 58 deg wide."""
    return CameraCalibration(
        width_px=width_px,
        height_px=height_px,
        focal_px=width_px / 2.0 / math.tan(math.radians(ESTIMATED_FIELD_OF_VIEW_DEG) / 2.0),
        center_x_px=width_px / 2.0,
        center_y_px=height_px / 2.0,
        estimated=True,
    )


def parse_camera(text: str, name: str) -> CameraCalibration:
    """A calibration from the text of its TOML file; `name` is what errors call it.

    What the file leaves out is estimated: the principal point lies in the middle, the focal length follows from a usual
    field of view. The result says `estimated` unless size, focal length, height and pitch are all given.
    """
    read = _parse(text, Path(name), CameraCalibration)
    given = set(tomllib.loads(text))
    pixels = [key for key in _PIXELS if key in given]
    if pixels and not {"width_px", "height_px"} <= given:
        where = f"{name}:{line_of(text, (), pixels[0])}"
        raise KittError(f"{where}: '{pixels[0]}' counts pixels of a picture of which size? Add width_px and height_px")
    if "width_px" in given or "height_px" in given:
        usual = estimated_camera(read.width_px, read.height_px)
        read = replace(read, **{k: getattr(usual, k) for k in _PIXELS[:3] if k not in given})
    else:
        read = replace(read, width_px=0, height_px=0)
    for key, most in (("center_x_px", read.width_px), ("center_y_px", read.height_px), ("bonnet_y_px", read.height_px)):
        if key in given and getattr(read, key) > most:
            where = f"{name}:{line_of(text, (), key)}"
            raise KittError(f"{where}: '{key}' = {getattr(read, key)!r} lies outside a picture of {most} pixels there")
    if 0 < read.bonnet_y_px < read.height_px / 3:
        where = f"{name}:{line_of(text, (), 'bonnet_y_px')}"
        raise KittError(f"{where}: 'bonnet_y_px' = {read.bonnet_y_px!r} hides the road: it counts rows from the top")
    return replace(read, estimated=read.estimated or not set(_MEASURED) <= given)


def to_toml(value: Any) -> str:
    """A flat settings dataclass as TOML with its descriptions as comments; what `load_camera` reads back."""
    lines = []
    for f in fields(value):
        v = getattr(value, f.name)
        text = ("true" if v else "false") if isinstance(v, bool) else f'"{v}"' if isinstance(v, str) else repr(v)
        lines.append(f"{f.name} = {text}  # {f.metadata['help']}")
    return "\n".join(lines) + "\n"


def checked(section: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The values of `given` that are not None, held against the ranges of `section`'s fields; for command lines."""
    hints = get_type_hints(type(section))
    known = {f.name: f for f in fields(section)}
    return {k: _checked(known[k], hints[k], v, "command line") for k, v in given.items() if v is not None}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise KittError(f"{path}: not a text file (UTF-8): byte {e.start}") from e


def _parse(text: str, path: Path, cls: type[T]) -> T:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise KittError(f"{path}: not valid TOML: {e}") from e
    return _build(cls, data, (), path, text)


def _build(cls: type[T], data: dict[str, Any], section: tuple[str, ...], path: Path, text: str) -> T:
    known: dict[str, Field[Any]] = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in data.items():
        where = f"{path}:{line_of(text, section, key)}"
        if key not in known:
            raise KittError(f"{where}: unknown key '{key}'{_nearest(key, known)}; allowed: {', '.join(known)}")
        kind = hints[key]
        if is_dataclass(kind):
            if not isinstance(value, dict):
                raise KittError(
                    f"{where}: '{key}' is a section: write [{'.'.join((*section, key))}] on a line of its own"
                )
            values[key] = _build(cast(type[Any], kind), value, (*section, key), path, text)
        else:
            values[key] = _checked(known[key], kind, value, where)
    return cls(**values)


def _checked(f: Field[Any], kind: type, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise KittError(f"{where}: '{f.name}' = {value!r} must be a {_plain(kind)} ({f.metadata['help']})")
    low, high, choices = f.metadata["low"], f.metadata["high"], f.metadata["choices"]
    if choices and value not in choices:
        raise KittError(f"{where}: '{f.name}' = {value!r}; allowed: {', '.join(choices)}")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise KittError(
            f"{where}: '{f.name}' = {value!r} is outside {low} to {high} ({f.metadata['help']}): wrong unit?"
        )
    return value


def _plain(kind: type) -> str:
    return {float: "number", int: "whole number", str: "text in quotes", bool: "true or false"}[kind]


def _nearest(key: str, known: dict[str, Field[Any]]) -> str:
    stem = key.rsplit("_", 1)[0]
    same = [k for k in known if k.rsplit("_", 1)[0] == stem] or difflib.get_close_matches(key, known, 1)
    if not same:
        return ""
    default = known[same[0]].default
    example = "" if default is MISSING else f" = {default!r}"
    return f" (meant '{same[0]}{example}'?)"


def line_of(text: str, section: tuple[str, ...], key: str) -> int:
    """The line of a key in its section; tomllib keeps no positions. A section's own line where the key is one."""
    written = re.compile(rf"\s*([\"']?{re.escape(key)}[\"']?|{re.escape(json.dumps(key, ensure_ascii=False))})\s*[=.]")
    current: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        if header:
            current = tuple(p.strip().strip("\"'") for p in header[1].split("."))
            if current[: len(section) + 1] == (*section, key):
                return number
        elif current == section and written.match(line):
            return number
    return 1
