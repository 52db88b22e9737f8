"""Stage five: the weights of the verdict (kitt/ears/judge.py), by logistic regression, and its operating point.

Only training voices and people of the training teach it. The operating point asks for the same false accepts an hour in
grammars of any size; `curve` prints what each choice costs.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from kitt.ears.acoustic import MANIFEST, SecondPass
from kitt.ears.judge import MEASURES, VERDICT, Limits, Verdict
from tools.train_speech import verdict_material
from tools.train_speech.corpus import save_text
from tools.train_speech.verdict_material import Cases

F64 = NDArray[np.float64]
AN_HOUR = 50.0
"""False accepts in an hour of the training's strangers, which are nothing but single words and command-like sentences
back to back. At less, the development sets lose right commands faster than wrong ones (docs/speech.md)."""
ADDRESSED_AN_HOUR = 200.0
"""The same where a wake phrase went before: whoever said it is about to give a command."""
SIZES = (1, 60, 300, 1200, 4000, 100_000)
"""States of the grammars between which the operating point is looked for, before a line is laid through."""
RIGHT_SIGN = {
    "fit": 1, "fit_by_length": 1, "length": 1, "margin": 1, "worst_word": 1, "doubt": -1, "grammar": -1, "beside": -1,
}  # fmt: skip
SMALLEST_WEIGHT = 1e-3
"""Of the L2 penalty, on measures brought to a variance of one."""


def fit_verdict(work: Path, data: Path, target: Path, seed: int) -> None:
    """Make the material where `work` has none, fit, and write ears-verdict.json and its digest in the manifest."""
    if not (work / "verdict.jsonl").is_file():
        verdict_material.write(work, data, seed)
    found = verdict_material.cases(work, SecondPass.load(folder=target), seed)
    values = fitted(found)
    print("\n".join(curve(found, values)), flush=True)
    path = target / VERDICT
    save_text(path, json.dumps(values, indent=1) + "\n")
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    manifest["sha256"][VERDICT] = hashlib.sha256(path.read_bytes()).hexdigest()
    save_text(target / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def fitted(found: Cases) -> dict[str, object]:
    """The verdict as it is stored. Right and wrong sentences weigh the same in all; those with more beside them than
    the limit lets pass are left out, since they never come before it.

    Raises SystemExit where a measure speaks the wrong way, which means that the material is broken.
    """
    found = Cases([c for c in found.cases if c.evidence.beside <= Limits.beside], found.hours)
    measures, right = _table(found)
    bias, weights = _logistic(measures, right)
    for name, weight in zip(MEASURES, weights, strict=True):
        if weight * RIGHT_SIGN[name] < 0:
            raise SystemExit(f"train_speech: the verdict's weight of '{name}' came out as {weight:.2f}: wrong sign")
    odds = bias + measures @ weights
    needed, a_decade = _line(found, odds, AN_HOUR)
    lenient = needed - _line(found, odds, ADDRESSED_AN_HOUR, a_decade)[0]
    return {
        "bias": round(bias, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(MEASURES, weights, strict=True)},
        "needed": round(needed, 3),
        "needed_a_decade": round(a_decade, 3),
        "addressed": round(lenient, 3),
        "right": int(right.sum()),
        "wrong": int((~right).sum()),
    }


def curve(found: Cases, values: dict[str, object], steps: tuple[float, ...] = (-2, -1, 0, 1, 2, 3)) -> list[str]:
    """Lines: for each strictness the false accepts an hour and the right commands lost, by the size of the grammar."""
    verdict = Verdict.of(values)
    right, wrong_here = np.array([c.right for c in found.cases]), _strangers(found)
    above = np.array([verdict.odds(c.evidence) - verdict.required(c.evidence.states, False) for c in found.cases])
    out = ["strictness: false accepts an hour of strangers / right commands lost, %"]
    for low, high, inside, hours in _bins(found):
        wrong, taken = above[inside & wrong_here], above[inside & right]
        cells = [f"{s:+g}: {(wrong >= s).sum() / hours:.1f} / {100 * (taken < s).mean():.1f}" for s in steps]
        out.append(f"  {low} to {high} states, {hours:.2f} h   " + "   ".join(cells))
    return out


def _table(found: Cases) -> tuple[F64, NDArray[np.bool_]]:
    rows = [[measure(c.evidence) for measure in MEASURES.values()] for c in found.cases]
    return np.array(rows, np.float64), np.array([c.right for c in found.cases])


def _logistic(measures: F64, right: NDArray[np.bool_]) -> tuple[float, F64]:
    """Bias and weights (n,) by L-BFGS; exact for so small a problem, so that no seed is needed."""
    mean, spread = measures.mean(0), measures.std(0) + 1e-9
    x, y = torch.tensor((measures - mean) / spread), torch.tensor(right, dtype=torch.float64)
    balance = torch.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    w = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        each = torch.nn.functional.binary_cross_entropy_with_logits(x @ w[1:] + w[0], y, reduction="none")
        value = (each * balance).mean() + SMALLEST_WEIGHT * (w[1:] ** 2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    solved = w.detach().numpy()
    weights = solved[1:] / spread
    return float(solved[0] - (weights * mean).sum()), weights


def _bins(found: Cases) -> list[tuple[int, int, NDArray[np.bool_], float]]:
    """(states from, to, which cases, hours of strangers) for each size that there is."""
    states = np.array([c.evidence.states for c in found.cases])
    names = np.array([c.grammar for c in found.cases])
    out = []
    for low, high in pairwise(SIZES):
        inside = (states >= low) & (states < high)
        hours = sum(found.hours[n] for n in set(names[inside]))
        if hours > 0:
            out.append((low, high, inside, hours))
    return out


def _strangers(found: Cases) -> NDArray[np.bool_]:
    """Which cases the verdict keeps from being false accepts of an hour."""
    return np.array([not c.right and c.stranger and c.evidence.beside <= Limits.beside for c in found.cases])


def _line(found: Cases, odds: F64, an_hour: float, slope: float | None = None) -> tuple[float, float]:
    """Odds needed for so many false accepts an hour: in one state, and more for each ten times as many states."""
    states = np.log10([c.evidence.states for c in found.cases])
    sizes, limits, hours = [], [], []
    wrong_here = _strangers(found)
    for _, _, inside, length in _bins(found):
        wrong = np.sort(odds[inside & wrong_here])[::-1]
        if len(wrong):
            sizes.append(float(states[inside].mean()))
            limits.append(float(wrong[min(len(wrong) - 1, round(an_hour * length))]))
            hours.append(length)
    x, y, w = np.array(sizes), np.array(limits), np.array(hours)
    if slope is None:
        slope = float(np.polyfit(x, y, 1, w=np.sqrt(w))[0]) if len(x) > 1 else 0.0
    return float(np.average(y - slope * x, weights=w)), slope
