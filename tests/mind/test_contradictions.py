"""What contradicts itself is told and not half done."""

from __future__ import annotations

import pytest

from kitt.mind.assistant import Assistant
from kitt.mind.reading import Reader
from kitt.mind.vehicle.simulated import SimulatedCar
from tests.mind.scenes import S

READ = Reader()
CONTRARY = {
    "en": [
        "turn the lights on and off", "louder and quieter", "open and close the window", "lock and unlock the doors",
        "turn on and off the radio", "make it warmer and colder", "set the temperature to 20 and 22",
        "play and pause the music", "louder, quieter", "turn the wipers on and turn the wipers off",
        "turn the air conditioning on and off", "next song and previous song",
    ],
    "fr": [
        "allume et éteins les phares", "plus fort et moins fort", "ouvre et ferme la vitre",
        "verrouille et déverrouille les portes", "allume et éteins la radio", "mets la température à 20 et 22",
        "allume et éteins la climatisation",
    ],
    "es": [
        "enciende y apaga las luces", "más alto y más bajo", "abre y cierra la ventanilla", "enciende y apaga la radio",
        "pon la temperatura a 20 y 22", "enciende y apaga el aire acondicionado",
    ],
}  # fmt: skip
BOTH = [
    ("en", "turn on the lights"),
    ("en", "open the window and tell me a joke"),
    ("en", "salt and pepper"),
    ("en", "open the driver and passenger window"),
    ("fr", "allume les phares et éteins la radio"),
]


@pytest.mark.parametrize(("language", "said"), [(one, s) for one, all_ in CONTRARY.items() for s in all_])
def test_a_contradiction_is_told_and_nothing_is_done(language: str, said: str) -> None:
    car = SimulatedCar()
    mind = Assistant(language=language, car=car)
    before = car.state, mind.volume
    turn = mind.read(said, 10 * S, READ)
    assert turn.said == mind.talk.say("talk.contradiction").text
    assert turn.asked_back
    assert not turn.actions
    assert (car.state, mind.volume) == before


@pytest.mark.parametrize(("language", "said"), BOTH)
def test_what_is_none_is_not_told_to_be_one(language: str, said: str) -> None:
    mind = Assistant(language=language)
    assert mind.read(said, 10 * S, READ).said != mind.talk.say("talk.contradiction").text


def test_which_one_is_said_after_it() -> None:
    car = SimulatedCar()
    mind = Assistant(car=car)
    mind.read("turn on the radio", 10 * S, READ)
    mind.read("turn the lights on and off", 20 * S, READ)
    mind.read("turn it on", 25 * S, READ)
    assert car.state["lights.low_beam"] is True
    assert car.state["media.playing"] is True


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "turn on the heated seat"),
        ("en", "turn on the seat heating"),
        ("en", "turn the heated seat on"),
        ("fr", "allume le siège chauffant"),
        ("es", "enciende el asiento calefactable"),
    ],
)
def test_the_seat_is_the_drivers_unless_said(language: str, said: str) -> None:
    (action,) = Assistant(language=language).read(said, 10 * S, READ).actions
    assert (action.target, action.value) == ("climate.heated_driver", True)
