"""The drive's sound through the ears: in lock-step, on the records' time, and never silent about what is not heard."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from kitt.config import EarsConfig
from kitt.drive.records import AUDIO_TOPIC, SPEED_TOPIC, Sound, Speed
from kitt.ears.engine import Networks
from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from kitt.runtime.hearing import SILENCE, Hearing, Sounded
from kitt.types import F32, Heard
from tests.ears.coded import networks, silence, speech

START_NS = 1_700_000_000_000_000_000
SECOND = 16_000
GRAMMAR = """
language: en
intents:
  LightOn:
    data:
      - sentences: ["turn on the lights"]
  Wipers:
    data:
      - sentences: ["start the wipers"]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EarsConfig:
    """Ears with two commands and networks that need no weights."""
    monkeypatch.setattr(Networks, "load", staticmethod(networks))
    path = tmp_path / "mine.yaml"
    path.write_text(GRAMMAR, encoding="utf-8")
    return EarsConfig(language="en", wake="", grammar=str(path))


def hearing_of(config: EarsConfig) -> Hearing:
    tick = count()
    return Hearing(config, lambda: next(tick))


def say(config: EarsConfig, text: str) -> F32:
    grammar = Grammar.load(config.grammar)
    return speech(*(grammar.prons[w][0] for w in text.split()))


def sounds(samples: F32, t_ns: int = START_NS, step: int = 1600, topic: str = AUDIO_TOPIC) -> list[Sound]:
    pcm = np.rint(samples * 32_767).astype(np.int16)[:, None]
    return [Sound(t_ns + k * 62_500, topic, SECOND, pcm[k : k + step]) for k in range(0, len(pcm), step)]


def taken(hearing: Hearing, records: list[Sound | Speed]) -> list[tuple[int, Sounded]]:
    ordered = sorted(records, key=lambda r: r.t_ns)
    out = [(r.t_ns, hearing.take(r)) for r in ordered]
    return [*out, (ordered[-1].t_ns, hearing.finish())]


def heard(out: list[tuple[int, Sounded]]) -> list[Heard]:
    return [h for _, sounded in out for h in sounded.heard]


def news(out: list[tuple[int, Sounded]]) -> list[tuple[str, str]]:
    return [t for _, sounded in out for t in sounded.troubles]


def test_a_command_comes_with_the_record_that_ends_it_and_knows_when_it_was_said(config: EarsConfig) -> None:
    track = np.concatenate([silence(SECOND), say(config, "turn on the lights"), silence(2 * SECOND)])
    hearing = hearing_of(config)
    out = taken(hearing, [*sounds(track)])
    (t_ns, sounded), *more = [(t, s) for t, s in out if s.heard]
    assert not more
    (command,) = sounded.heard
    assert (command.intent, command.rejected) == ("LightOn", False)
    assert command.t_start_ns == pytest.approx(START_NS + 1_000_000_000, abs=60_000_000)
    assert 0 < t_ns - command.t_end_ns < 500_000_000
    assert news(out) == []
    report = hearing.describe()
    assert (report["off"], report["topic"]) == ("", AUDIO_TOPIC)
    assert report["sound_s"] == pytest.approx(len(track) / SECOND, abs=1e-3)


def test_the_size_of_the_records_makes_no_difference(config: EarsConfig) -> None:
    track = np.concatenate([say(config, "start the wipers"), silence(SECOND), say(config, "turn on the lights")])
    told = [
        [replace(h, cpu_s=0.0) for h in heard(taken(hearing_of(config), [*sounds(track, step=step)]))]
        for step in (160, 1600, 16_000)
    ]
    assert [h.intent for h in told[0]] == ["Wipers", "LightOn"]
    assert told[0] == told[1] == told[2]


def test_the_end_of_the_drive_ends_the_utterance(config: EarsConfig) -> None:
    out = taken(hearing_of(config), [*sounds(say(config, "start the wipers"))])
    assert [h.intent for h in out[-1][1].heard] == ["Wipers"]


def test_sound_that_breaks_off_ends_the_utterance_and_what_follows_the_gap_stands_alone(config: EarsConfig) -> None:
    words = say(config, "start the wipers")
    gap_ns = 10_000_000_000
    before = sounds(words)
    after = sounds(np.concatenate([words, silence(SECOND)]), START_NS + gap_ns)
    speeds = [Speed(START_NS + i * 100_000_000, SPEED_TOPIC, 10.0) for i in range(120)]
    out = [(t, s.heard[0]) for t, s in taken(hearing_of(config), [*before, *after, *speeds]) if s.heard]
    assert [h.intent for _, h in out] == ["Wipers", "Wipers"]
    assert 2_000_000_000 < out[0][0] - before[-1].t_ns < 2_300_000_000, "the clock goes on without sound"
    assert out[1][1].t_start_ns == pytest.approx(START_NS + gap_ns, abs=60_000_000)
    # nothing else shows that time goes on
    alone = [h for _, s in taken(hearing_of(config), [*before, *after]) for h in s.heard]
    assert [h.t_start_ns for h in alone] == [h.t_start_ns for _, h in out]


def test_speech_without_the_wake_phrase_is_counted_over_every_gap(config: EarsConfig) -> None:
    words = np.concatenate([say(config, "start the wipers"), silence(SECOND)])
    hearing = hearing_of(replace(config, wake="hey kitt"))
    assert heard(taken(hearing, [*sounds(words), *sounds(words, START_NS + 10_000_000_000)])) == []
    assert hearing.describe()["unaddressed"] == 2


def test_one_topic_is_heard(config: EarsConfig) -> None:
    first = sounds(np.concatenate([say(config, "start the wipers"), silence(SECOND)]))
    other = sounds(np.concatenate([silence(800), say(config, "turn on the lights")]), START_NS + 1, topic="/other")
    assert [h.intent for h in heard(taken(hearing_of(config), [*first, *other]))] == ["Wipers"]


def test_a_rate_that_is_none_is_told_and_skipped(config: EarsConfig) -> None:
    records = sounds(np.concatenate([silence(3200), say(config, "start the wipers"), silence(SECOND)]))
    records[0] = replace(records[0], rate_hz=16)
    out = taken(hearing_of(config), [*records])
    assert [h.intent for h in heard(out)] == ["Wipers"]
    assert [event for event, _ in news(out)] == ["sound_unreadable"]
    assert "16 Hz is outside" in news(out)[0][1]


def test_missing_weights_are_news_of_the_first_sound_and_no_error(
    config: EarsConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    for given in (config, EarsConfig()):
        hearing = hearing_of(given)
        assert hearing.take(Speed(START_NS, SPEED_TOPIC, 1.0)) is SILENCE
        out = taken(hearing, [*sounds(silence(3200))])
        assert heard(out) == []
        assert [event for event, _ in news(out)] == ["ears_off"]
        assert "kitt models pull" in news(out)[0][1]
        assert str(tmp_path) not in news(out)[0][1]
        assert hearing.describe()["off"] == hearing.off != ""


def test_a_drive_without_sound_makes_no_ears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Networks, "load", None)
    hearing = hearing_of(EarsConfig())
    assert taken(hearing, [Speed(START_NS, SPEED_TOPIC, 1.0)]) == [(START_NS, SILENCE)] * 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"grammar": "none.yaml"}, "none.yaml"),
        ({"language": "fr"}, "the grammar is in 'en', the ears hear 'fr'"),
        ({"wake": "kitt \u4f60\u597d"}, "wake"),
    ],
)
def test_settings_that_are_wrong_are_refused_before_the_drive_runs(
    config: EarsConfig, change: dict[str, str], says: str
) -> None:
    with pytest.raises(KittError, match=says) as e:
        hearing_of(replace(config, **change))
    assert "\n" not in str(e.value)


def test_a_grammar_that_is_spoilt_on_the_way_is_told_without_its_folder(config: EarsConfig) -> None:
    hearing = hearing_of(config)
    Path(config.grammar).write_text("language: en\nintents: [", encoding="utf-8")
    out = taken(hearing, [*sounds(silence(3 * SECOND))])
    assert [event for event, _ in news(out)] == ["grammar_unchanged"]
    assert news(out)[0][1].startswith("mine.yaml")
