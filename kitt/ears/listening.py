"""Whole recordings through the ears, and what was heard as one line of JSON a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kitt.ears.audio import Intake
from kitt.ears.engine import Ears
from kitt.ears.files import RawFormat, SoundFile, chunks_of
from kitt.ears.resample import RATE_HZ
from kitt.types import Heard

NO_SPEECH = "no speech"
UNADDRESSED = "the wake phrase was not said"


@dataclass(frozen=True)
class Recording:
    """What was heard in one file. `notes`: what was wrong with its sound, a line each. unaddressed: utterances that
    came to nothing because the wake phrase did not go before them.
    """

    path: Path
    duration_s: float
    utterances: tuple[Heard, ...]
    notes: tuple[str, ...]
    unaddressed: int = 0

    @property
    def best(self) -> Heard | None:
        """The most confident command, else the most confident rejected one, else a wake phrase said alone."""
        return max(self.utterances, key=_rank, default=None)

    @property
    def nothing(self) -> str:
        """Why there is no utterance."""
        return UNADDRESSED if self.unaddressed else NO_SPEECH


def hear(ears: Ears, path: Path, raw: RawFormat | None = None) -> Recording:
    """Listen to a sound file from beginning to end; raw: what a file without a header holds. Raises KittError when it
    cannot be read, with its name.
    """
    file = SoundFile(path, raw or RawFormat())
    intake = Intake()
    ears.reset()
    heard: list[Heard] = []
    samples = 0
    for chunk in chunks_of(file, intake):
        samples += len(chunk.samples)
        heard += ears.process(chunk)
    heard += ears.finish()
    noted = (replace(h, notes=intake.notes_of(h.t_start_ns, h.t_end_ns)) for h in heard)
    return Recording(path, samples / RATE_HZ, tuple(noted), (*file.notes, *intake.notes), ears.unaddressed)


def line_of(recording: Recording) -> dict[str, Any]:
    """The recording as a flat table: its best utterance, all of them in `utterances`."""
    best = recording.best
    nothing = {"intent": "", "slots": {}, "confidence": 0.0, "text": "", "t_start_s": None, "t_end_s": None}
    verdict = {"rejected": True, "reason": recording.nothing, "language": "", "wake": "", "cpu_s": 0.0}
    return {
        "file": str(recording.path),
        **(utterance(best) if best else {**nothing, **verdict}),
        "duration_s": round(recording.duration_s, 3),
        "notes": list(recording.notes),
        "utterances": [utterance(h) for h in recording.utterances],
    }


def utterance(heard: Heard) -> dict[str, Any]:
    """One utterance as a flat table, its times in seconds."""
    return {
        "intent": heard.intent,
        "slots": heard.slots,
        "confidence": heard.confidence,
        "text": heard.text,
        "t_start_s": round(heard.t_start_ns / 1e9, 3),
        "t_end_s": round(heard.t_end_ns / 1e9, 3),
        "rejected": heard.rejected,
        "reason": heard.reason,
        "language": heard.language,
        "wake": heard.wake,
        "cpu_s": heard.cpu_s,
    }


def explain(heard: Heard) -> Sequence[str]:
    """Why it was taken or not, for people: the verdict, then the likeliest intents with their scores a phone."""
    when = f"{heard.t_start_ns / 1e9:.2f} to {heard.t_end_ns / 1e9:.2f} s"
    verdict = f"rejected: {heard.reason}" if heard.rejected else f"accepted, confidence {heard.confidence:.2f}"
    lines = [f"  {when}, {heard.language}{', after ' + repr(heard.wake) if heard.wake else ''}: {verdict}"]
    for candidate in heard.n_best:
        slots = " ".join(f"{k}={v}" for k, v in candidate.slots.items())
        lines.append(f"    {candidate.score:7.2f}  {candidate.intent} {slots}  '{candidate.text}'")
    return lines + [f"    note: {n}" for n in heard.notes]


def _rank(heard: Heard) -> tuple[int, float]:
    if heard.intent:
        return (2 if heard.rejected else 3), heard.confidence
    return (0 if heard.rejected else 1), heard.confidence
