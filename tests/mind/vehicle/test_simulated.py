"""The car in memory."""

import pytest

from kitt.errors import KittError
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.targets import TARGETS


def test_it_starts_with_every_target_at_its_default() -> None:
    assert SimulatedCar().state == {name: t.default for name, t in TARGETS.items()}
    assert all(t.may_hold(t.default) for t in TARGETS.values())


@pytest.mark.parametrize(
    ("target", "value", "said"),
    [
        ("climate.fan", 9, "1 to 5"),
        ("climate.fan", True, "1 to 5"),
        ("lights.low_beam", "on", "true, false"),
        ("wipers.mode", "furious", "'automatic'"),
        ("brakes.front", 1, "it has no 'brakes.front'"),
    ],
)
def test_what_a_car_cannot_hold_is_one_clear_line(target: str, value: object, said: str) -> None:
    with pytest.raises(KittError, match=said):
        SimulatedCar().by_hand(target, value)  # type: ignore[arg-type]


def test_who_calls_during_a_call_finds_it_engaged() -> None:
    car = SimulatedCar()
    car.by_hand("phone.state", "in_call")
    car.ring("mother")
    assert car.state["phone.state"] == "in_call"
    with pytest.raises(KittError, match="nobody called 'stranger'"):
        car.ring("stranger")
