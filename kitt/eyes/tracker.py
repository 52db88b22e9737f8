"""Objects followed over time: two-stage association over one Kalman filter that moves all tracks at once.

Association follows ByteTrack (Zhang et al., ECCV 2022): strong detections are matched first, weak ones may only
keep a track alive. Each track is four independent constant-velocity filters: centre x and y in pixels, ln aspect
and ln scale (scale = sqrt(width * height)). The velocity of ln scale is the scale rate, whose inverse is the time
to collision (Lee, Perception 1976; Dagan et al., "Forward collision warning with a single camera", IV 2004).
All times are seconds of the frames' own time stamps, never a count of frames, so any frame rate will do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from scipy.optimize import linear_sum_assignment

from kitt.types import BICYCLE, BUS, CAR, CLASSES, F64, I64, MOTORCYCLE, PERSON, TRUCK, Bools, Detections, Tracks

CX, CY, ASPECT, SCALE = range(4)
WIDER = np.array([0.5, -0.5])
"""What ln aspect adds to ln width and to ln height."""
OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])
GROUP = np.arange(len(CLASSES))
"""Classes that a detector mixes up share a group; only within a group may a detection continue a track."""
GROUP[[CAR, BUS, TRUCK]] = CAR
GROUP[[BICYCLE, MOTORCYCLE]] = BICYCLE

NO_NEWS = 1e6
"""Variance of what was not measured."""
UNSEEN_ASPECT = 0.25
"""Variance of the ln aspect of an object that the picture's edge cut when it was first seen."""

Cost = Callable[[F64, F64, F64, F64], F64]
"""cost(track boxes (T, 4), slack_px (T,), detected boxes (D, 4), scores (D,)) -> (T, D); inf forbids a pair."""


@dataclass(frozen=True)
class TrackerSettings:
    """When a track begins, how long it lives, how much its measurements and its motion are believed."""

    high_score: float = 0.3  # only detections from here on start tracks
    low_score: float = 0.1  # those below high_score only continue them
    confirm_hits: int = 2  # a single detection is never a track
    confirm_score: float = 0.8  # sum of scores: a sure person needs two looks, a faint far car three
    tentative_s: float = 0.3  # an unconfirmed track waits this long for its next detection
    coast_s: float = 0.35  # an unseen track is still given this long (far objects are looked at every k-th frame)
    coast_cut_s: float = 0.1  # less where the picture's edge cuts it: what is out of view grows by guesswork
    keep_s: float = 1.2  # and is remembered this long, to take its id up again after an occlusion
    tentative_cost: float = 0.3  # handicap of unconfirmed tracks where a detection might be either's
    unseen_cost: float = 0.3  # the same for tracks out of sight, per second
    small_px: float = 24.0  # scale below which boxes are matched with a margin
    duplicate_iou: float = 0.6  # boxes of one group that overlap more are one object
    part_share: float = 0.8  # and so are those of persons and bicycles of which this share lies within a stronger one
    opinion_iou: float = 0.5  # a faint box that overlaps a stronger one of another group more is no object of its own
    lost_iou: float = 0.3  # a track that overlaps its own detection less begins anew there, with its id
    known_place: float = 0.5  # an unseen track is given while its place is known to this share of its scale
    hidden_share: float = 0.6  # an unseen track is not given while a nearer object covers this share of it
    vote_memory: float = 0.97  # weight that earlier class votes keep at each new one
    edge_share: float = 0.005  # a box side within this share of the picture's size is cut by the picture's edge
    noise_px: float = 1.0  # standard deviation of a box side: at least this
    noise_share: float = 0.02  # and at least this share of the object's scale
    centre_agility: float = 1.5  # random acceleration of the centre, in scales, per s^1.5
    shake_px: float = 60.0  # the same of the camera's pitch and yaw, in pixels
    aspect_agility: float = 0.15  # random change of the rate of ln aspect, per s^1.5
    scale_agility: float = 0.065  # random change of the rate of ln scale, per s^1.5
    aspect_doubt: float = 16.0  # squared deviations from a constant aspect beyond which the width is not trusted
    most_rate: float = 2.0  # scale rates beyond this, in 1/s, are no base for a prediction: 0.5 s to a collision
    start_rates: tuple[float, float, float, float] = (3.0, 1.5, 0.2, 0.4)  # standard deviations: scales/s, then 1/s


def iou(a: F64, b: F64) -> F64:
    """Intersection over union of boxes that broadcast against each other, (..., 4) -> (...)."""
    inter = _shared(a, b)
    share: F64 = inter / (_area(a) + _area(b) - inter)
    return share


def iou_cost(tracks: F64, slack_px: F64, detected: F64, score: F64, least_iou: float = 0.2) -> F64:
    """1 - IoU, leaning towards the surer detection; both boxes are first grown by how unsure the track's place is.

    The growth is C-BIoU's buffer (Yang et al., WACV 2023), which lets small or long unseen objects be found again.
    """
    grow = slack_px[:, None, None] * OUTWARDS
    overlap = iou(tracks[:, None] + grow, detected[None] + grow)
    return np.where(overlap >= least_iou, 1 - overlap * (0.7 + 0.3 * score), np.inf)


@dataclass
class _Rows:
    """All tracks as parallel arrays. x, v and the covariance pp, pv, vv are float64 (N, 4) in the order CX..SCALE."""

    id: I64  # 0 until confirmed
    born_ns: I64
    seen_ns: I64
    hits: I64
    evidence: F64  # sum of scores
    score: F64
    votes: F64  # (N, classes)
    lean: F64  # d ln scale / d ln aspect of the last scale measured: 0.5 from the height, -0.5 from the width, 0 both
    x: F64
    v: F64
    pp: F64
    pv: F64
    vv: F64

    def group(self) -> I64:
        group: I64 = GROUP[self.votes.argmax(axis=1)]
        return group

    def take(self, pick: Bools) -> _Rows:
        return self if pick.all() else _Rows(*(getattr(self, f.name)[pick] for f in fields(self)))

    def join(self, other: _Rows) -> _Rows:
        return _Rows(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


class Tracker:
    """Turns the detections of each frame into tracks with ids; see `update`."""

    def __init__(self, settings: TrackerSettings | None = None, cost: Cost = iou_cost) -> None:
        self._set = settings or TrackerSettings()
        self._cost = cost
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget all tracks and the time (a scene cut, a new drive). Ids go on counting upwards."""
        self._rows = self._born(np.zeros((0, 4)), np.zeros((0, 4), bool), np.zeros(0), np.zeros(0, np.int64), 0)
        self._t_ns: int | None = None

    def update(self, detections: Detections, t_ns: int, frame_size: tuple[int, int] | None = None) -> Tracks:
        """The tracks as of this frame: confirmed, seen now or `coast_s` ago at most, ascending id.

        `frame_size` (width, height) tells which boxes the picture's edge cuts, so that these give no false scale
        rate. The same time stamp twice is no motion. Raises ValueError when time goes backwards or a box is not finite.
        """
        if self._t_ns is not None and t_ns < self._t_ns:
            raise ValueError(f"tracker: time goes backwards, from {self._t_ns} to {t_ns} ns: call reset() first")
        if not (np.isfinite(detections.xyxy).all() and np.isfinite(detections.score).all()):
            raise ValueError(f"tracker: a detection at {t_ns} ns is not finite")
        s, rows = self._set, self._rows
        rows = rows.take(t_ns - rows.seen_ns <= s.keep_s * 1e9)
        self._predict(rows, 0.0 if self._t_ns is None else (t_ns - self._t_ns) / 1e9)
        self._t_ns = t_ns

        box, score, class_id = self._admit(detections)
        cut = _cut_sides(box, frame_size, s.edge_share)
        cost = self._costs(rows, box, score, class_id, t_ns, frame_size)
        strong = score >= s.high_score
        r, c = _pairs(cost, np.arange(len(rows.id)), np.flatnonzero(strong))
        free, new = np.ones(len(rows.id), bool), strong.copy()
        free[r], new[c] = False, False
        r2, c2 = _pairs(cost, np.flatnonzero(free), np.flatnonzero(~strong))
        r, c = np.concatenate([r, r2]), np.concatenate([c, c2])
        self._correct(rows, r, box[c], cut[c])
        self._credit(rows, r, score[c], class_id[c], t_ns)
        rows = rows.take((rows.id > 0) | (t_ns - rows.seen_ns <= s.tentative_s * 1e9))
        if new.any():
            rows = rows.join(self._born(box[new], cut[new], score[new], class_id[new], t_ns))
        self._rows = rows
        return self._shown(t_ns, frame_size)

    def _admit(self, d: Detections) -> tuple[F64, F64, I64]:
        """Boxes, scores, classes in an order of their own, without the faint and without second boxes on one object."""
        keep = d.score >= self._set.low_score
        box, score, class_id = d.xyxy[keep].astype(np.float64), d.score[keep].astype(np.float64), d.class_id[keep]
        order = np.lexsort((class_id, *box.T, -score))
        box, score, class_id = box[order], score[order], class_id[order]
        box[:, 2:] = np.maximum(box[:, 2:], box[:, :2] + 1)
        s, group, overlap = self._set, GROUP[class_id], iou(box[:, None], box[None])
        akin = group[:, None] == group
        # Of a car, a smaller one inside its box may be seen beyond it; of a person or a bicycle it is a part.
        part = (_shared(box[:, None], box) > s.part_share * _area(box)) & np.isin(group, (PERSON, BICYCLE))
        double = akin & ((overlap > s.duplicate_iou) | part)
        # A faint second opinion on what is surely something else would lead another object's track astray.
        double |= ~akin & (overlap > s.opinion_iou) & (score < s.high_score) & (score[:, None] > 1.5 * score)
        single = ~np.triu(double, 1).any(axis=0)
        return box[single], score[single], class_id[single]

    def _predict(self, rows: _Rows, dt_s: float) -> None:
        """Move at constant closing speed: depth shrinks linearly, so all that is seen grows by 1 / (1 - rate dt)."""
        if not dt_s or not len(rows.id):
            return
        s = self._set
        rate = np.clip(rows.v[:, SCALE], -s.most_rate, s.most_rate)
        g = np.ones_like(rows.x)
        g[:, [CX, CY, SCALE]] = 1 / (1 - np.minimum(rate * dt_s, 0.5))[:, None]
        step = rows.v * g * dt_s
        step[:, SCALE] = np.log(g[:, SCALE]) + rows.lean * step[:, ASPECT]
        rows.x += step
        rows.v[:, :2] *= g[:, :2] ** 2
        rows.v[:, SCALE] = rate * g[:, SCALE]
        centre = (s.centre_agility * np.exp(rows.x[:, SCALE])) ** 2 + s.shake_px**2
        q = np.empty_like(rows.x)
        q[:, CX] = q[:, CY] = centre
        q[:, ASPECT], q[:, SCALE] = s.aspect_agility**2, s.scale_agility**2
        j, k = dt_s * g, g * g
        rows.pp += 2 * j * rows.pv + j * j * rows.vv + q * (dt_s**3 / 3)
        rows.pv[:] = k * (rows.pv + j * rows.vv) + q * (dt_s**2 / 2)
        rows.vv[:] = k * k * rows.vv + q * dt_s

    def _costs(
        self, rows: _Rows, box: F64, score: F64, class_id: I64, t_ns: int, frame_size: tuple[int, int] | None
    ) -> F64:
        """(tracks, detections): what it costs to say that this track is seen there; inf where it cannot be."""
        s = self._set
        scale = np.exp(rows.x[:, SCALE])
        slack_px = (
            np.minimum(np.sqrt((rows.pp[:, CX] + rows.pp[:, CY]) / 2), 0.4 * scale)
            + np.maximum(s.small_px - scale, 0) / 4
        )
        cost = self._cost(_boxes(rows.x, frame_size), slack_px, box, score)
        late = s.tentative_cost * (rows.id == 0) + s.unseen_cost * (t_ns - rows.seen_ns) / 1e9
        same = rows.group()[:, None] == GROUP[class_id]
        return np.where(same, cost + late[:, None], np.inf)

    def _correct(self, rows: _Rows, r: I64, box: F64, cut: Bools) -> None:
        """Kalman update of rows `r`.

        A rigid object that comes nearer keeps its aspect. Where that changes (it turns, it strides, something at its
        side hides or uncovers it) the scale follows the height alone; what the aspect then learns is no growth.
        """
        x, pp, pv = rows.x[r], rows.pp[r], rows.pv[r]
        z, noise, lean = self._measure(box, cut, x, pp, change=rows.v[r, ASPECT] ** 2 / rows.vv[r, ASPECT])
        y, spread = z - x, pp + noise
        # One wrong side moves ln aspect by e and the centre by e/2 of the size: believe such a place less.
        surprise = np.maximum(y[:, ASPECT] ** 2 - 6 * spread[:, ASPECT], 0)
        spread[:, :2] += (surprise / 4 * np.exp(2 * x[:, SCALE]))[:, None]
        learnt = pp[:, ASPECT] / spread[:, ASPECT] * y[:, ASPECT]
        x[:, SCALE] += np.where(lean != 0, lean, rows.lean[r]) * learnt
        y[:, SCALE] = z[:, SCALE] + lean * learnt - x[:, SCALE]
        # No object doubles between two looks: the box may jump to what is seen, but that is no closing speed.
        limit = 5 * np.sqrt(spread[:, SCALE])
        jump = y[:, SCALE] - np.clip(y[:, SCALE], -limit, limit)
        x[:, SCALE] += jump
        y[:, SCALE] -= jump
        gain = pp / spread
        rows.x[r] = x + gain * y
        rows.v[r] += pv / spread * y
        rows.vv[r] -= pv * pv / spread
        rows.pv[r] = pv * (1 - gain)
        rows.pp[r] = pp * (1 - gain)
        rows.lean[r] = lean
        self._reseat(rows, r, box, cut)

    def _reseat(self, rows: _Rows, r: I64, box: F64, cut: Bools) -> None:
        """Where a track's motion led it off what was just seen of it, believe what was seen and forget the motion."""
        off = (iou(_boxes(rows.x[r], None), box) < self._set.lost_iou) & ~cut.any(axis=1)
        if off.any():
            fresh = self._born(box[off], cut[off], np.zeros(off.sum()), np.zeros(off.sum(), np.int64), 0)
            for name in ("x", "v", "pp", "pv", "vv", "lean"):
                getattr(rows, name)[r[off]] = getattr(fresh, name)

    def _measure(self, box: F64, cut: Bools, x: F64, pp: F64, change: F64) -> tuple[F64, F64, F64]:
        """What boxes say: state (N, 4), its variance (N, 4), and how the scale leans on the aspect (N,).

        ln scale = ln height + ln aspect / 2 = ln width - ln aspect / 2: where the picture's edge cuts one dimension
        or the width is in doubt, the other one and the predicted aspect give the scale (lean 0.5 or -0.5); a side in
        view gives the centre. A cut object is at least as large as what is seen of it: that much `x` is mended here.
        """
        s, z = self._set, _state(box)
        side = np.maximum(s.noise_px, s.noise_share * np.exp(z[:, SCALE]))[:, None] ** 2
        of_w, of_h = (2 * side / (box[:, 2:] - box[:, :2]) ** 2).T
        cut_x, cut_y = cut[:, 0] | cut[:, 2], cut[:, 1] | cut[:, 3]
        more = z[:, ASPECT] - x[:, ASPECT]
        doubt = change + more**2 / (pp[:, ASPECT] + of_w + of_h) > s.aspect_doubt
        lean = 0.5 * (~cut_y & (cut_x | doubt)) - 0.5 * (cut_y & ~cut_x)
        more = np.where(cut_x & ~cut_y, np.maximum(more, 0), np.where(cut_y & ~cut_x, np.minimum(more, 0), 0))
        x[:, ASPECT] += more
        x[:, SCALE] += lean * more
        z[:, SCALE] += lean * (x[:, ASPECT] - z[:, ASPECT])
        whole = np.where(cut_x & cut_y, x[:, SCALE], z[:, SCALE])
        half = np.exp(whole[:, None] + x[:, ASPECT, None] * WIDER) / 2
        for axis in (CX, CY):
            low, high = cut[:, axis], cut[:, axis + 2]
            z[:, axis] = np.where(low & ~high, box[:, axis + 2] - half[:, axis], z[:, axis])
            z[:, axis] = np.where(high & ~low, box[:, axis] + half[:, axis], z[:, axis])
            z[:, axis] = np.where(high & low, x[:, axis], z[:, axis])
        noise = np.empty_like(x)
        noise[:, :2] = side / 2 + np.stack([cut_x, cut_y], 1) * half**2 * pp[:, ASPECT, None]
        noise[:, ASPECT] = np.where(cut_x | cut_y, NO_NEWS, of_w + of_h)
        noise[:, SCALE] = np.where(cut_x & cut_y, NO_NEWS, (0.5 - lean) ** 2 * of_w + (0.5 + lean) ** 2 * of_h)
        return z, noise, lean

    def _credit(self, rows: _Rows, r: I64, score: F64, class_id: I64, t_ns: int) -> None:
        """Count the hits, take the class votes, give an id to those confirmed now."""
        s = self._set
        rows.seen_ns[r] = t_ns
        rows.hits[r] += 1
        rows.evidence[r] += score
        rows.score[r] = score
        rows.votes[r] *= s.vote_memory
        rows.votes[r, class_id] += score
        confirmed = (rows.id == 0) & (rows.hits >= s.confirm_hits) & (rows.evidence >= s.confirm_score)
        n = int(confirmed.sum())
        rows.id[confirmed] = np.arange(self._next_id, self._next_id + n)
        self._next_id += n

    def _born(self, box: F64, cut: Bools, score: F64, class_id: I64, t_ns: int) -> _Rows:
        """Unconfirmed tracks of one detection each."""
        n, s = len(box), self._set
        x = _state(box)
        scale = np.exp(x[:, SCALE, None])
        _, noise, lean = self._measure(box, cut, x, np.full((n, 4), UNSEEN_ASPECT), np.zeros(n))
        pp = np.where(noise < NO_NEWS, noise, UNSEEN_ASPECT)
        vv = (np.array(s.start_rates) * np.where(np.arange(4) < ASPECT, scale, 1)) ** 2
        return _Rows(
            id=np.zeros(n, np.int64), born_ns=np.full(n, t_ns), seen_ns=np.full(n, t_ns), hits=np.ones(n, np.int64),
            evidence=score.copy(), score=score.copy(), votes=np.eye(len(CLASSES))[class_id] * score[:, None], lean=lean,
            x=x, v=np.zeros((n, 4)), pp=pp, pv=np.zeros((n, 4)), vv=vv,
        )  # fmt: skip

    def _shown(self, t_ns: int, frame_size: tuple[int, int] | None) -> Tracks:
        """Confirmed tracks seen now, or not long ago and not behind one that is seen now."""
        s, rows = self._set, self._rows
        unseen = t_ns - rows.seen_ns
        box = _boxes(rows.x, frame_size)
        # Seen twice by chance does not earn a third of a second of trust.
        show = (rows.id > 0) & (unseen <= np.minimum(s.coast_s * 1e9, rows.seen_ns - rows.born_ns))
        show &= (box[:, 2] - box[:, 0] >= 1) & (box[:, 3] - box[:, 1] >= 1)
        place = np.sqrt(rows.pp[:, :2].max(axis=1)) / np.exp(rows.x[:, SCALE])
        cut = _cut_sides(box, frame_size, s.edge_share).any(axis=1)
        show &= (unseen == 0) | ((place < s.known_place) & (~cut | (unseen <= s.coast_cut_s * 1e9)))
        seen, coasting = np.flatnonzero(show & (unseen == 0)), np.flatnonzero(show & (unseen > 0))
        if len(coasting):
            show[coasting] = ~self._behind(box[coasting], rows.group()[coasting], box[seen], rows.group()[seen])
        order = np.flatnonzero(show)
        order = order[np.argsort(rows.id[order])]
        return Tracks(
            id=rows.id[order],
            xyxy=box[order].astype(np.float32),
            class_id=rows.votes[order].argmax(axis=1),
            score=rows.score[order].astype(np.float32),
            age_s=((t_ns - rows.born_ns[order]) / 1e9).astype(np.float32),
            unseen_s=(unseen[order] / 1e9).astype(np.float32),
            scale_rate=rows.v[order, SCALE].astype(np.float32),
            scale_rate_std=np.sqrt(rows.vv[order, SCALE]).astype(np.float32),
        )

    def _behind(self, box: F64, group: I64, front: F64, front_group: I64) -> Bools:
        """Which boxes a nearer object hides (its foot is lower in the picture), or are a second one on what is seen."""
        covered = _shared(box[:, None], front) > self._set.hidden_share * _area(box)[:, None]
        twice = iou(box[:, None], front) > self._set.duplicate_iou
        hidden = (covered & (box[:, 3, None] <= front[:, 3])) | (twice & (group[:, None] == front_group))
        behind: Bools = hidden.any(axis=1)
        return behind


def _pairs(cost: F64, r: I64, c: I64) -> tuple[I64, I64]:
    """Of rows `r` and columns `c` as many as can be paired, at the least total cost."""
    if not (len(r) and len(c)):
        return r[:0], c[:0]
    part = cost[np.ix_(r, c)]
    possible = np.isfinite(part)
    i, j = linear_sum_assignment(np.where(possible, part, 1e3))
    ok = possible[i, j]
    return r[i[ok]], c[j[ok]]


def _shared(a: F64, b: F64) -> F64:
    """Area that boxes have in common."""
    w = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    h = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    area: F64 = np.maximum(w, 0) * np.maximum(h, 0)
    return area


def _area(box: F64) -> F64:
    area: F64 = (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    return area


def _state(box: F64) -> F64:
    """x1 y1 x2 y2 -> centre x, centre y, ln aspect, ln scale."""
    w, h = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    return np.stack([box[:, 0] + w / 2, box[:, 1] + h / 2, np.log(w / h), np.log(w * h) / 2], axis=1)


def _boxes(x: F64, frame_size: tuple[int, int] | None) -> F64:
    """The inverse of `_state`, cut by the picture's edge where that is known."""
    half = np.exp(x[:, SCALE, None] + x[:, ASPECT, None] * WIDER) / 2
    box = np.concatenate([x[:, :2] - half, x[:, :2] + half], axis=1)
    return box if frame_size is None else np.asarray(np.minimum(np.maximum(box, 0), frame_size * 2), np.float64)


def _cut_sides(box: F64, frame_size: tuple[int, int] | None, edge_share: float) -> Bools:
    """Which of left, top, right, bottom lie on the picture's edge: bool (N, 4)."""
    if frame_size is None:
        return np.zeros(box.shape, bool)
    size = np.array(frame_size, float)
    return np.concatenate([box[:, :2] <= edge_share * size, box[:, 2:] >= (1 - edge_share) * size], axis=1)
