"""A replay held against the truth: what was found, how far and how fast it was said to be, and every warning.

Objects are matched within a picture and class, best overlap first, from an intersection over union of one half on
(Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010). What is mostly hidden, very small or
very far counts neither way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from kitt.sim.truth_ears import judge_ears
from kitt.sim.truth_file import Box, TrueFrame, TrueObject, TrueWarning, Truth, load
from kitt.types import CLASSES, VEHICLES

Row = dict[str, Any]

MATCH_IOU = 0.5
SAME_THING_IOU = 0.3
"""A warning's track is the object that it should be about from here on; part of a cyclist is a cyclist."""
LEAST_VISIBLE, LEAST_PX, FARTHEST_M = 0.6, 8.0, 80.0
BANDS_M = ((0.0, 15.0), (15.0, 40.0), (40.0, 80.0))
SHORT_TTC_S = 5.0
AHEAD_M = 1.5
"""Times to collision of what is at most so far aside stand by themselves: only those lead to a collision."""
REPEAT_S = 4.0
"""A warning that comes again within this after its window is the same one repeated, not a false one."""


@dataclass
class Found:
    """Counts of one class in one band of distance."""

    true: int = 0
    hit: int = 0
    false: int = 0


@dataclass(frozen=True)
class Verdict:
    """One warning, expected or given. verdict: 'hit', 'missed', 'false', 'repeat'; delay_s counts from when it was
    due; at_s is None for a missed one. Seconds count from the truth's beginning."""

    event: str
    verdict: str
    at_s: float | None
    due_s: float | None = None
    from_s: float | None = None
    to_s: float | None = None
    delay_s: float | None = None
    track_id: int = -1


@dataclass
class TruthReport:
    """Everything that the comparison gives. Errors are absolute shares of the true value."""

    frames: int = 0
    found: dict[str, dict[tuple[float, float], Found]] = field(default_factory=dict)
    distance_errors: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ttc_errors: list[float] = field(default_factory=list)
    ttc_ahead_errors: list[float] = field(default_factory=list)
    ttc_asked: int = 0
    lights: dict[str, int] = field(default_factory=lambda: {"right": 0, "wrong": 0, "unknown": 0})
    warnings: list[Verdict] = field(default_factory=list)
    ahead: list[tuple[float, float, float | None]] = field(default_factory=list)
    """Of the nearest vehicle straight ahead in each picture: seconds, distance_m, ttc_s."""

    def count(self, verdict: str) -> int:
        return sum(w.verdict == verdict for w in self.warnings)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for report.json and report.html; shares in percent, null where nothing was there to measure."""
        classes = []
        for kind in CLASSES:
            for band, n in self.found.get(kind, {}).items():
                row = {"class": kind, "from_m": band[0], "to_m": band[1], "objects": n.true}
                row |= {"recall_pct": _pct(n.hit, n.true), "precision_pct": _pct(n.hit, n.hit + n.false)}
                classes.append(row)
        return {
            "frames": self.frames,
            "classes": classes,
            "distance_error_pct": {k: _median_pct(v) for k, v in sorted(self.distance_errors.items())},
            "ttc_error_pct": _median_pct(self.ttc_errors),
            "ttc_ahead_error_pct": _median_pct(self.ttc_ahead_errors),
            "ttc_given_pct": _pct(len(self.ttc_errors), self.ttc_asked),
            "light_pct": {k: _pct(n, sum(self.lights.values())) for k, n in self.lights.items()},
            "ahead": [[_short(v) for v in row] for row in self.ahead],
            "warnings": [{k: _short(v) for k, v in vars(w).items()} for w in self.warnings],
            "warnings_hit": self.count("hit"),
            "warnings_missed": self.count("missed"),
            "warnings_false": self.count("false"),
        }


def judge(truth: bytes, tracks_rows: list[Row], events_rows: list[Row], listened: bool = True) -> dict[str, Any]:
    """The report's figures from the truth attachment and the rows of tracks.jsonl and events.jsonl; ears that were
    off are not judged."""
    known = load(truth)
    return compare(known, tracks_rows, events_rows).as_dict() | judge_ears(
        known, [row["t_ns"] for row in tracks_rows], events_rows, listened
    )


def compare(truth: Truth, tracks_rows: list[Row], events_rows: list[Row]) -> TruthReport:
    """Hold a replay against the truth; pictures that were not replayed do not count."""
    report = TruthReport()
    rows = {row["t_ns"]: row for row in tracks_rows}
    for frame in truth.frames:
        if frame.t_ns in rows:
            report.frames += 1
            _look(report, truth, frame, rows[frame.t_ns]["tracks"])
            straight = [o for o in frame.objects if CLASSES.index(o.kind) in VEHICLES and abs(o.lateral_m) < AHEAD_M]
            if straight:
                o = min(straight, key=lambda o: o.distance_m)
                report.ahead.append((_seconds(truth, frame.t_ns), o.distance_m, o.ttc_s))
    _hear(report, truth, rows, [e for e in events_rows if e.get("kind", "warning") == "warning"])
    return report


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    shared = _shared(a, b)
    return shared / (_area(a) + _area(b) - shared) if shared else 0.0


def _look(report: TruthReport, truth: Truth, frame: TrueFrame, tracks: list[Row]) -> None:
    clipped = {o.id: _clip(o.box, truth) for o in frame.objects}
    counted = [o for o in frame.objects if _counts(o, clipped[o.id])]
    pairs = sorted(
        (
            (-iou(clipped[o.id], _box(t)), o.id, k)
            for o in counted
            for k, t in enumerate(tracks)
            if t["class"] == o.kind
        ),
    )
    taken: dict[int, int] = {}
    for minus, object_id, k in pairs:
        if -minus >= MATCH_IOU and object_id not in taken and k not in taken.values():
            taken[object_id] = k
    for o in counted:
        n = _band(report, o.kind, o.distance_m)
        if n is None:
            continue
        n.true += 1
        if o.id in taken:
            n.hit += 1
            _measure(report, o, tracks[taken[o.id]])
    for k, t in enumerate(tracks):
        if k in taken.values() or any(_covers(clipped[o.id], _box(t)) for o in frame.objects if o not in counted):
            continue
        distance = t.get("distance_m")
        n = _band(report, t["class"], distance if distance is not None else 0.0)
        if n is not None:
            n.false += 1


def _measure(report: TruthReport, o: TrueObject, track: Row) -> None:
    if track.get("distance_m") is not None and o.kind != "traffic light":
        report.distance_errors[o.kind].append(abs(track["distance_m"] - o.distance_m) / o.distance_m)
    if o.ttc_s is not None and o.ttc_s < SHORT_TTC_S and o.kind != "traffic light":
        report.ttc_asked += 1
        if track.get("ttc_s") is not None:
            error = abs(track["ttc_s"] - o.ttc_s) / o.ttc_s
            report.ttc_errors.append(error)
            if abs(o.lateral_m) < AHEAD_M:
                report.ttc_ahead_errors.append(error)
    if o.light is not None:
        said = track.get("light") or "unknown"
        report.lights["right" if said == o.light else "unknown" if said == "unknown" else "wrong"] += 1


def _hear(report: TruthReport, truth: Truth, rows: dict[int, Row], events: list[Row]) -> None:
    """Each expected warning takes the first one given in its window about the right object; the rest is judged."""
    if not rows:
        return
    first, last = max(min(rows), truth.from_ns), min(max(rows), truth.until_ns)
    objects = {frame.t_ns: {o.id: o for o in frame.objects} for frame in truth.frames}
    given = [e for e in sorted(events, key=lambda e: int(e["t_ns"])) if truth.from_ns <= e["t_ns"] <= truth.until_ns]
    verdicts: dict[int, str] = {}
    for w in truth.warnings:
        about = [k for k, e in enumerate(given) if e["event"] == w.event and _is_about(e, w, rows, objects)]
        at = next((k for k in about if k not in verdicts and w.from_ns <= given[k]["t_ns"] <= w.to_ns), None)
        due_s, from_s, to_s = (_seconds(truth, ns) for ns in (w.due_ns, w.from_ns, w.to_ns))
        verdict = Verdict(w.event, "missed", None, due_s, from_s, to_s)
        if at is None:
            if first <= w.from_ns and w.to_ns <= last:  # else it may have come, or come yet, outside of the replay
                report.warnings.append(verdict)
            continue
        verdicts[at] = "hit"
        t_ns = given[at]["t_ns"]
        report.warnings.append(
            replace(
                verdict,
                verdict="hit",
                at_s=_seconds(truth, t_ns),
                delay_s=(t_ns - w.due_ns) / 1e9,
                track_id=given[at].get("track_id", -1),
            )
        )
        for k in about:
            if k not in verdicts and t_ns < given[k]["t_ns"] <= w.to_ns + REPEAT_S * 1e9:
                verdicts[k] = "repeat"
    for k, e in enumerate(given):
        if verdicts.get(k) != "hit":
            at_s = _seconds(truth, e["t_ns"])
            report.warnings.append(Verdict(e["event"], verdicts.get(k, "false"), at_s, track_id=e.get("track_id", -1)))
    report.warnings.sort(key=lambda v: v.at_s if v.at_s is not None else v.due_s or 0.0)


def _is_about(event: Row, w: TrueWarning, rows: dict[int, Row], objects: dict[int, dict[int, TrueObject]]) -> bool:
    """Whether the event's track lies where one of the expected objects is; a warning without a track may be."""
    t_ns, track_id = event["t_ns"], event.get("track_id", -1)
    if track_id < 0 or t_ns not in objects:
        return True
    boxes = [_box(t) for t in rows.get(t_ns, {}).get("tracks", []) if t["id"] == track_id]
    there = [objects[t_ns][i].box for i in w.object_ids if i in objects[t_ns]]
    return any(iou(box, true) >= SAME_THING_IOU for box in boxes for true in there)


def _seconds(truth: Truth, t_ns: int) -> float:
    return (t_ns - truth.from_ns) / 1e9


def _counts(o: TrueObject, clipped: Box) -> bool:
    tall = clipped[3] - clipped[1]
    return o.visible >= LEAST_VISIBLE and tall >= LEAST_PX and o.distance_m <= FARTHEST_M


def _covers(hidden: Box, box: Box) -> bool:
    return _shared(hidden, box) > 0.4 * max(_area(box), 1e-9)


def _band(report: TruthReport, kind: str, distance_m: float) -> Found | None:
    bands = report.found.setdefault(kind, {band: Found() for band in BANDS_M})
    return next((n for (low, high), n in bands.items() if low <= distance_m < high), None)


def _clip(box: Box, truth: Truth) -> Box:
    w, h = float(truth.width_px), float(truth.height_px)
    return min(max(box[0], 0.0), w), min(max(box[1], 0.0), h), min(max(box[2], 0.0), w), min(max(box[3], 0.0), h)


def _box(track: Row) -> Box:
    x1, y1, x2, y2 = track["box"]
    return float(x1), float(y1), float(x2), float(y2)


def _area(b: Box) -> float:
    return max(b[2] - b[0], 0.0) * max(b[3] - b[1], 0.0)


def _shared(a: Box, b: Box) -> float:
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)


def _pct(part: int, whole: int) -> float | None:
    return round(100.0 * part / whole, 1) if whole else None


def _median_pct(shares: list[float]) -> float | None:
    return round(100.0 * median(shares), 1) if shares else None


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
