"""Whole recordings through the ears, and what was heard as one line of JSON a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kitt.ears.audio import Intake
from kitt.ears.engine import Ears
from kitt.ears.files import RawFormat, SoundFile
from kitt.ears.resample import RATE_HZ
from kitt.types import Heard


@dataclass(frozen=True)
class Recording:
    """What was heard in one file. `notes`: what was wrong with its sound, a line each."""

    path: Path
    duration_s: float
    utterances: tuple[Heard, ...]
    notes: tuple[str, ...]

    @property
    def best(self) -> Heard | None:
        """The most confident accepted utterance, else the most confident one."""
        return max(self.utterances, key=lambda h: (not h.rejected, h.confidence), default=None)


def hear(ears: Ears, path: Path, raw_rate_hz: int = RATE_HZ) -> Recording:
    """Listen to a sound file from beginning to end. Raises KittError when it cannot be read."""
    file = SoundFile(path, RawFormat(raw_rate_hz))
    intake = Intake()
    ears.reset()
    heard: list[Heard] = []
    samples = 0
    for block in file.blocks():
        for chunk in intake.push(block.samples, block.rate_hz, block.t_ns):
            samples += len(chunk.samples)
            heard += ears.process(chunk)
    for chunk in intake.finish():
        samples += len(chunk.samples)
        heard += ears.process(chunk)
    heard += ears.finish()
    noted = (replace(h, notes=intake.notes_of(h.t_start_ns, h.t_end_ns)) for h in heard)
    return Recording(path, samples / RATE_HZ, tuple(noted), (*file.notes, *intake.notes))


def line_of(recording: Recording) -> dict[str, Any]:
    """The recording as a flat table: its best utterance, all of them in `utterances`."""
    best = recording.best
    nothing = {"intent": "", "slots": {}, "confidence": 0.0, "text": "", "t_start_s": None, "t_end_s": None}
    verdict = {"rejected": True, "reason": "no speech", "language": "", "wake": "", "cpu_s": 0.0}
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
