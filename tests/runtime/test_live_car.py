"""A real car while the conversation's time stands still: waited for, looked at anew, and of unknown speed."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kitt.config import Config, VehicleConfig
from kitt.mind.vehicle.action import Reading
from kitt.mind.vehicle.targets import Value
from kitt.runtime.live_car import LISTEN_S, LiveCar, LiveHands
from kitt.runtime.minding import Minding
from kitt.types import Signals
from tests.mind.scenes import S, Thing, scene
from tests.mind.vehicle.fake_car import FakeCar


class Slow:
    """A car that does what it is told after `takes_s`, half of it if it is `stuck`; `clock` goes with `sleep`."""

    def __init__(self, takes_s: float = 0.5, stuck: bool = False, trouble: str = "") -> None:
        self.now_ns = 100 * S
        self.takes_s, self.stuck, self.trouble = takes_s, stuck, trouble
        self.looks: list[int] = []
        self.closed = False
        self._wanted: dict[str, Value] = {}
        self._sent_ns = 0
        self._state: dict[str, Reading] = {"windows.driver": Reading(0, True), "hatches.trunk": Reading("closed", True)}

    def clock(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)

    def has(self, target: str) -> bool:
        return target in self._state

    def read(self, target: str) -> Reading | None:
        return self._state.get(target)

    def send(self, values: Mapping[str, Value], t_ns: int) -> str:
        self._wanted, self._sent_ns = dict(values), t_ns
        for target in values:
            self._state[target] = replace(self._state[target], answers=False)
        return ""

    def poll(self, t_ns: int) -> str:
        self.looks.append(t_ns)
        if t_ns - self._sent_ns >= self.takes_s * 1e9:
            for target, value in self._wanted.items():
                self._state[target] = Reading(50 if self.stuck else value, True)
            self._wanted = {}
        return self.trouble

    def close(self) -> None:
        self.closed = True


def live(car: Slow) -> LiveCar:
    return LiveCar(car, car.clock, car.sleep)


def test_a_command_is_waited_for_until_the_car_has_done_it() -> None:
    car = Slow(takes_s=4.0)
    action = LiveHands(live(car)).ask("WindowOpen", {"window": "driver"}, 7)
    assert action.confirmed
    assert action.after == 100
    assert 4.0 <= (car.now_ns - 100 * S) / 1e9 < 4.5


@pytest.mark.parametrize(
    ("car", "reason", "waited_s"),
    [
        (Slow(takes_s=99.0), "no_answer", 8.0),
        (Slow(stuck=True), "not_done", 8.0),
        (Slow(takes_s=99.0, trouble="bus_off"), "bus_off", 0.0),
    ],
)
def test_a_car_that_does_it_not_has_its_time_and_then_a_reason(car: Slow, reason: str, waited_s: float) -> None:
    action = LiveHands(live(car)).ask("WindowOpen", {"window": "driver"}, 7)
    assert (action.confirmed, action.reason) == (False, reason)
    assert (car.now_ns - 100 * S) / 1e9 == pytest.approx(waited_s, abs=0.5)


def test_what_lay_waiting_while_one_typed_is_as_old_as_the_look_before() -> None:
    car = Slow()
    one = live(car)
    one.poll(0)
    car.now_ns += 60 * S
    one.poll(0)
    assert car.looks == [100 * S, 100 * S, 160 * S + round(LISTEN_S * 1e9)]
    one.poll(0)
    assert len(car.looks) == 4
    one.close()
    assert car.closed


def test_the_speed_of_the_recording_is_not_the_cars() -> None:
    """A trunk may be opened while standing; the recording stands, the car perhaps does not."""
    car = Slow()
    mind = Minding(Config()).assistant(drive="a", car=live(car))
    mind.see(scene([Thing()], 0), Signals(0.0))
    turn = mind.read("open the trunk", S, Minding(Config()).reader())
    assert (turn.actions[0].reason, turn.asked_back) == ("needs_yes_standing", True)


def test_a_real_car_that_does_not_answer_is_said_not_to() -> None:
    pytest.importorskip("can")
    config = VehicleConfig(kind="can", interface="virtual", channel="test_live_car")
    car = Minding.of(replace(Config(), vehicle=config)).car()
    assert isinstance(car, LiveCar)
    fake = FakeCar("test_live_car")
    fake.tell()
    assert LiveHands(car).ask("LightsSet", {"light": "low_beam", "state": "on"}, 7).reason == "no_answer"
    fake.hear()
    assert len(fake.frames) == 1
    fake.bus.shutdown()
    car.close()
