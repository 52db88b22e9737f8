"""Reports as lines for a terminal; percentages with one decimal, '-' where there is nothing to count."""

from __future__ import annotations

import math
from typing import Any


def detector_lines(report: dict[str, Any]) -> list[str]:
    """The figures of `run.report`."""
    out = [f"{report['set']}, {_what(report)}"]
    confidence = report["confidence"]
    for name, part in report["parts"].items():
        out += ["", f"{name}: {part['pictures']} pictures, {part['objects']} objects"]
        out.append(
            f"  AP {_pc(part['AP'])}  AP50 {_pc(part['AP50'])}  recall at 90 % precision"
            f" {_pc(part['recall_at_90_precision'])} (confidence {part['confidence_of_90_precision']:.2f})"
        )
        for kind, ap in part["classes"].items():
            out.append(f"    {kind:<14} AP {_pc(ap['AP'])}  AP50 {_pc(ap['AP50'])}")
        for group, g in part["groups"].items():
            out.append(
                f"  {group} ({g['objects']}): at confidence {confidence:g} recall {_pc(g['recall'])},"
                f" precision {_pc(g['precision'])}; recall at 90 % precision {_pc(g['recall_at_90_precision'])}"
            )
            for title, unit in (("recall_by_height_px", "px high"), ("recall_by_distance_m", "m away")):
                if title in g:
                    cells = [f"{label}: {_pc(recall)} of {n}" for label, n, recall in g[title] if n]
                    out.append(f"    recall, {unit}: {', '.join(cells)}")
    return out


def coverage_lines(report: dict[str, Any]) -> list[str]:
    """The figures of `run.camvid`."""
    out = [f"{report['set']}, {_what(report)}, {report['pictures']} pictures, confidence {report['confidence']:g}"]
    for group, c in report["coverage"].items():
        out.append(
            f"  {group}: {_pc(c['covered'])} of {c['painted_px']} pixels lie in boxes;"
            f" {_pc(c['boxes_on_such_pixels'])} of {c['boxes']} boxes lie on such pixels"
        )
    return out


def _what(report: dict[str, Any]) -> str:
    first = report["detector"][0]
    sizes = {
        f"{x['name']} {x['input'][0]}x{x['input'][1]}/{x['every']}" for d in report["detector"] for x in d["looks"]
    }
    return f"{first['model']} on {first['backend']}: {', '.join(sorted(sizes, reverse=True))}"


def _pc(value: float) -> str:
    return "-" if math.isnan(value) else f"{value * 100:.1f}"
