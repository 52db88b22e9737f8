"""From the values a tensor took to the range that 8 bits shall hold of it.

Every method gives both encodings: an asymmetric range for 256 levels, zero one of them, and a symmetric limit for 127
levels on each side. What lies beyond a range is cut to its end: less is cut off, or the steps are finer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from kitt.engine.quantise.histogram import SIDE_BINS, Histogram
from kitt.engine.quantise.ranges import Range
from kitt.types import F64, I64

U8_STEPS = 255
S8_STEPS = 127

Method = Callable[[Histogram, float], tuple[Range, float]]
"""Gives the asymmetric range and the symmetric limit. A tensor that is zero throughout gets (0, 1) and 1.

The second argument: by what negative values are multiplied right behind the tensor, the slope of a LeakyRelu, else 1.
"""

_SHARES: tuple[float, ...] = tuple(2.0 ** (-i / 24.0) for i in range(97))
"""Tried shares of the widest range, from all of it to a sixteenth."""
_COARSE = 8
_JOIN = 4
"""Bins that the search takes as one: a quarter of the time, and still several to one of 255 steps."""


def min_max(seen: Histogram, slope: float = 1.0) -> tuple[Range, float]:
    """All that was seen."""
    low, high = min(seen.low, 0.0), max(seen.high, 0.0)
    return (Range(low, high), max(-low, high)) if low < high else (Range(0.0, 1.0), 1.0)


def percentile(percent: float, seen: Histogram, slope: float = 1.0) -> tuple[Range, float]:
    """What holds `percent` of the values; asymmetric, half of the others lie on each side. Rounded out to a bin."""
    widest, limit = min_max(seen)
    if seen.low == seen.high == 0:
        return widest, limit
    out = 1.0 - percent / 100.0
    counts = seen.counts.copy()
    counts[SIDE_BINS] += seen.zeros
    edges, total = seen.edges, seen.total
    ends = np.cumsum(counts)
    low = float(edges[int(np.searchsorted(ends, out / 2 * total, side="right"))])
    high = float(edges[int(np.searchsorted(ends, (1 - out / 2) * total, side="left")) + 1])
    sides = np.cumsum(_folded(counts))
    cut = float(edges[SIDE_BINS + int(np.searchsorted(sides, (1 - out) * total, side="left")) + 1])
    asymmetric = Range(min(max(low, widest.low), 0.0), max(min(high, widest.high), 0.0))
    if asymmetric.low == asymmetric.high:  # nearly all zeros
        asymmetric = Range(max(widest.low, -cut), min(widest.high, cut))
    return asymmetric, min(cut, limit)


def mse(seen: Histogram, slope: float = 1.0) -> tuple[Range, float]:
    """The range of the least mean squared error, among shares of all that was seen.

    The error is that behind a LeakyRelu where one follows: what it makes small need not be held well. Asymmetric, the
    ends are searched in turn until neither moves.
    """
    widest, limit = min_max(seen)
    rough = Histogram(seen.counts.reshape(-1, _JOIN).sum(axis=1), seen.limit, seen.zeros, seen.low, seen.high)
    best = _least(limit, lambda x: s8_error(rough, x, slope))
    low, high = widest
    for _ in range(4):
        before = (low, high)
        high = _least(widest.high, lambda x: u8_error(rough, Range(low, x), slope))  # noqa: B023
        low = _least(widest.low, lambda x: u8_error(rough, Range(x, high), slope))  # noqa: B023
        if (low, high) == before:
            break
    # searched one by one and on fewer bins, an end may be the worse
    held = min((widest, Range(low, high)), key=lambda r: u8_error(seen, r, slope))
    return held, min((limit, best), key=lambda x: s8_error(seen, x, slope))


def entropy(seen: Histogram, slope: float = 1.0) -> tuple[Range, float]:
    """The limit that loses the least information (Kullback-Leibler), as TensorRT's calibrator chose it.

    Migacz: 8-bit Inference with TensorRT, GTC 2017: some 2048 bins of magnitudes, zeros left out, the distribution cut
    at a limit against the same in 128 levels. Asymmetric, the limit cuts on both sides, as ONNX Runtime has it.
    """
    widest, limit = min_max(seen)
    if seen.low == seen.high == 0:
        return widest, limit
    cut = min(_least_divergence(_folded(seen.counts)) * (seen.limit / SIDE_BINS), limit)
    return Range(max(widest.low, -cut), min(widest.high, cut)), cut


METHODS: dict[str, Method] = {
    "min-max": min_max,
    "percentile-99.99": partial(percentile, 99.99),
    "percentile-99.999": partial(percentile, 99.999),
    "mse": mse,
    "entropy": entropy,
}


def _least(widest: float, error: Callable[[float], float]) -> float:
    """The share of `widest` with the least error: every eighth is tried, then those about the best of these."""
    if widest == 0:
        return 0.0
    errors = {i: error(widest * _SHARES[i]) for i in range(0, len(_SHARES), _COARSE)}
    middle = min(errors, key=errors.__getitem__)
    for i in range(max(middle - _COARSE + 1, 0), min(middle + _COARSE, len(_SHARES))):
        errors.setdefault(i, error(widest * _SHARES[i]))
    return widest * _SHARES[min(sorted(errors), key=errors.__getitem__)]


def u8_error(seen: Histogram, held: Range, slope: float = 1.0) -> float:
    """Mean squared error of the values in 256 levels over `held`, infinite for a range of nothing.

    slope: what errors of negative values are multiplied by first.
    """
    step = (held.high - held.low) / U8_STEPS
    if step <= 0:
        return 0.0 if seen.low == seen.high == 0 else np.inf
    below = round(-held.low / step)
    return _error(seen, step, -below, U8_STEPS - below, slope)


def s8_error(seen: Histogram, limit: float, slope: float = 1.0) -> float:
    """The same in 127 levels on each side of zero."""
    return _error(seen, limit / S8_STEPS, -S8_STEPS, S8_STEPS, slope)


def _error(seen: Histogram, step: float, first: int, last: int, slope: float) -> float:
    """Values are taken to be spread evenly within a bin; then the integral of the squared error is a closed form."""
    used = np.flatnonzero(seen.counts)
    if not len(used):
        return 0.0
    side = len(seen.counts) // 2
    width = seen.limit / side
    begin = (used - side).astype(np.float64) * (width / step)
    errors: F64 = _integral(begin + width / step, first, last) - _integral(begin, first, last)
    weights = seen.counts[used] * np.where(used < side, slope * slope, 1.0)
    return float(np.dot(weights, errors)) * step**3 / width / seen.total


def _integral(at: F64, first: int, last: int) -> F64:
    """Of the squared distance to the nearest whole number within first..last, from 0 to `at`."""
    inside = np.clip(at, first, last)
    whole = np.rint(inside)
    return np.asarray(whole / 12 + (inside - whole) ** 3 / 3 + (at - inside) ** 3 / 3, np.float64)


def _folded(counts: I64) -> I64:
    """Counts of magnitudes."""
    return np.asarray(counts[SIDE_BINS:] + counts[:SIDE_BINS][::-1], np.int64)


_ENTROPY_BINS = 2048
_ENTROPY_STEP = 8


def _least_divergence(magnitudes: I64) -> float:
    """Where to cut, in bins."""
    used = int(np.flatnonzero(magnitudes)[-1]) + 1 if magnitudes.any() else 1
    group = -(-used // _ENTROPY_BINS)
    bins = np.add.reduceat(magnitudes[:used], np.arange(0, used, group)).astype(np.float64)
    best, best_divergence = len(bins), np.inf
    for end in range(len(bins), S8_STEPS, -_ENTROPY_STEP):
        divergence = _divergence(bins, end)
        if divergence < best_divergence:
            best, best_divergence = end, divergence
    return float(best * group)


def _divergence(bins: F64, end: int) -> float:
    kept = bins[:end]
    reference = kept.copy()
    reference[-1] += bins[end:].sum()
    level = np.arange(end) * (S8_STEPS + 1) // end
    held = kept > 0
    filled = np.bincount(level, held)
    mean = np.bincount(level, kept) / np.maximum(filled, 1)
    quantised = np.where(held, mean[level], 0.0)
    there = reference > 0
    if np.any(quantised[there] == 0):
        return np.inf
    p, q = reference[there] / reference.sum(), quantised[there] / quantised.sum()
    return float(np.sum(p * np.log(p / q)))
