"""What the mind keeps of a conversation, beside the frozen suite."""

import pytest

from kitt.ears.judge import UNCLEAR
from kitt.errors import KittError
from kitt.mind.assistant import Assistant
from kitt.mind.context import Request
from kitt.mind.notebook import Notebook, Sighting
from kitt.mind.persona import Persona
from kitt.mind.reading import Reader
from kitt.mind.typed import Reading
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.view import Sightings
from kitt.types import STOP_SIGN, Candidate, Heard, Signals, Warning
from tests.mind.scenes import S, Thing, scene

READ = Reader()


def typed(mind, *sentences):
    return [mind.read(sentence, (10 + 6 * i) * S, READ) for i, sentence in enumerate(sentences)]


def test_a_language_is_switched_by_asking_for_it_in_itself():
    mind = Assistant(language="fr")
    (turn,) = typed(mind, "habla español")
    assert turn.language == "es"
    assert turn.said.startswith(mind.talks["es"].say("language.switched").text)
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


def test_what_the_drive_has_shown_is_written_down_once_a_minute():
    book = Notebook.open(None, "a", 0)
    mind = Assistant(book=book)
    for t_s in range(0, 130, 10):
        mind.see(scene([Thing(1 + t_s // 50, class_id=STOP_SIGN, lead=False)], t_s, t_s), Signals())
        assert bool(book.sightings()) == (t_s >= 60)
    assert book.sightings()["stop sign"] == Sighting("stop sign", 3, 0, 120 * S, 120)
    mind.see(scene([], 125, 125), Signals())
    mind.see(scene([Thing(9)], 126, 126), Signals())
    assert "car" not in book.sightings()
    mind.seen.write()
    assert book.sightings()["car"].last_ns == 126 * S


def test_many_of_a_class_are_all_counted():
    sightings = Sightings(most_per_class=3)
    for i in range(10):
        sightings.see(scene([Thing(i)], i, i))
    (total,) = sightings.totals()
    assert (total.count, total.first_ns, total.last_ns, total.frame_index) == (10, 0, 9 * S, 9)


def test_trouble_with_the_notebook_is_said_and_logged(tmp_path):
    (tmp_path / "book.db").write_bytes(b"no such thing\0" * 100)
    mind = Assistant(book=Notebook.open(tmp_path / "book.db", "a", 0))
    (turn,) = mind.tick(S)
    assert turn.said == mind.talk.say("notebook.damaged").text
    assert "book.db" in turn.note


def test_without_a_camera_it_says_that_it_cannot_see():
    turn = Assistant().answer(Request("EyesDescribe"), "what do you see", 10 * S)
    assert turn.evidence.track_ids == ()
    assert "cannot see" in turn.said or "no picture" in turn.said


@pytest.mark.parametrize(
    ("first", "target", "stands"),
    [
        ("take me home", "navigation.destination", ""),
        ("find the nearest gas station", "navigation.destination", ""),
        ("open the window halfway", "windows.driver", 0),
        ("open the trunk", "hatches.trunk", "closed"),
        ("play music", "media.playing", False),
    ],
)
def test_what_has_no_switch_is_turned_off_too(first, target, stands):
    car = SimulatedCar()
    mind = Assistant(car=car)
    mind.see(scene([], 1), Signals(0.0))
    typed(mind, first)
    before = car.state[target]
    typed(mind, "turn it off again")
    assert before != stands
    assert car.state[target] == stands


def nearly(*readings):
    """A reader that finds two things nearly as good, whatever is typed; other sentences it reads as they are."""
    return lambda typed, language: list(readings) if typed == "hm" else READ(typed, language)


LIGHTS = Reading("LightsSet", {"state": "on", "light": "headlights"}, "turn on the lights", 0.30, "en")
FORGET = Reading("DriveForget", {}, "forget this drive", 0.35, "en")


@pytest.mark.parametrize(
    ("then", "intents"),
    [("yes", ["LightsSet"]), ("no", []), ("never mind", []), ("the other one", [])],
)
def test_two_readings_nearly_as_good_are_asked_back(then, intents):
    mind, reader = Assistant(), nearly(LIGHTS, FORGET)
    asked = mind.read("hm", 10 * S, reader)
    assert asked.asked_back
    assert asked.said == "Did you mean “turn on the lights”, or “forget this drive”?"
    turn = mind.read(then, 12 * S, reader)
    assert [action.intent for action in turn.actions] == intents
    assert turn.asked_back == (then == "the other one")


def test_which_was_meant_is_no_yes_to_what_cannot_be_undone():
    mind, reader = Assistant(), nearly(FORGET, LIGHTS)
    mind.book.add("todo", {"topic": "bread"}, 0)
    mind.read("hm", 10 * S, reader)
    turn = mind.read("yes", 12 * S, reader)
    assert turn.asked_back
    assert mind.book.notes()
    mind.read("yes", 14 * S, reader)
    assert not mind.book.notes()


def test_what_leans_on_before_does_so_when_it_was_asked_back():
    left = Reading("FollowSide", {"side": "left"}, "and on the left", 0.3, "en")
    mind, reader = Assistant(), nearly(left, LIGHTS)
    mind.see(scene([Thing(1, lateral_m=-4.0, lead=False)], 10), Signals())
    mind.read("how many cars are there", 10 * S, reader)
    mind.read("hm", 10 * S + 1, reader)
    turn = mind.read("yes", 10 * S + 2, reader)
    assert turn.evidence.values["car.count"] == 1
    assert turn.evidence.track_ids == (1,)


def two_heard(confidence, second="MediaPause"):
    one = Candidate("MediaPlay", {}, "play music", -0.50)
    other = Candidate(second, {}, "pause music", -0.52)
    reason = f"{UNCLEAR}: 'play music' (MediaPlay) or 'pause music' ({second}), 0.20 apart, below 0.30"
    return Heard(9 * S, 10 * S, "en", "MediaPlay", {}, "play music", confidence, True, reason, n_best=(one, other))


def test_two_things_that_the_ears_cannot_tell_apart_are_asked_back():
    mind = Assistant(language="fr")
    turn = mind.hear(two_heard(0.7))
    assert (turn.asked_back, turn.language) == (True, "en")
    assert turn.said == "Did you mean “play music”, or “pause music”?"
    (action,) = mind.read("yes", 12 * S, READ).actions
    assert action.intent == "MediaPlay"


@pytest.mark.parametrize("heard", [two_heard(0.2), two_heard(0.7, "MediaPlay")])
def test_what_was_perhaps_no_command_is_not_asked_back(heard):
    turn = Assistant().hear(heard)
    assert not turn.asked_back
    assert not turn.actions


def test_the_other_one_is_not_the_one_last_spoken_of():
    """Though that one has not the lowest id."""
    near, far = Thing(7, distance_m=12.0), Thing(2, distance_m=40.0, lateral_m=3.0, lead=False)
    mind = Assistant()
    mind.see(scene([near, far], 10), Signals())
    sentences = ("how far is the car", "and the other one", "the other one")
    turns = [mind.read(sentence, 10 * S + i, READ) for i, sentence in enumerate(sentences)]
    assert [turn.evidence.values["car.distance_m"] for turn in turns] == [12.0, 40.0, 12.0]


def test_other_than_several_is_asked_back():
    mind = Assistant()
    mind.see(
        scene([Thing(1), Thing(2, lateral_m=4.0, lead=False), Thing(3, lateral_m=-4.0, lead=False)], 10), Signals()
    )
    (_, turn) = typed(mind, "what do you see", "the other one")
    assert turn.said == mind.talk.say("talk.other_than_what").text


@pytest.mark.parametrize("sentence", ["what do you see", "how far is the car", "how many cars are there"])
def test_the_other_one_of_one_is_not_nothing(sentence):
    """ "Nothing that I recognise" and "no cars" would be wrong: there is the first one."""
    mind = Assistant()
    mind.see(scene([Thing(1)], 10), Signals())
    mind.read(sentence, 10 * S, READ)
    assert mind.read("the other one", 10 * S + 1, READ).said == "I see no other."


def test_a_warning_has_no_other_one():
    mind = Assistant()
    given = Warning("headway", 2, 10 * S, 0, 1, "Too close.", "en", {"headway_s": 0.5, "limit_headway_s": 0.6})
    mind.see(scene([Thing(1), Thing(2, lateral_m=4.0, lead=False)], 10), Signals(), [given])
    mind.read("what was that", 10 * S, READ)
    assert mind.read("the other one", 10 * S + 1, READ).said == mind.talk.say("talk.other_than_what").text


@pytest.mark.parametrize(
    ("sentence", "witty"),
    [
        ("remember to buy bread", False),
        ("what are my notes", False),
        ("when did we last see a stop sign", False),
        ("what do you see", False),
        ("what is behind us", False),
        ("where are we", False),
        ("open the trunk", False),
        ("decline the call", False),
        ("thank you", True),
        ("open the window", True),
    ],
)
def test_no_joke_follows_what_failed_was_refused_or_is_not_known(sentence, witty, monkeypatch):
    monkeypatch.setattr(Persona, "quip", lambda *_: "Ha.")
    book = Notebook.open(None, "a", 0)
    book.close()
    mind = Assistant(book=book)
    mind.see(scene([Thing(1, class_id=STOP_SIGN, lead=False)], 1.0, 1), Signals(20.0))
    (turn,) = typed(mind, sentence)
    assert turn.intent
    assert turn.said.endswith(" Ha.") == witty, turn.said


def test_with_a_picture_and_a_notebook_the_same_may_be_followed_by_one(monkeypatch):
    monkeypatch.setattr(Persona, "quip", lambda *_: "Ha.")
    mind = Assistant()
    mind.see(scene([Thing(1, class_id=STOP_SIGN, lead=False)], 9.9, 1), Signals(20.0))
    for turn in typed(mind, "what do you see"):
        assert turn.said.endswith(" Ha."), turn.said
    for turn in typed(mind, "remember to buy bread", "what is behind us"):
        assert turn.said.endswith(" Ha.") == (turn.intent == "NoteAdd"), turn.said


def test_unknown_units_are_told_at_once():
    with pytest.raises(KittError, match="unknown units 'inch'; allowed: metres, feet"):
        Assistant(units="inch")


def test_the_last_note_goes_after_a_yes_only():
    mind = Assistant()
    typed(mind, "remind me to buy bread")
    assert len(mind.book.notes()) == 1
    asked = mind.read("forget my last note", 20 * S, READ)
    assert asked.asked_back
    assert "cannot be undone" in asked.said
    assert len(mind.book.notes()) == 1
    mind.read("yes", 22 * S, READ)
    assert mind.book.notes() == ()


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_undo_does_not_reach_past_a_note(language):
    mind = Assistant(language=language)
    mind.do(Request("FanSpeed", {"level": 4}), 10 * S, yes=False)
    mind.do(Request("NoteAdd", {"topic": "bread"}), 12 * S, yes=False)
    for t in (14, 16):
        turn = mind.answer(Request("TalkUndo"), "", t * S)
        assert turn.actions == ()
        assert turn.said != mind.talk.say("talk.undone").text
    assert len(mind.book.notes()) == 1
    assert mind.hands.vehicle.read("climate.fan").value == 4


def test_undo_takes_back_the_latest_of_car_and_voice():
    mind = Assistant()
    before = mind.hands.vehicle.read("climate.fan").value
    mind.do(Request("FanSpeed", {"level": 4}), 10 * S, yes=False)
    mind.do(Request("VoiceVolume", {"change": "up"}), 12 * S, yes=False)
    mind.do(Request("FanSpeed", {"level": 1}), 14 * S, yes=False)

    def undo(t):
        mind.answer(Request("TalkUndo"), "", t * S)
        return mind.volume, mind.hands.vehicle.read("climate.fan").value

    assert [undo(t) for t in (16, 18, 20)] == [(6, 4), (5, 4), (5, before)]
