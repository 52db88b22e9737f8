"""When the sentence that fits best is taken, and what is said when it is not."""

import json
import math
from dataclasses import replace
from pathlib import Path as File

import pytest

from kitt.ears.decoder import Path, Word
from kitt.ears.judge import (
    FULL_STATES,
    MEASURES,
    OPEN,
    VERDICT,
    Evidence,
    Limits,
    Verdict,
    confidence,
    refusal,
    shipped_verdict,
)
from kitt.errors import KittError

NOTHING_WEIGHS = dict.fromkeys(MEASURES, 0.0)
BY_FIT = Verdict(bias=1.0, weights={**NOTHING_WEIGHS, "fit": 2.0}, needed=-3.0, needed_a_decade=1.0, addressed=2.0)
"""Needs a fit of -2 a phone in a grammar of one state, of -1.5 in one of ten."""
LIMITS = Limits(BY_FIT, margin=0.5)


def path(
    score: float,
    phones: int = 10,
    intent: str = "A",
    words: tuple[float, ...] = (-0.1,),
    doubt: float = 0,
    beside: float = 0,
) -> Path:
    said = tuple(Word(f"w{i}", i, i, s) for i, s in enumerate(words))
    return Path(intent, said, score, phones, doubt, beside)


def test_the_evidence_is_of_the_path_and_its_nearest_rival() -> None:
    rivals = [path(-4.0), path(-6.0, intent="B"), path(-5.0, intent="C")]
    e = Evidence.of(path(-3.0, words=(-0.1, -2.0), doubt=5.0), rivals, 100)
    assert (e.fit, e.word, e.word_score, e.margin, e.phones, e.states, e.doubt) == (-0.3, "w1", -2.0, 2.0, 10, 100, 0.5)
    assert e.rival is rivals[2], "the intent twice is no rival: it may stand in several grammars"
    assert Evidence.of(path(-3.0), [], 100).margin == math.inf


@pytest.mark.parametrize("worst", [path(-1e6, 1, words=(-1e6,), doubt=1e6), path(0.0, 1000), Path("A", (), 0.0, 0)])
def test_no_measure_is_without_bounds(worst: Path) -> None:
    evidence = Evidence.of(worst, [path(0.0, intent="B")], 0)
    assert all(abs(measure(evidence)) <= 400 for measure in MEASURES.values())


def test_measures_are_weighed_and_compared_with_what_is_needed() -> None:
    assert refusal(path(-20.0), [], LIMITS, 1) == ""
    assert refusal(path(-21.0, words=(-0.1, -4.0), doubt=3.0), [path(-25.0, intent="B")], LIMITS, 1) == (
        "not in the grammar: 'w0 w1' has log odds -3.20, below -3.00: fits at -2.10 a phone over 10 phones, "
        "worst word 'w1' -4.00, doubt 0.30, 0.0 phones beside it, 4.00 ahead of 'w0'"
    )


def test_a_large_grammar_asks_for_more() -> None:
    assert refusal(path(-15.0), [], LIMITS, 10) == ""
    assert refusal(path(-15.0), [], LIMITS, 11) != ""


def test_after_a_wake_phrase_less_is_asked_for() -> None:
    assert refusal(path(-30.0), [], LIMITS, 1) != ""
    assert refusal(path(-30.0), [], LIMITS, 1, addressed=True) == ""


def test_a_verdict_can_be_stricter() -> None:
    assert refusal(path(-20.0), [], replace(LIMITS, strictness=0.1), 1) != ""
    assert refusal(path(-20.5), [], replace(LIMITS, strictness=-1.0), 1) == ""


@pytest.mark.parametrize(
    ("best", "rivals", "reason"),
    [
        (path(-6.1), [], "not in the grammar: 'w0' fits at -0.61 a phone, below -0.60"),
        (path(-3.0, words=(-0.1, -2.6)), [], "not in the grammar: 'w1' was not heard (-2.60 a phone, below -2.50)"),
        (path(0.0, beside=1.6), [], "not in the grammar: more was said than 'w0': 1.6 phones, above 1.5"),
        (path(-3.0, beside=1.4), [path(-3.5, intent="B")], ""),
        (path(-3.0), [path(-3.4, intent="B")], "unclear: 'w0' (A) or 'w0' (B), 0.40 apart, below 0.50"),
    ],
)
@pytest.mark.parametrize("verdict", [None, BY_FIT])
def test_limits_beside_the_verdict_have_reasons(
    best: Path, rivals: list[Path], reason: str, verdict: Verdict | None
) -> None:
    assert refusal(best, rivals, Limits(verdict, phone=-0.6, word=-2.5, margin=0.5), 1) == reason


def test_open_limits_take_everything() -> None:
    assert refusal(path(-1000.0, words=(-50.0,), beside=50.0), [path(-1000.0, intent="B")], OPEN) == ""


def test_confidence_falls_with_the_fit() -> None:
    assert confidence(path(-5.0), [], 1, BY_FIT) == pytest.approx(0.5)
    assert 0 <= confidence(path(-1e6), [path(0.0)]) < confidence(path(-25.0), []) < confidence(path(0.0), []) <= 1
    assert confidence(path(0.0), [path(0.0, intent="B")]) < confidence(path(0.0), [path(-5.0, intent="B")])


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (path(-3.0), path(-20.0)),
        (path(-3.0), path(-3.0, words=(-0.1, -9.0))),
        (path(-20.0, phones=20), path(-5.0, phones=5)),
        (path(-3.0), path(-3.0, doubt=30.0)),
        (path(-3.0), path(-3.0, beside=1.0)),
    ],
)
def test_the_shipped_verdict_prefers(more: Path, less: Path) -> None:
    assert confidence(more, []) > confidence(less, [])


def test_the_shipped_verdict_rejects_more_in_the_car_grammar_than_in_a_small_one() -> None:
    verdict = shipped_verdict()
    best = next(path(-p / 10) for p in range(1000) if refusal(path(-p / 10), [], Limits(), FULL_STATES))
    assert refusal(best, [], Limits(), FULL_STATES // 100) == ""
    assert refusal(best, [], Limits(strictness=-verdict.addressed), FULL_STATES) == ""
    assert refusal(path(-100.0, words=(-10.0,), doubt=30.0), [], Limits(), FULL_STATES).startswith("not in the grammar")


def test_a_damaged_verdict_is_told(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitt.ears.judge.checked", lambda folder, name: folder / name)
    (tmp_path / VERDICT).write_text(json.dumps({"weights": {}}))
    with pytest.raises(KittError, match=f"{VERDICT}: damaged: KeyError: 'fit'; install kitt anew"):
        Verdict.load(tmp_path)
