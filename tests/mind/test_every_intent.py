"""Everything that the shipped grammars understand is answered, in each language: random walks along their words."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.words import Slots
from kitt.errors import KittError
from kitt.mind import car_questions
from kitt.mind.assistant import Assistant
from kitt.mind.context import Request
from kitt.mind.reading import TYPED, Reader
from kitt.mind.vehicle.actions import QUESTIONS
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.types import LANGUAGES, Signals
from tests.mind.scenes import S, Thing, scene

WALKS = 40
"""Sentences of each intent."""
LONGEST = 40
SILENT = {"StopTalking"}
READ = Reader()


def sentences(grammar: Grammar, seed: int) -> Iterator[tuple[str, Slots]]:
    """What random walks along the grammar's words come to."""
    chance = random.Random(seed)
    network = grammar.network
    for number, start in enumerate(network.starts):
        for _ in range(WALKS):
            state, said = start, []
            for _ in range(LONGEST):
                arcs = list(network.arcs(state))
                if not arcs or (said and network.accepts(state) and chance.random() < 0.5):
                    break
                word, _, state = chance.choice(arcs)
                said.append(word)
            slots = network.parse(tuple(said), number)
            if slots is not None:
                yield list(grammar.source.intents)[number], slots


@pytest.mark.parametrize("folder", [TYPED, GRAMMARS], ids=["typed", "ears"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_understood_is_answered(language: str, folder: object) -> None:
    grammar = Grammar.load(folder / language)  # type: ignore[operator]
    told: set[str] = set()
    mind = Assistant(language=language)
    not_done = mind.talk.say("talk.not_done").text
    for t_s, (intent, slots) in enumerate(sentences(grammar, 6), 10):
        mind = Assistant(language=language, car=SimulatedCar())
        mind.see(scene([Thing(1), Thing(2, lateral_m=-4.0, lead=False)], t_s), Signals(0.0))
        turn = mind.answer(Request(intent, slots), "", t_s * S)
        assert turn.said or intent in SILENT, (intent, slots)
        assert not_done not in turn.said, (intent, slots)
        assert not any(a.reason in ("unknown_intent", "unknown_value", "missing") for a in turn.actions), turn
        told.add(intent)
    assert told == set(grammar.source.intents)


def car(**state: object) -> SimulatedCar:
    made = SimulatedCar()
    for target, value in state.items():
        made.by_hand(target.replace("__", "."), value)  # type: ignore[arg-type]
    return made


# fmt: off
ANSWERS = [
    ("TemperatureAsk", {"place": "inside"}, {"climate__inside_c": 23}, "It is 23 degrees in here.",
     "Il fait 23 degrés à l'intérieur.", "Aquí dentro hay 23 grados."),
    ("TemperatureAsk", {"place": "outside"}, {"climate__outside_c": -4}, "It is minus 4 degrees outside.",
     "Il fait moins 4 dehors.", "Fuera hay 4 grados bajo cero."),
    ("TemperatureAsk", {"place": "outside"}, {"climate__outside_c": 1}, "It is 1 degree outside.",
     "Il fait 1 degré dehors.", "Fuera hay 1 grado."),
    ("MediaWhat", {}, {}, "Nothing is playing.", "Il n'y a pas de musique en ce moment.", "No suena nada."),
    ("MediaWhat", {}, {"media__playing": True, "media__station": 3},
     "Radio on. Station 3. The car does not tell me the title.",
     "Radio activée. Station 3. La voiture ne me dit pas le titre.",
     "Radio activada. Emisora 3. El coche no me dice el título."),
    ("MediaWhat", {}, {"media__playing": True, "media__station_name": "Radio 4"},
     "Radio on. Station Radio 4. The car does not tell me the title.", None, None),
    ("MediaWhat", {}, {"media__playing": True, "media__source": "usb", "media__track": 12},
     "USB on. Track 12. The car does not tell me the title.", None, None),
    ("NavigateDistance", {}, {}, "There is no route: I do not know where we are going.", None, None),
    ("NavigateDistance", {}, {"navigation__destination": "home", "navigation__minutes_left": 25},
     "The car does not tell me how far it is, and I have no map. We will be there in 25 minutes.", None, None),
    ("NavigateArrival", {}, {"navigation__destination": "home", "navigation__minutes_left": 1},
     "We will be there in 1 minute.", "Nous arrivons dans 1 minute.", "Llegamos en 1 minuto."),
    ("NavigateWhere", {}, {}, "I do not know: I have neither a map nor a position.", None, None),
    ("NavigateWhere", {}, {"navigation__destination": "cafe"},
     "I do not know: I have neither a map nor a position. Route to the nearest coffee shop.", None, None),
    ("NavigateNextTurn", {}, {"navigation__destination": "airport"},
     "The car does not tell me its turns, and I have no map.", None, None),
    ("NavigateTraffic", {}, {}, "I get no traffic reports. I know only the road that my camera sees.",
     "Je ne reçois pas d'info trafic. Je ne connais que la route que voit ma caméra.",
     "No recibo información de tráfico. Solo conozco la carretera que ve mi cámara."),
    ("PhoneMessages", {}, {}, "I cannot read messages: the car does not give them to me.", None, None),
]
# fmt: on


@pytest.mark.parametrize(("intent", "slots", "state", "en", "fr", "es"), ANSWERS)
def test_questions_to_the_car(intent, slots, state, en, fr, es) -> None:  # type: ignore[no-untyped-def]
    for language, expected in zip(LANGUAGES, (en, fr, es), strict=True):
        mind = Assistant(language=language, car=car(**state))
        mind.persona.switch(False)
        turn = mind.answer(Request(intent, slots), "", S)
        assert expected in (None, turn.said)
        for number in [w.strip(".") for w in turn.said.split() if w.strip(".").isdigit()]:
            assert number in " ".join(str(v) for v in turn.evidence.values.values())


def test_every_question_of_the_car_files_has_an_answer() -> None:
    assert set(car_questions.INTENTS) == set(QUESTIONS)


@pytest.mark.parametrize("intent", car_questions.INTENTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_car_that_tells_nothing(intent: str, language: str) -> None:
    bare = SimulatedCar(without=SimulatedCar().state)
    turn = Assistant(language=language, car=bare).answer(Request(intent, {}), "", S)
    assert turn.said
    assert not turn.evidence.values


def test_a_station_by_its_name() -> None:
    radio = car()
    mind = Assistant(car=radio)
    turn = mind.read("put on Radio 4", 10 * S, READ)
    assert turn.actions[0].confirmed
    assert radio.state["media.station_name"] == "Radio 4"
    assert turn.said.startswith("Radio 4.")
    mind.read("station 3", 20 * S, READ)
    assert (radio.state["media.station"], radio.state["media.station_name"]) == (3, "")
    mind.read("undo that", 30 * S, READ)
    assert radio.state["media.station_name"] == "Radio 4"


def test_a_radio_that_knows_numbers_only() -> None:
    mind = Assistant(car=SimulatedCar(without=("media.station_name",)))
    assert mind.read("put on Radio 4", 10 * S, READ).said == "I know the stations of this radio by number only."
    assert mind.read("station 3", 20 * S, READ).actions[0].confirmed


def test_a_break_is_suggested_in_time() -> None:
    mind = Assistant(language="es")
    turn = mind.answer(Request("BreakReminder", {"minutes": 30}), "", 0)
    assert "30" in turn.said
    assert mind.tick(1799 * S) == []
    (due,) = mind.tick(1800 * S)
    assert due.said == mind.talk.say("break.due").text
    assert mind.tick(1900 * S) == []


def test_unknown_names_are_told() -> None:
    turn = Assistant().read("call Zebulon", 10 * S, READ)
    assert turn.said == "I know nobody called Zebulon."
    assert not turn.actions
    with pytest.raises(KittError):
        Assistant(language="xx")
