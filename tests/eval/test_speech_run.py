"""Playing sets to an engine and counting what comes back, with engines that hear what they are told to."""

import math

import pytest

from kitt.eval.speech_engine import answer_of, best_of
from kitt.eval.speech_metrics import REJECTED, RIGHT, WRONG
from kitt.eval.speech_mix import CLEAN, Condition, load_noises
from kitt.eval.speech_run import AUTO, KNOWN, conditions, figures, judge, row_of, run_set
from kitt.eval.speech_sets import Clip, read
from kitt.types import Candidate, Heard
from tests.eval.speech_fakes import answer, scripted, tone, write_noises, write_pico, write_rows, write_wav


def clip(intent="Go", **slots):
    return Clip("x.wav", "", "en", intent, slots)


def test_the_most_confident_accepted_utterance_counts():
    low, high = answer("Stop", confidence=0.4), answer("Go", confidence=0.8)
    assert judge(clip("Go"), [low, high]) == (RIGHT, high)
    assert judge(clip("Stop"), [low, high]) == (WRONG, high)
    refused = answer("Go", confidence=0.9, accepted=False)
    assert judge(clip("Stop"), [low, refused]) == (RIGHT, low)
    assert judge(clip("Go"), [refused]) == (REJECTED, refused)
    assert judge(clip("Go"), []) == (REJECTED, None)
    assert best_of([]) is None


def test_a_slot_wrong_missing_or_too_many_is_wrong():
    meant = clip("Set", level="3")
    assert judge(meant, [answer("Set", {"level": "3"})])[0] == RIGHT
    assert judge(meant, [answer("Set", {"level": "4"})])[0] == WRONG
    assert judge(meant, [answer("Set")])[0] == WRONG
    assert judge(meant, [answer("Set", {"level": "3", "unit": "c"})])[0] == WRONG


def test_what_the_ears_give_out_becomes_an_answer():
    best, near = Candidate("Set", {"level": 3}, "set three", -0.1), Candidate("Set", {"level": 4}, "set four", -0.2)
    other = Candidate("Go", {}, "go", -0.7)
    heard = Heard(10**9, 2 * 10**9, "en", "Set", {"level": 3}, "set three", 0.9, False, "", n_best=(best, near, other))
    a = answer_of(heard)
    assert (a.intent, a.slots, a.accepted, a.t_start_s, a.t_end_s) == ("Set", {"level": "3"}, True, 1.0, 2.0)
    assert a.score == -0.1
    assert a.margin == pytest.approx(0.6), "against another intent, not another slot"
    assert math.isnan(answer_of(Heard(0, 0, "en", "", {}, "", 0.0, True, "nothing was said")).score)


def test_a_wake_phrase_said_alone_is_no_command():
    alone = answer_of(Heard(0, 0, "en", "", {}, "", 0.0, False, "", "hey kitt", -0.1))
    assert not alone.accepted
    assert judge(clip("Go"), [alone]) == (REJECTED, alone)


def test_every_clip_is_played_under_every_condition(tmp_path):
    write_noises(tmp_path)
    write_pico(tmp_path, {"a": {"size": "large"}, "b": {"size": "small"}})
    engine = scripted(answer("orderDrink", {"size": "large"}))
    speech = read("pico", tmp_path)
    trials = run_set(speech, conditions((12.0,), ("music",)), load_noises(tmp_path), engine)
    assert engine.opened == [(["pico"], "en")]
    assert [(t.condition, t.verdict) for t in trials] == [
        ("clean", RIGHT), ("12 dB", RIGHT), ("6 dB music", RIGHT),
        ("clean", WRONG), ("12 dB", WRONG), ("6 dB music", WRONG),
    ]  # fmt: skip
    found = figures(speech, trials)
    assert [(r["condition"], r["right"], r["clips"], r["wrong"]) for r in found["rows"]] == [
        ("clean", 1, 2, 1), ("12 dB", 1, 2, 1), ("6 dB music", 1, 2, 1)
    ]  # fmt: skip
    assert row_of(trials[0])["answer"]["slots"] == {"size": "large"}


def test_parts_of_a_set_are_counted_apart_as_well(tmp_path):
    rows = [("clean/a.wav", "F01", "fr", "avance"), ("noisy/b.wav", "M01", "fr", "recule")]
    write_rows(tmp_path / "speech_drone_fr", rows)
    speech = read("drone_fr", tmp_path)
    found = figures(speech, run_set(speech, [CLEAN], None, scripted(answer("Forward"))))
    assert {(r["part"], r["right"]) for r in found["rows"]} == {("", 1), ("clean", 1), ("noisy", 0)}
    assert found["rows"][0]["worst_speaker"] == ["M01", 0.0]


def test_words_are_heard_with_the_language_told_and_not_told(tmp_path):
    for folder in ("en_x", "es_y"):
        write_wav(tmp_path / folder / "digits" / "7.wav", tone(0.4))
    speech = read("prompts", tmp_path, tmp_path)
    engine = scripted(answer("Number", {"number": "7"}))
    trials = run_set(speech, [CLEAN], None, engine, modes=(KNOWN, AUTO))
    both = ["words_en", "words_es"]
    assert engine.opened == [(["words_en"], "en"), (["words_es"], "es"), (both, "auto"), (both, "auto")]
    assert [(t.language, t.mode, t.verdict) for t in trials] == [
        ("en", KNOWN, RIGHT), ("es", KNOWN, RIGHT), ("en", AUTO, RIGHT), ("es", AUTO, RIGHT)
    ]  # fmt: skip


def test_conditions_are_named_for_people():
    assert [c.name for c in conditions((24.0, 0.0), ("road",))] == ["clean", "24 dB", "0 dB", "6 dB road"]
    assert Condition(2.5).name == "2.5 dB"
