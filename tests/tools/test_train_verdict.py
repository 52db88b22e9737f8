"""The training of the verdict: weights with the right sign, and the same false accepts in grammars of any size."""

from dataclasses import replace

import numpy as np
import pytest

from kitt.ears.judge import Evidence, Limits

pytest.importorskip("torch")

from tools.train_speech.verdict import AN_HOUR, curve, fitted
from tools.train_speech.verdict_material import Case, Cases, _edits


def evidence(fit: float, states: int, rng: np.random.Generator, phones: int) -> Evidence:
    margin = float(rng.uniform(0, 4) + max(0.0, 3 + fit))
    word = fit - float(rng.uniform(0, 3))
    doubt, beside = float(rng.uniform(0, 1) - fit / 3), float(rng.uniform(0, 0.3) - fit / 8)
    return Evidence("text", "A", fit, "text", word, None, margin, phones, states, doubt, min(beside, Limits.beside))


def heard(hours: float, seed: int = 0) -> Cases:
    """Strangers fit by chance: the better, the more states, and seldom a long sentence."""
    rng = np.random.default_rng(seed)
    out = Cases([], {})
    for states in (30, 300, 3000):
        name = f"{states} states"
        out.hours[name] = hours
        for _ in range(round(hours * 600)):
            fit = float(rng.normal(-7.0 + np.log10(states), 1.0))
            out.cases.append(Case(name, False, evidence(fit, states, rng, int(rng.integers(2, 9)))))
        for _ in range(300):
            out.cases.append(
                Case(name, True, evidence(-float(rng.gamma(1.5, 0.7)), states, rng, int(rng.integers(4, 20))))
            )
    return out


def test_each_measure_speaks_the_way_it_must() -> None:
    values = fitted(heard(1.0))
    weights = values["weights"]
    assert weights["fit"] > 0 > weights["grammar"]
    assert values["needed_a_decade"] + 0 > weights["grammar"]
    assert values["addressed"] > 0
    assert (values["right"], values["wrong"]) == (900, 1800)
    assert fitted(heard(1.0)) == values, "the same material gives the same verdict"


def test_false_accepts_are_about_as_many_as_asked_for_in_any_size() -> None:
    found = heard(2.0)
    lines = curve(found, fitted(found), (0,))
    rates = [float(line.split("+0: ")[1].split(" /")[0]) for line in lines[1:]]
    assert len(rates) == 3
    assert all(AN_HOUR / 3 < rate < AN_HOUR * 3 for rate in rates)


def test_the_curve_falls() -> None:
    found = heard(1.0)
    first = curve(found, fitted(found), (-2, 0, 2))[1]
    rates = [float(cell.split(": ")[1].split(" /")[0]) for cell in first.split("   ")[1:]]
    assert rates == sorted(rates, reverse=True)


def test_material_that_teaches_the_wrong_way_is_refused() -> None:
    found = heard(1.0)
    turned = Cases([replace(c, right=not c.right) for c in found.cases], found.hours)
    with pytest.raises(SystemExit, match="wrong sign"):
        fitted(turned)


@pytest.mark.parametrize(("part", "edits"), [((1, 2), 0), ((1, 9), 1), ((7, 8, 9), 3), ((3,), 0), ((), 0)])
def test_a_sentence_is_looked_for_within_what_was_said(part: tuple[int, ...], edits: int) -> None:
    assert _edits(part, (5, 1, 2, 3), within=True) == edits


@pytest.mark.parametrize(("part", "edits"), [((1, 2), 2), ((5, 1, 9, 3), 1), ((), 4)])
def test_a_sentence_is_compared_with_all_that_was_said(part: tuple[int, ...], edits: int) -> None:
    assert _edits(part, (5, 1, 2, 3), within=False) == edits
