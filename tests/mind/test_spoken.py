"""A small fixed part of the spoken suite: the first conversations of each language's chosen third, in kept voices."""

import numpy as np
import pytest

from kitt.ears.engine import Networks
from kitt.eval import speech_sets
from tests.mind import spoken_voices
from tests.mind.spoken_suite import Way, chosen, run

pytestmark = pytest.mark.weights

FEW = 2
FLOOR = {"en": 10, "fr": 8, "es": 8}
"""Right turns of the first two conversations, of 11, 10 and 10; one or two fewer than were reached."""


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks.load()


@pytest.mark.parametrize("language", FLOOR)
def test_spoken_conversations_are_heard_and_answered(language, networks):
    if lacks := spoken_voices.missing("kept"):
        pytest.skip(lacks)
    rows = run(language, Way(voices="kept"), networks, few=FEW)
    wrong = [f"{r.conversation} {r.turn} '{r.said}': {r.fault}; heard {r.heard}" for r in rows if r.fault]
    assert len(rows) - len(wrong) >= FLOOR[language], "\n".join(wrong)


def test_a_third_is_chosen_by_its_place_alone():
    thirds = [[turn["conversation"] for k in (1, 2, 3) for c in chosen(one, k) for turn in c] for one in FLOOR]
    assert sum(map(len, thirds)) == 345
    assert sum(len(c) for one in FLOOR for c in chosen(one)) == 121
    assert [chosen(one)[0][0]["conversation"] for one in FLOOR] == ["en crossing", "fr carrefour", "es cruce"]


def test_no_voice_trained_the_ears():
    kept = speech_sets.kept()["voices"]
    names = [spoken_voices.draw("kept", one, str(k)).name for one in FLOOR for k in range(40)]
    assert {name.split("+")[-1] for name in names} <= {*kept["espeak_variants"], *kept["flite"]}


@pytest.mark.parametrize("family", spoken_voices.FAMILIES)
def test_a_voice_says_the_same_each_time(family):
    if lacks := spoken_voices.missing(family):
        pytest.skip(lacks)
    voice = spoken_voices.draw(family, "fr", "a driver")
    assert np.array_equal(
        spoken_voices.say(voice, "quelle heure est-il"), spoken_voices.say(voice, "quelle heure est-il")
    )
