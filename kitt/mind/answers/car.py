"""Answers about the car and the camera: speed, limit, whether there is a picture."""

from __future__ import annotations

import math
from dataclasses import replace

from kitt.mind.answers import phrases
from kitt.mind.answers.question import NO_FRAME, Answer, Question, Value
from kitt.mind.answers.rounding import down

STANDING_MPS = 0.3


def speed(q: Question) -> Answer:
    words, mps = q.words, q.view.speed_mps
    if mps is None and q.view.signals.speed_mps is not None:
        return _of_speed(q, "speed_stale", {"silent_s": q.view.silent_s})
    if mps is None or not math.isfinite(mps):
        return _of_speed(q, "speed_unknown", {})
    values: dict[str, Value] = {"speed_mps": mps}
    n = round(abs(mps) * words.per_mps)
    if abs(mps) < STANDING_MPS or n == 0:
        return _of_speed(q, "standing", values)
    values.update({"said": n, "said_unit": words.speed_unit})
    form = "speed" if mps > 0 else "speed_back"
    return _of_speed(q, form, values, amount=words.amount(n, words.speed_unit))


def speed_limit(q: Question) -> Answer:
    return _of_speed(q, "speed_limit", {})


def health(q: Question) -> Answer:
    age_s = down(q.view.silent_s, 10.0)
    values: dict[str, Value] = {"silent_s": q.view.silent_s, "said": age_s}
    return q.answer(q.words.fill("say.healthy", age=q.words.decimal(age_s, "second")), values, topic="camera")


def lost(q: Question) -> Answer:
    """The answer to whatever is about now, while there is no picture of now."""
    words, silent_s = q.words, q.view.silent_s
    if not math.isfinite(silent_s):
        return q.answer(words.fill("say.lost"), {}, topic="camera")
    ago, values = phrases.ago(words, silent_s, "silent")
    return q.answer(words.fill("say.lost_since", ago=ago), values, topic="camera")


def and_lost(q: Question, answer: Answer) -> Answer:
    """An answer about what was, with the word that nothing is seen now."""
    if answer.topic == "camera":
        return answer
    blind = lost(q)
    return replace(answer, text=f"{answer.text} {blind.text}", values={**blind.values, **answer.values})


def _of_speed(q: Question, form: str, values: dict[str, Value], **parts: str) -> Answer:
    return q.answer(q.words.fill(f"say.{form}", **parts), values, topic="speed", frame=NO_FRAME)
