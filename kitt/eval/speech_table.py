"""Figures of the ears as lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kitt.eval.speech_false import Event
from kitt.eval.speech_run import Trial


def pc(value: float) -> str:
    """A share in per cent, "-" where there was nothing to count."""
    return "-" if math.isnan(value) else f"{100 * value:.1f}"


def grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns in line: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]


def set_lines(figures: dict[str, Any]) -> list[str]:
    """The figures of `speech_run.figures`."""
    kept = f", {figures['left_out']} more with --full" if figures["left_out"] else ""
    head = ["language, condition", "right", "95 %", "of", "wrong", "rejected", "by speaker", "worst"]
    rows = [head]
    for r in figures["rows"]:
        language = r["language"] if r["mode"] == "known" else f"{r['language']} (not told)"
        part = f" {r['part']}" if r["part"] else ""
        low, high = r["interval"]
        speaker, worst = r["worst_speaker"]
        rows.append(
            [
                f"  {language}{part}, {r['condition']}",
                pc(r["accuracy"]),
                f"{pc(low)} to {pc(high)}",
                str(r["clips"]),
                str(r["wrong"]),
                str(r["rejected"]),
                pc(r["macro"]),
                f"{speaker} {pc(worst)}" if speaker else "-",
            ]
        )
    return [f"{figures['set']}: {figures['clips']} recordings{kept}", *grid(rows)]


def error_lines(trials: Sequence[Trial]) -> list[str]:
    """Each command that was not understood."""
    out = []
    for t in trials:
        if t.verdict == "right":
            continue
        a = t.answer
        heard = "nothing" if a is None else f"{a.meaning or '-'} '{a.text}' {a.confidence:.2f} {a.reason}".rstrip()
        out.append(f"  {t.verdict:<8} {t.condition:<8} {t.clip.key}: {t.clip.meaning} <- {heard}")
    return out


def false_lines(figures: dict[str, Any]) -> list[str]:
    """The figures of `speech_false.figures`."""
    total = figures["speech"]
    rows = [["source", "events", "nearly said", "said", "hours", "an hour", "at most (95 %)"]]
    for name, r in [
        *((f"  {r['source']} {r['language']}", r) for r in figures["rows"] if not r["source"].startswith("noise")),
        ("  all speech", total),
        ("  noise and music alone", figures["noise"]),
        ("  speech and noise", figures["all"]),
    ]:
        rows.append(
            [
                name,
                str(r["events"]),
                str(r["near"]),
                str(r["said"]),
                f"{r['hours']:.3f}",
                "-" if math.isnan(r["per_hour"]) else f"{r['per_hour']:.2f}",
                f"{r['per_hour_at_most']:.2f}",
            ]
        )
    return [f"false accepts, {figures['grammar']} grammar, open microphone, no wake word", *grid(rows)]


def event_lines(events: Sequence[Event]) -> list[str]:
    """What was taken for a command."""
    return [
        f"  {e.kind:<5} {e.source} {e.language}: {e.answer.meaning} '{e.answer.text}' {e.answer.confidence:.2f}"
        f" <- '{e.said}'"
        for e in events
    ]


def wake_lines(figures: Sequence[dict[str, Any]]) -> list[str]:
    """The figures of `speech_wake.figures`, a row a phrase and condition."""
    rates = [m["rate"] for m in figures[0]["rows"][0]["misses"]] if figures else []
    rows = [["phrase", "of", *(f"missed at {r:g}/h" for r in rates), "negatives, h"]]
    for f in figures:
        for r in f["rows"]:
            name = f"  {f['wake']}, {r['condition']}{' (synthetic voices)' if f['synthetic'] else ''}"
            cells = []
            for m in r["misses"]:
                low, high = m["interval"]
                cells.append(f"{pc(m['miss'])} ({pc(low)} to {pc(high)})")
            rows.append([name, str(r["clips"]), *cells, f"{f['hours']:.2f}"])
    lines = ["wake phrases, given as text; thresholds set on the negatives", *grid(rows)]
    proven = [f["hours"] for f in figures]
    if proven and min(proven) < 1 / min(rates):
        lines.append(
            f"  with {min(proven):.2f} h of negatives, {min(rates):g} an hour means none at all: not belied, not proven"
        )
    return lines


def speed_lines(figures: dict[str, Any]) -> list[str]:
    """The figures of the speed section."""
    delay = figures["latency"]
    out = [f"end of speech to command, {delay['commands']} accepted commands ({delay['not_accepted']} were not)"]
    for name in ("total_ms", "waited_ms", "computed_ms"):
        cells = ", ".join(f"{p} {'-' if math.isnan(v) else f'{v:.0f} ms'}" for p, v in delay[name].items())
        out.append(f"  {name.removesuffix('_ms'):<9} {cells}")
    out.append(
        f"CPU of one core: {100 * figures['cpu_silence']:.2f} % in silence,"
        f" {100 * figures['cpu_speech']:.2f} % while somebody speaks without a pause"
    )
    second, *searches = figures["computing_ms"].items()
    searching = ", ".join(f"{ms:.1f} ms ({language})" for language, ms in searches)
    out.append(f"second pass {second[1]:.0f} ms, decoder {searching} for a 2 s command, CPU time")
    memory = ", ".join(f"{mb:.0f} MB ({language})" for language, mb in figures["memory_mb"].items())
    out.append(f"memory: {memory} at most, a process of its own with the car grammar")
    return out
