"""PortAudio, as the package `sounddevice` brings it: devices by name or number, and errors in one line.

Imported when sound is wanted: neither the package nor the library need be there for anything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from kitt.errors import KittError

INPUT, OUTPUT = "input", "output"
_NAMES = {INPUT: "microphone", OUTPUT: "loudspeaker"}


def portaudio(kind: str) -> Any:
    """The library. Raises KittError saying what mends it."""
    try:
        return import_module("sounddevice")
    except ImportError:
        raise KittError(f"the {_NAMES[kind]} needs the package sounddevice: pip install 'kitt[live]'") from None
    except OSError as e:
        raise KittError(f"the {_NAMES[kind]} needs PortAudio: apt-get install libportaudio2 ({line_of(e)})") from None


def devices(library: Any, kind: str) -> list[dict[str, Any]]:
    """Those that take or give sound. Raises KittError."""
    try:
        return [d for d in library.query_devices() if d[f"max_{kind}_channels"] > 0]
    except library.PortAudioError as e:
        raise KittError(f"PortAudio finds no {_NAMES[kind]}: {line_of(e)}") from e


def find(library: Any, device: str | int | None, kind: str) -> dict[str, Any]:
    """The device of that name, a part of it, or number; None for the system's default. Raises KittError."""
    what = _NAMES[kind]
    there = devices(library, kind)
    if not there:
        raise KittError(f"there is no {what}: none is plugged in, or the sound system is not running")
    if device is None:
        preferred = library.default.device[0 if kind == INPUT else 1]
        return next((d for d in there if d["index"] == preferred), there[0])
    wanted = str(device).strip().lower()
    exact = [d for d in there if wanted in (str(d["index"]), d["name"].lower())]
    matching = exact or [d for d in there if wanted in d["name"].lower()]
    names = ", ".join(f"{d['index']} '{d['name']}'" for d in matching or there)
    if not matching:
        raise KittError(f"no {what} is called '{device}'; there are: {names}")
    if len(matching) > 1:
        raise KittError(f"'{device}' may be several {what}s: {names}; give its number")
    return matching[0]


def check(device: str | int | None, kind: str) -> None:
    """Raises KittError where there is no such device; opens nothing."""
    with quiet():
        find(portaudio(kind), device, kind)


def usable_format(library: Any, found: dict[str, Any], kind: str, wanted_hz: int) -> tuple[int, int]:
    """(rate, channels) of 16-bit sound: mono at `wanted_hz` where the device has it, else the device's own."""
    own = round(found["default_samplerate"])
    check = library.check_input_settings if kind == INPUT else library.check_output_settings
    for rate_hz, channels in ((wanted_hz, 1), (own, 1), (own, found[f"max_{kind}_channels"])):
        try:
            check(found["index"], channels=channels, dtype="int16", samplerate=rate_hz)
        except (library.PortAudioError, ValueError):
            continue
        return rate_hz, channels
    verb = "gives" if kind == INPUT else "takes"
    raise KittError(f"the {_NAMES[kind]} '{found['name']}' {verb} no 16-bit sound at {own} Hz")


@contextmanager
def quiet() -> Iterator[None]:
    """Sound libraries write pages about devices that are not there straight to the terminal: not now."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def line_of(error: Exception) -> str:
    """An error of a library on one line."""
    return " ".join(str(error).split())[:160]
