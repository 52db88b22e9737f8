"""Figures of the ears as pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kitt.errors import KittError

if TYPE_CHECKING:
    from kitt.eval.speech_report import Report

CLEAN_AT_DB = 30.0
"""Where clean recordings stand on the axis of signal-to-noise ratios."""


def _axes(title: str, x: str, y: str) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _save(figure: Any, path: Path) -> Path:
    from matplotlib import pyplot

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    except OSError as e:
        raise KittError(f"{path}: cannot write: {e.strerror}") from e
    finally:
        pyplot.close(figure)
    return path


def accuracy_over_snr(sets: Sequence[dict[str, Any]], path: Path) -> Path:
    """Of every set and language with car noise at two ratios or more, accuracy with its 95 % interval."""
    figure, axes = _axes("Commands right, in car noise", "signal-to-noise ratio, dB (30: clean)", "intent and slots, %")
    for figures in sets:
        lines: dict[tuple[str, str], list[tuple[float, float, float, float]]] = defaultdict(list)
        for r in figures["rows"]:
            ratio = snr_of(r["condition"])
            if ratio is not None and not r["part"]:
                low, high = (100 * v for v in r["interval"])
                lines[r["language"], r["mode"]].append((ratio, 100 * r["accuracy"], low, high))
        for (language, mode), points in lines.items():
            x, y, low, high = zip(*sorted(points), strict=True)
            name = f"{figures['set']} {language}{' (not told)' if mode == 'auto' else ''}"
            (line,) = axes.plot(x, y, "o-", label=name)
            axes.fill_between(x, low, high, color=line.get_color(), alpha=0.12)
    axes.set_ylim(0, 102)
    axes.legend(fontsize="small")
    return _save(figure, path)


def snr_of(condition: str) -> float | None:
    """The ratio of a condition in car noise, None for other noises."""
    if condition == "clean":
        return CLEAN_AT_DB
    head, unit, kind = (condition + " ").partition(" dB ")
    return float(head) if unit and not kind.strip() else None


def thresholds(curves: Mapping[str, Sequence[tuple[float, float, float]]], path: Path, knob: str) -> Path:
    """Curves of `speech_metrics.curve`: accuracy against false accepts an hour as a threshold moves."""
    figure, axes = _axes(f"Threshold on the {knob}", "false accepts an hour", "commands right and accepted, %")
    for name, points in curves.items():
        if points:
            axes.step([r for _, _, r in points], [100 * a for _, a, _ in points], where="post", label=name)
            for threshold, right, rate in points[:: max(1, len(points) // 6)]:
                axes.annotate(f"{threshold:.2f}", (rate, 100 * right), fontsize=6, alpha=0.7)
    axes.set_xscale("symlog", linthresh=0.5)
    axes.axvline(0.5, color="grey", lw=0.8, ls=":")
    axes.legend(fontsize="small")
    return _save(figure, path)


def wake_curves(wakes: Sequence[dict[str, Any]], path: Path) -> Path:
    """Misses of each wake phrase against false accepts an hour."""
    figure, axes = _axes("Wake phrases given as text", "false accepts an hour", "missed, %")
    for figures in wakes:
        for r in figures["rows"]:
            if r["curve"]:
                x = [rate for _, _, rate in r["curve"]]
                y = [100 * miss for _, miss, _ in r["curve"]]
                name = f"{figures['wake']}, {r['condition']}{' (synthetic)' if figures['synthetic'] else ''}"
                axes.step(x, y, where="pre", label=name)
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_ylim(0, 102)
    axes.legend(fontsize="x-small")
    return _save(figure, path)


def draw_all(report: Report, folder: Path) -> list[Path]:
    """Every figure that the report has numbers for. Raises KittError where the folder cannot be written."""
    drawn = []
    if report.sets:
        drawn.append(accuracy_over_snr(report.sets, folder / "accuracy_over_snr.png"))
    if report.curves:
        drawn.append(thresholds(report.curves, folder / "threshold_confidence.png", "confidence"))
        drawn.append(thresholds(report.score_curves, folder / "threshold_score.png", "score"))
    if report.wakes:
        drawn.append(wake_curves(report.wakes, folder / "wake.png"))
    return drawn
