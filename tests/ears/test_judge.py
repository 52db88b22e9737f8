"""When the sentence that fits best is taken, and what is said when it is not."""

import pytest

from kitt.ears.decoder import Path, Word
from kitt.ears.judge import FULL_STATES, OPEN, Limits, confidence, refusal

LIMITS = Limits(phone=-0.6, a_decade=0.9, short=0.25, word=-2.5, margin=0.5)


def path(score: float, phones: int = 10, intent: str = "A", words: tuple[float, ...] = (-0.1,)) -> Path:
    said = tuple(Word(f"w{i}", i, i, s) for i, s in enumerate(words))
    return Path(intent, said, score, phones)


@pytest.mark.parametrize(
    ("best", "rivals", "reason"),
    [
        (path(-5.9), [], ""),
        (path(-6.1), [], "not in the grammar: 'w0' fits at -0.61 a phone, below -0.60"),
        (path(-1.7, phones=5), [], ""),
        (path(-1.8, phones=5), [], "not in the grammar: 'w0' fits at -0.36 a phone, below -0.35"),
        (path(-3.0, words=(-0.1, -2.6)), [], "not in the grammar: 'w1' was not heard (-2.60 a phone, below -2.50)"),
        (path(-3.0), [path(-3.5, intent="B")], ""),
        (path(-3.0), [path(-3.4, intent="B")], "unclear: 'w0' (A) or 'w0' (B), 0.40 apart, below 0.50"),
    ],
)
def test_each_limit_has_its_reason(best: Path, rivals: list[Path], reason: str) -> None:
    assert refusal(best, rivals, LIMITS) == reason


def test_a_small_grammar_asks_for_less() -> None:
    assert LIMITS.needed(10, FULL_STATES) == LIMITS.needed(10, 10 * FULL_STATES) == pytest.approx(-0.6)
    assert LIMITS.needed(10, FULL_STATES // 100) == pytest.approx(-2.4)
    assert refusal(path(-20.0), [], LIMITS, FULL_STATES // 100) == ""
    assert refusal(path(-20.0), [], LIMITS, FULL_STATES) != ""


def test_open_limits_take_everything() -> None:
    assert refusal(path(-1000.0, words=(-50.0,)), [path(-1000.0)], OPEN) == ""


def test_the_intent_twice_is_no_rival() -> None:
    assert refusal(path(-3.0), [path(-3.1)], LIMITS) == ""


def test_confidence_falls_with_the_fit_and_with_rivals() -> None:
    perfect, worse = path(0.0), path(-5.0)
    assert confidence(perfect, []) > 0.99
    assert confidence(path(-25.0), []) == pytest.approx(0.5)
    assert 0 < confidence(worse, []) < confidence(perfect, [])
    assert confidence(perfect, [path(0.0, intent="B")]) == pytest.approx(0.5, abs=0.01)
    assert confidence(perfect, [path(-1.0, intent="B")]) > confidence(perfect, [path(-0.5, intent="B")])
    assert 0 <= confidence(path(-1e6), [path(0.0)]) <= 1
