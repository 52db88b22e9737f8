"""Pronunciations by espeak-ng, whose library (GPL-3) stays in a worker process of its own."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path

from kitt.ears.g2p import loans
from kitt.ears.g2p.phones import Pron, encode
from kitt.errors import KittError

WORKER = Path(__file__).with_name("espeak_worker.py")
MEND = "pip install espeakng-loader"
ACCENTS = {"en": ("gmw/en-US", "gmw/en-GB-x-rp"), "fr": ("roa/fr",), "es": ("roa/es-419", "roa/es")}
"""The accents whose pronunciations a grammar holds, as voice files of espeak-ng."""

_LANGUAGE_MARKS = re.compile(r"\([a-z-]+\)")
_ENGLISH = "(en)"


class EspeakPronouncer:
    """libespeak-ng behind espeak_worker.py. One request at a time."""

    def __init__(self) -> None:
        library, folder = _find()
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER), str(library)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process)

    def ipa(self, texts: Sequence[str], voice: str) -> list[str]:
        """What espeak-ng says of each text: IPA, phones parted by "_", words by " ". Raises KittError."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"voice": voice, "texts": list(texts)}).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise KittError(f"espeak-ng's pronouncer ended unexpectedly; {MEND} --force-reinstall")
        answer = json.loads(line)
        if "error" in answer:
            raise KittError(f"espeak-ng's pronouncer: {answer['error']}")
        return list(answer["ipa"])

    def pronounce(self, texts: Sequence[str], language: str, voice: str) -> list[Pron]:
        """Phones of each text, words run together. A text that espeak-ng has no sound for gives ().

        Raises KittError for a phone that is not in the phone set.
        """
        return [_phones(i, language) for i in self.ipa(texts, voice)]

    def ways(self, texts: Sequence[str], language: str) -> list[tuple[Pron, ...]]:
        """The ways to say each text, one or more for each accent, () without a sound. Raises KittError.

        What the French voice reads as English is also, and first, said with French phones.
        """
        told = [self.ipa(texts, voice) for voice in ACCENTS[language]]
        found = [[p for said in ipas if (p := _phones(said, language))] for ipas in zip(*told, strict=True)]
        taken = [i for i, said in enumerate(told[0]) if language == "fr" and _ENGLISH in said]
        if taken:
            american = self.pronounce([texts[i] for i in taken], "en", loans.ACCENT)
            as_french = self.ipa([loans.respelled(texts[i]) for i in taken], ACCENTS["fr"][0])
            for i, loan, said in zip(taken, american, as_french, strict=True):
                respelled = [] if _ENGLISH in said else [_phones(said, "fr")]
                found[i] = [*respelled, loans.in_french(loan), *found[i]]
        return [tuple(dict.fromkeys(ways)) for ways in found]

    def close(self) -> None:
        """End the worker."""
        self._end()


def _phones(ipa: str, language: str) -> Pron:
    return encode(re.split(r"[_\s]+", _LANGUAGE_MARKS.sub("", ipa)), language)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def _find() -> tuple[Path, Path]:
    spec = importlib.util.find_spec("espeakng_loader")
    if spec is None or not spec.submodule_search_locations:
        raise KittError(f"pronunciation: the espeakng-loader wheel is not installed; {MEND}")
    folder = Path(spec.submodule_search_locations[0]).resolve()
    library = folder / "libespeak-ng.so"
    if not (library.is_file() and (folder / "espeak-ng-data").is_dir()):
        raise KittError(f"pronunciation: {folder} lacks libespeak-ng.so or espeak-ng-data; {MEND} --force-reinstall")
    return library, folder
