"""espeak-ng as the library of the `espeakng-loader` wheel, behind espeak_worker.py in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import select
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError
from kitt.mouth.espeak_worker import ERROR, GREETING, HEADER

WORKER = Path(__file__).with_name("espeak_worker.py")
MEND = "pip install espeakng-loader"
TIMEOUT_S = 20.0
"""A sentence takes milliseconds; an answer later than this will not come."""


class LibrarySynthesiser:
    """libespeak-ng behind espeak_worker.py. A worker that dies is started again once for each sentence."""

    def __init__(self, library: Path, folder: Path) -> None:
        self._library, self._folder = library, folder
        self.restarts = 0
        """How often a dead worker was replaced."""
        self._start()

    def _start(self) -> None:
        # A session of its own: Ctrl-C ends the drive in an orderly way, and its last warnings still want a voice.
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER), str(self._library)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            bufsize=0,
            start_new_session=True,
        )
        # Nobody need remember to close a voice for its process to end.
        self._end = weakref.finalize(self, _end, self.process)
        try:
            kind, payload = self._receive()
        except _WorkerDead as e:
            self.close()
            raise KittError(f"voice espeak: the worker for {self._library} does not start: {e}; {MEND}") from e
        if kind != GREETING:
            self.close()
            raise KittError(f"voice espeak: {payload.decode('utf-8', 'replace')}; {MEND}")
        greeting = json.loads(payload)
        self._version, self._rate_hz = str(greeting["version"]), int(greeting["rate_hz"])

    def render(self, text: str, voice: str, rate_wpm: int) -> tuple[NDArray[np.int16], int]:
        request = json.dumps({"text": text, "voice": voice, "rate_wpm": rate_wpm}).encode() + b"\n"
        try:
            kind, payload = self._ask(request)
        except _WorkerDead:
            self.close()
            self.restarts += 1
            self._start()
            try:
                kind, payload = self._ask(request)
            except _WorkerDead as e:
                raise KittError(f"voice espeak: the worker died twice over {text!r}: {e}; {MEND}") from e
        if kind == ERROR:
            raise KittError(f"voice espeak: {payload.decode('utf-8', 'replace')} (saying {text!r})")
        return np.frombuffer(payload, "<i2").astype(np.int16), self._rate_hz

    def describe(self) -> str:
        return f"espeak-ng {self._version}, library of the espeakng-loader wheel, in a process of its own"

    def close(self) -> None:
        self._end()

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        assert self.process.stdin
        try:
            self.process.stdin.write(request)
        except (OSError, ValueError) as e:
            raise _WorkerDead("its input is closed") from e
        return self._receive()

    def _receive(self) -> tuple[int, bytes]:
        kind, length = HEADER.unpack(self._read(HEADER.size))
        return kind, self._read(length)

    def _read(self, length: int) -> bytes:
        assert self.process.stdout
        told = bytearray()
        while len(told) < length:
            ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT_S)
            part = self.process.stdout.read(length - len(told)) if ready else b""
            if not part:
                raise _WorkerDead("its output ended" if ready else f"no answer within {TIMEOUT_S:.0f} s")
            told += part
        return bytes(told)


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.kill()
    process.wait()


class _WorkerDead(Exception):
    """The worker process does not answer any more."""


def find() -> tuple[Path, Path]:
    """The wheel's library and the folder that holds its espeak-ng-data, found without importing the wheel.

    Raises KittError when the wheel, or a part of it, is not there."""
    spec = importlib.util.find_spec("espeakng_loader")
    if spec is None or not spec.submodule_search_locations:
        raise KittError(f"voice espeak: the espeakng-loader wheel is not installed; {MEND}")
    folder = Path(spec.submodule_search_locations[0]).resolve()
    library = folder / "libespeak-ng.so"
    if not (library.is_file() and (folder / "espeak-ng-data").is_dir()):
        raise KittError(f"voice espeak: {folder} lacks libespeak-ng.so or espeak-ng-data; {MEND} --force-reinstall")
    return library, folder
