"""What the mind keeps of a conversation, beside the frozen suite."""

import pytest

from kitt.errors import KittError
from kitt.mind.assistant import Assistant
from kitt.mind.context import Request
from kitt.mind.reading import Reader
from kitt.types import Heard

S = 1_000_000_000
READ = Reader()


def typed(mind, *sentences):
    return [mind.read(sentence, (10 + 6 * i) * S, READ) for i, sentence in enumerate(sentences)]


def test_a_language_is_switched_by_asking_for_it_in_itself():
    mind = Assistant(language="fr")
    (turn,) = typed(mind, "habla español")
    assert (turn.language, turn.said) == ("es", mind.talks["es"].say("language.switched").text)
    (turn,) = typed(mind, "habla español")
    assert turn.said == mind.talks["es"].say("language.already").text


def test_an_unknown_language_is_told():
    with pytest.raises(KittError, match="unknown language 'de'; allowed: en, fr, es"):
        Assistant(language="de")


def test_an_utterance_that_the_ears_rejected_does_nothing():
    mind = Assistant()
    heard = Heard(
        S, 2 * S, "en", "LightsSet", {"state": "on", "light": "headlights"}, "x", 0.1, True, "not in the grammar"
    )
    turn = mind.hear(heard)
    assert (turn.intent, turn.actions) == ("", ())


def test_a_yes_counts_for_a_while_only():
    mind = Assistant(contacts=("Anna Bell",))
    asked = mind.read("call Anna", 10 * S, READ)
    assert asked.asked_back
    late = mind.read("yes", 60 * S, READ)
    assert not late.actions
    mind.read("call Anna", 70 * S, READ)
    (action,) = mind.read("yes", 74 * S, READ).actions
    assert action.confirmed


def test_not_understood_is_said_twice_in_a_row_and_no_more():
    said = [turn.said for turn in typed(Assistant(), "blargh", "fnord blip", "zork", "what do you see", "blargh")]
    assert [bool(text) for text in said] == [True, True, False, True, True]


def test_the_same_drive_and_sentences_give_the_same_turns():
    sentences = ("what do you see", "turn on the headlights", "turn them off again", "tell me a joke", "undo that")
    rows = [[t.row(i, 0) for i, t in enumerate(typed(Assistant(drive="a"), *sentences))] for _ in range(2)]
    assert rows[0] == rows[1]


def test_without_a_camera_it_says_that_it_cannot_see():
    turn = Assistant().answer(Request("EyesDescribe"), "what do you see", 10 * S)
    assert turn.evidence.track_ids == ()
    assert "cannot see" in turn.said or "no picture" in turn.said
