"""False accepts: speech that is no command, and what is made of it."""

import random

import numpy as np
import pytest

from kitt.ears.grammar import Grammar
from kitt.eval import speech_voices, speech_wake
from kitt.eval.speech_false import SMALL, Event, commands_of, figures, listen_to
from kitt.eval.speech_metrics import poisson_upper
from kitt.eval.speech_mix import RATE_HZ, Noises
from kitt.eval.speech_negatives import Block, Said, human, human_blocks, noise_blocks, sentences, synthetic_blocks
from kitt.eval.speech_sets import kept
from tests.eval.speech_fakes import answer, scripted, tone, write_rows


def never(text, language):
    return False


@pytest.fixture
def data(tmp_path):
    held = kept()["speakers"]
    for language, folder in (("en", "speech_cv61_en"), ("fr", "speech_cv61_fr"), ("es", "speech_cv61_es")):
        speaker = held[folder][0]
        write_rows(
            tmp_path / folder,
            [("a.wav", speaker, language, "a sentence"), ("b.wav", speaker, language, "turbo boost"),
             ("c.wav", "trained on", language, "another one")],
        )  # fmt: skip
    return tmp_path


def test_only_recordings_that_train_nothing_are_played(data):
    assert {(r.source, r.path.name) for r in human(data)} == {
        (f"speech_cv61_{one}", file) for one in ("en", "fr", "es") for file in ("a.wav", "b.wav")
    }


def test_a_set_is_no_negative_where_its_commands_are_asked_for(data):
    assert {r.source for r in human(data, never=("speech_cv61_en",))} == {"speech_cv61_fr", "speech_cv61_es"}


def test_sentences_of_the_grammar_are_not_played(data):
    is_command = commands_of({language: Grammar.load(path) for language, path in SMALL.items()})
    assert is_command("Turbo boost!", "en")
    assert not is_command("turbo", "en")
    assert not is_command("", "en")
    assert not is_command("turbo boost", "de")
    assert not is_command("ТУРБО", "en")
    said = [s.text for block in human_blocks(human(data), is_command) for s in block.said]
    assert said == ["a sentence"] * 3


def test_blocks_know_what_is_said_when(data):
    first, *_ = human_blocks(human(data), never)
    assert first.source == "speech_cv61_en"
    assert len(first.said) == 2
    assert first.said[1].begin_s == pytest.approx(first.said[0].end_s)
    assert first.said[1].end_s == pytest.approx(len(first.samples) / RATE_HZ)
    assert first.text_at(first.said[1].begin_s + 0.5) == first.said[1].text
    assert first.hours == pytest.approx(first.said[1].end_s / 3600)


def test_so_many_hours_are_shared_by_the_sets(data):
    blocks = list(human_blocks(human(data), never, hours=3 * 1.0 / 3600))
    assert [b.source for b in blocks] == ["speech_cv61_en", "speech_cv61_fr", "speech_cv61_es"]
    assert all(len(b.said) == 1 for b in blocks)


def test_events_hours_and_what_had_nearly_been_said():
    blocks = [
        Block("people", "en", np.zeros(RATE_HZ * 1800, np.float32), (Said(0.0, 2.0, "please open the windows now"),)),
        Block("noise: road", "en", np.zeros(RATE_HZ * 1800, np.float32)),
    ]
    engine = scripted(
        answer("WindowsDown", text="open my windows"), answer("Boost", text="turbo boost", t_s=9.0),
        answer("Now", text="windows now"), answer("Stop", text="stop talking", accepted=False),
    )  # fmt: skip
    watch = listen_to("small", blocks, {"en": [SMALL["en"]]}, engine)
    assert engine.opened == [(["small_en"], "en")], "one engine for all blocks of a language"
    found = figures(watch)
    assert found["speech"] == {
        "events": 2, "near": 1, "said": 1, "hours": 0.5, "per_hour": 4.0, "per_hour_at_most": poisson_upper(2, 0.5)
    }  # fmt: skip
    assert (found["noise"]["events"], found["noise"]["hours"]) == (3, 0.5)
    assert found["all"]["events"] == 5
    assert found["all"]["hours"] == 1.0
    assert [r["source"] for r in found["rows"]] == ["people", "noise: road"]
    assert len(watch.events) == 8
    assert watch.events[0].said == "please open the windows now"
    assert watch.events[1].said == ""


@pytest.mark.parametrize(
    ("said", "heard", "kind"),
    [
        ("Okay, for what time and day?", "okay", "said"),
        ("play next song", "next song", "said"),
        ("turn off the closet light", "turn off the cabin light", "near"),
        ("reply", "decline", "wrong"),
        ("", "no", "wrong"),
        ("ТУРБО", "turbo", "wrong"),
    ],
)
def test_a_command_that_was_said_is_no_false_accept(said, heard, kind):
    assert Event("car", "people", "en", said, answer("X", text=heard)).kind == kind


def test_noise_is_played_as_it_is():
    (block,) = noise_blocks(Noises({"road": np.ones(RATE_HZ, np.float32)}))
    assert (block.source, block.said, len(block.samples)) == ("noise: road", (), RATE_HZ)


def test_voices_are_those_kept_for_tests_and_no_others(monkeypatch):
    named = kept()["voices"]
    for i in range(60):
        for language in ("en", "fr", "es"):
            voice = speech_voices.draw(language, np.random.default_rng(i))
            kind = named["flite"] if voice.program == "flite" else named["espeak_variants"]
            assert voice.name.split("+")[-1] in kind


def test_trainer_and_tests_share_no_voice():
    from tools.train_speech import voices

    named = kept()["voices"]
    drawn = [voices.draw(one, random.Random(i), named) for i in range(300) for one in ("en", "fr", "es")]
    used = {v.name.split("+")[-1] for v in drawn}
    assert not used & {*named["espeak_variants"], *named["flite"]}


def test_synthetic_speech_goes_on_until_the_hours_are_full(data, monkeypatch):
    texts = []

    def say(voice, text):
        texts.append(text)
        return tone(1.0)

    monkeypatch.setattr(speech_voices, "say", say)
    blocks = list(synthetic_blocks(sentences(data), 0.1, lambda text, _: text == "turbo boost"))
    hours = {one: sum(b.hours for b in blocks if b.language == one) for one in ("en", "fr", "es")}
    assert hours == pytest.approx({"en": 0.05, "fr": 0.025, "es": 0.025}, abs=0.001)
    assert set(texts) == {"a sentence"}


def test_wake_phrases_are_not_looked_for_where_they_are_said():
    test = speech_wake.WakeTest("hey computer", ("hey computer",), "en", [("clean", tone(0.5))])
    blocks = [
        Block("a", "en", tone(1.0), (Said(0, 1, "a computer shop"),)),
        Block("b", "en", tone(1.0), (Said(0, 1, "a shop"),)),
        Block("c", "es", tone(1.0), (Said(0, 1, "una tienda"),)),
    ]
    (found,) = speech_wake.run_wake([test], blocks, lambda phrases, language: lambda samples: [-0.4])
    assert found.negatives == [-0.4]
    assert found.positives == {"clean": [-0.4]}
    assert found.hours == pytest.approx(blocks[1].hours)


def test_misses_are_counted_at_the_threshold_of_each_rate():
    found = speech_wake.WakeFigures("x", "en", False, {"clean": [0.9, 0.5, -np.inf]}, [0.4, 0.6, 0.2], [60.0] * 4)
    assert found.misses("clean", 0.5).k == 1, "two of three negatives may pass: the threshold is 0.2"
    assert found.misses("clean", 0.1).k == 2, "none may pass: the threshold is 0.6"
    rows = speech_wake.figures(found)["rows"]
    assert [m["allowed_events"] for m in rows[0]["misses"]] == [2, 0]
    rates = [rate for _, _, rate in rows[0]["curve"]]
    assert rates == sorted(rates, reverse=True)


def test_a_phrase_that_people_say_is_no_speech_without_it(data, monkeypatch):
    monkeypatch.setattr(speech_voices, "say", lambda *_: tone(1.0))
    monkeypatch.setattr(speech_wake.speech_negatives, "read_sound", lambda path: tone(1.0))
    folder = data / "speech_precise" / "heycomputer" / "es"
    folder.mkdir(parents=True)
    (folder / "x.wav").touch()
    blocks = [b for b in speech_wake.negatives(data, None, 0.001) if b.source == "speech_precise"]
    test = speech_wake.WakeTest("ey ordenador", ("ey ordenador",), "es", [])
    assert blocks
    assert all(speech_wake.holds(test, block) for block in blocks)
