"""report.html: one page a person reads in a minute; no script, no other file, opens anywhere."""

from __future__ import annotations

import base64
import io
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kitt.runtime.outputs.gather import Gather
from kitt.runtime.outputs.lines import write_whole
from kitt.types import CLASSES

INK, QUIET, ALARM = "#1d2433", "#8a93a6", "#d43d3d"
LINES = {
    "detect": "#3b6fd4",
    "network": "#9db8ee",
    "track": "#2a9d72",
    "road": "#e09f3e",
    "warn": "#9c4dcc",
    "decode": "#8a93a6",
    "hear": "#b08968",
}
TTC_SHOWN_S = 10.0


def write(path: Path, report: dict[str, Any], gather: Gather) -> None:
    """Render the page beside the other outputs."""
    template = (files("kitt.runtime.outputs") / "report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    plots = []
    if gather.frames:
        ahead = report["truth"]["ahead"] if report["truth"] else []
        plots = [_road(gather, ahead), _seen(gather), _latency(gather)]
    stills = {i: base64.b64encode(jpeg).decode() for i, jpeg in gather.stills.items()}
    page = environment.from_string(template).render(
        r=report,
        plots=plots,
        stills=stills,
        origin_ns=gather.origin_ns,
        has_film=(path.parent / "overlay.mp4").exists(),
        seconds=lambda v: "-" if v is None else f"{v:.2f} s",
        percent=lambda v: "-" if v is None else f"{v:.1f} %",
        plain=_plain,
    )
    write_whole(path, page)


def _road(gather: Gather, ahead: list[tuple[float, float, float | None]]) -> str:
    """Distance and time to collision of the lead, the own speed, the warnings; and the truth where it is known."""
    figure, (top, low) = _figure(2, 3.6)
    t = np.asarray(gather.t_s)
    top.plot(t, np.asarray(gather.lead_m), color=LINES["detect"], lw=1.6, label="lead distance, m")
    speed = np.asarray(gather.speed_mps)
    if np.isfinite(speed).any():
        top.plot(t, speed * 3.6, color=QUIET, lw=1.2, ls="--", label="own speed, km/h")
    if ahead:
        seconds, metres, ttc = (np.array(column, np.float64) for column in zip(*ahead, strict=True))
        top.plot(seconds, metres, color=INK, lw=1, ls=":", label="truth: nearest straight ahead, m")
        low.plot(seconds, np.where(ttc < TTC_SHOWN_S, ttc, np.nan), color=INK, lw=1, ls=":", label="truth, s")
    top.set_ylim(0, max(60.0, float(np.nanmax([0.0, *gather.lead_m])) * 1.05))
    low.plot(
        t, np.clip(np.asarray(gather.lead_ttc_s), 0, TTC_SHOWN_S), color=LINES["warn"], lw=1.6, label="lead TTC, s"
    )
    low.set_ylim(0, TTC_SHOWN_S)
    low.set_xlim(*_span(gather))
    for axes in (top, low):
        for warning in gather.warnings:
            axes.axvline((warning.t_ns - gather.origin_ns) / 1e9, color=ALARM, lw=1, alpha=0.7)
    for warning in gather.warnings[:30]:
        when = (warning.t_ns - gather.origin_ns) / 1e9
        low.text(when, TTC_SHOWN_S * 0.97, f" {warning.event}", rotation=90, va="top", fontsize=7, color=ALARM)
    _legend(top)
    _legend(low)
    low.set_xlabel("seconds of the drive")
    return _svg(figure)


def _seen(gather: Gather) -> str:
    """How many objects of each class were followed at each moment."""
    figure, (axes,) = _figure(1, 2.2)
    names = [c for c in CLASSES if gather.track_ids[c]]
    if names:
        t = np.asarray(gather.t_s)
        axes.stackplot(t, [np.asarray(gather.seen[c]) for c in names], labels=names, alpha=0.85, step="post")
        _legend(axes)
    axes.set_xlim(*_span(gather))
    axes.set_ylabel("objects followed", fontsize=8)
    axes.set_xlabel("seconds of the drive")
    return _svg(figure)


def _latency(gather: Gather) -> str:
    """Share of frames done within a time, for each stage."""
    figure, (axes,) = _figure(1, 2.4)
    for stage, values in gather.stage_ms.items():
        ms = np.sort(np.asarray(values))
        axes.plot(ms, np.linspace(0, 1, len(ms)), label=stage, color=LINES.get(stage, INK), lw=1.5)
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.005)
    axes.set_ylabel("share of frames", fontsize=8)
    axes.set_xlabel("milliseconds")
    _legend(axes)
    return _svg(figure)


def _plain(value: Any) -> str:
    """A value of the report as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        nested = any(isinstance(v, (dict, list)) for v in value)
        return ("; " if nested else " ").join(_plain(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _span(gather: Gather) -> tuple[float, float]:
    return gather.t_s[0], max(gather.t_s[-1], gather.t_s[0] + 0.1)


def _legend(axes: Axes) -> None:
    """Above the plot, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=8, frameon=False, fontsize=8, borderaxespad=0)


def _figure(rows: int, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = list(np.atleast_1d(figure.subplots(rows, 1, sharex=rows > 1)))
    for a in axes:
        a.spines[["top", "right"]].set_visible(False)
        a.tick_params(labelsize=8, colors=INK)
        a.grid(alpha=0.25)
    return figure, axes


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()[out.getvalue().index("<svg") :]
