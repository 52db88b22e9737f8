"""The table of actions: it is the grammar's, and it drives nothing."""

import re

import pytest

from kitt.mind.vehicle.actions import NAMED, QUESTIONS, TABLE, Set
from kitt.mind.vehicle.can_table import WIRES
from kitt.mind.vehicle.hands import Hands
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.targets import GROUPS, TARGETS
from kitt.types import LANGUAGES
from tests.mind.vehicle.grammars import FILES, comfort_grammar, sentences_slots

COMFORT = {
    "lights.low_beam", "lights.high_beam", "lights.fog_lights", "lights.hazard_lights", "lights.interior_light",
    "lights.parking_lights", "lights.auto", "lights.flash", "lights.ambient", "climate.air_conditioning",
    "climate.heating", "climate.temperature_c", "climate.fan", "climate.air", "climate.defrost_front",
    "climate.defrost_rear", "climate.heated_driver", "climate.heated_passenger", "climate.heated_steering_wheel",
    "windows.driver", "windows.passenger", "windows.rear_left", "windows.rear_right", "windows.sunroof",
    "doors.locked", "hatches.trunk", "hatches.bonnet", "hatches.fuel_flap", "hatches.charge_port", "wipers.mode",
    "wipers.wash", "media.playing", "media.source", "media.genre", "media.station", "media.station_name", "media.track",
    "media.volume", "media.muted", "navigation.destination", "navigation.avoid_tolls", "navigation.avoid_motorways",
    "navigation.avoid_ferries", "navigation.avoid_traffic", "phone.state", "phone.contact", "phone.last",
}  # fmt: skip
"""Written out here once more: nothing gets into the car without a second look."""
DRIVES = re.compile(r"steer|brak|throttle|accel|pedal|cruise|torque|gear|ignition|engine|autopilot|boost|speed_", re.I)
HEATED = {"climate.heated_steering_wheel", "steering_wheel"}


def test_what_can_be_set_is_this_list_and_no_more() -> None:
    assert {name for name, t in TARGETS.items() if t.settable != ()} == COMFORT


def test_nothing_in_the_table_steers_brakes_or_accelerates() -> None:
    names = {*TARGETS, *TABLE, *WIRES, *(w.signal for w in WIRES.values()), *(w.command for w in WIRES.values())}
    names |= {v for row in TABLE.values() for c in row.choices.values() for v in c}
    assert {n for n in names if DRIVES.search(n)} == HEATED


@pytest.mark.parametrize("intent", ["KittTurboBoost", "KittMode", "KittScanner", "Brake", "Accelerate"])
def test_what_is_no_comfort_is_refused(intent: str) -> None:
    car = SimulatedCar()
    before = car.state
    action = Hands(car).ask(intent, {"mode": "auto"}, 0)
    assert (action.reason, action.confirmed) == ("unknown_intent", False)
    assert car.state == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_of_the_comfort_files_has_a_row_or_is_a_question(language: str) -> None:
    intents = {i for name in FILES for i in comfort_grammar(language, name)["intents"]}
    assert {*intents, NAMED} == {*TABLE, *QUESTIONS}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FILES)
def test_every_slot_and_value_of_the_grammar_is_taken(language: str, name: str) -> None:
    for intent, slots in sentences_slots(language, name):
        if intent in QUESTIONS:
            continue
        row = TABLE[intent]
        assert set(slots) <= set(row.choices), intent
        for slot, values in slots.items():
            if row.choices[slot]:
                assert {str(v) for v in values} <= set(row.choices[slot]), (intent, slot)
            else:
                target = TARGETS[next(s.target for s in row.sets if s.slot == slot)]
                assert all(target.may_hold(v) for v in values), (intent, slot, values)


def test_every_row_sets_targets_that_there_are() -> None:
    for row in TABLE.values():
        assert row.undo in ("", "before") or row.undo in TABLE
        assert set(row.defaults) <= set(row.choices)
        for s in row.sets:
            for name in _targets(row.intent, s):
                assert name in TARGETS or name in GROUPS, (row.intent, name)
        for only in row.only:
            assert all(TARGETS[only.target].may_hold(v) for v in only.among), row.intent
    assert all(t in TARGETS for group in GROUPS.values() for t in group)


def _targets(intent: str, s: Set) -> list[str]:
    slot = re.search(r"\{(\w+)\}", s.target)
    if not slot:
        return [s.target]
    return [s.target.format(**{slot[1]: v}) for v in TABLE[intent].choices[slot[1]]]


def test_a_limit_stands_as_a_number_wherever_a_number_is_set() -> None:
    for row in TABLE.values():
        for slot, choices in row.choices.items():
            if not choices:
                target = TARGETS[next(s.target for s in row.sets if s.slot == slot)]
                assert target.free or target.low is not None, row.intent
                assert target.free or target.high is not None, row.intent
