"""The adapter on python-can's virtual bus, with a fake car at the other end."""

import errno
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import can
import pytest

from kitt.config import VehicleConfig
from kitt.errors import KittError
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.vehicle.can_car import FRAMES_A_POLL, CanCar, open_can_car
from kitt.mind.vehicle.can_database import OURS, load
from kitt.mind.vehicle.hands import Hands
from kitt.mind.vehicle.opening import open_vehicle
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.wording import confirm
from tests.mind.vehicle.fake_car import FakeCar

MS, S = 1_000_000, 1_000_000_000
ON = {"light": "headlights", "state": "on"}
VIRTUAL = VehicleConfig(kind="can", interface="virtual", channel="test_can_car")


@pytest.fixture
def car() -> Iterator[FakeCar]:
    fake = FakeCar(VIRTUAL.channel)
    yield fake
    fake.bus.shutdown()


@pytest.fixture
def hands() -> Iterator[Hands]:
    vehicle = open_vehicle(VIRTUAL)
    yield Hands(vehicle)
    vehicle.close()


def test_a_command_is_confirmed_when_the_car_has_said_so(hands: Hands, car: FakeCar) -> None:
    car.tell()
    asked = hands.ask("LightsSet", ON, 0)
    assert (asked.waits, asked.confirmed, asked.before, confirm(asked, "en")) == (True, False, False, "")
    assert hands.poll(50 * MS) == []
    car.answer()
    (done,) = hands.poll(100 * MS)
    assert (done.confirmed, done.after, done.number, done.t_ns) == (True, True, asked.number, 100 * MS)
    assert confirm(done, "fr") == "Phares allumés."
    assert hands.poll(200 * MS) == []


def test_what_stood_so_already_is_read_back_too(hands: Hands, car: FakeCar) -> None:
    car.tell()
    asked = hands.ask("LightsSet", {**ON, "state": "off"}, 0)
    assert (asked.waits, asked.confirmed) == (True, False), "what was said before the command does not count"
    car.answer()
    assert hands.poll(MS)[0].confirmed


def test_one_request_is_one_frame_that_leaves_all_else_alone(hands: Hands, car: FakeCar) -> None:
    car.tell()
    hands.ask("VolumeSet", {"percent": 55}, 0)
    car.hear()
    (frame,) = car.frames
    said = car.database.decode_message(frame.arbitration_id, frame.data)
    assert {k: str(v) for k, v in said.items()} == {
        "Playing": "no_change", "Muted": "no_change", "Source": "no_change", "Volume": "55",
        "Station": "no_change", "Track": "no_change",
    }  # fmt: skip


def test_no_answer_is_said_and_not_confirmed(hands: Hands) -> None:
    asked = hands.ask("LightsSet", ON, 0)
    assert (asked.waits, asked.before) == (True, None)
    assert hands.poll(S) == []
    (ended,) = hands.poll(S + MS)
    assert (ended.confirmed, ended.after, ended.reason) == (False, None, "no_answer")
    assert confirm(ended, "en") == "The car does not answer. I cannot say whether it was done."


def test_a_car_that_stays_as_it_was_has_not_done_it(hands: Hands, car: FakeCar) -> None:
    car.deaf = ("LowBeam",)
    car.tell()
    hands.ask("LightsSet", ON, 0)
    car.answer()
    assert hands.poll(500 * MS) == []
    (ended,) = hands.poll(S + MS)
    assert (ended.reason, ended.after) == ("not_done", False)


def test_a_window_has_its_time_and_may_stop_a_little_off(hands: Hands, car: FakeCar) -> None:
    car.deaf = ("WindowDriver",)
    car.tell()
    hands.ask("WindowOpen", {"amount": "half"}, 0)
    for t, at in ((1, 10), (2, 22), (3, 35)):
        car.signals["CarBody"]["WindowDriver"] = at
        car.answer()
        assert hands.poll(t * S) == []
    car.signals["CarBody"]["WindowDriver"] = 48
    car.answer()
    (done,) = hands.poll(4 * S)
    assert (done.confirmed, done.value, done.after) == (True, 50, 48)


def test_a_step_needs_to_know_where_from(hands: Hands, car: FakeCar) -> None:
    assert hands.ask("VolumeChange", {"change": "up"}, 0).reason == "state_unknown"
    assert hands.ask("LightsFlash", {}, 0).reason == "state_unknown"
    car.tell()
    assert hands.ask("VolumeChange", {"change": "up"}, MS).value == 50
    assert hands.ask("VolumeChange", {"change": "up"}, 2 * MS).value == 60, "from what is under way"
    car.answer()
    assert [(a.value, a.reason) for a in hands.poll(3 * MS)] == [(50, "superseded"), (60, "")]


def test_what_was_not_said_again_for_long_is_not_known(hands: Hands, car: FakeCar) -> None:
    car.tell()
    hands.poll(0)
    assert hands.vehicle.read("media.volume")
    hands.poll(2 * S)
    assert hands.vehicle.read("media.volume")
    hands.poll(2 * S + 1)
    assert hands.vehicle.read("media.volume") is None
    assert hands.ask("VolumeChange", {"change": "up"}, 3 * S).reason == "state_unknown"


def test_flashing_is_counted_and_confirmed_by_the_count(hands: Hands, car: FakeCar) -> None:
    car.signals["CarLights"]["FlashCount"] = 254
    car.tell()
    assert hands.ask("LightsFlash", {}, 0).value == 0
    car.answer()
    assert hands.poll(MS)[0].confirmed


def test_undo_puts_back_what_the_car_said_before(hands: Hands, car: FakeCar) -> None:
    car.signals["CarMedia"]["Volume"] = 33
    car.tell()
    hands.ask("VolumeSet", {"percent": 90}, 0)
    car.answer()
    assert hands.poll(MS)[0].confirmed
    assert hands.undo(2 * MS).value == 33
    car.answer()
    (undone,) = hands.poll(3 * MS)
    assert (undone.intent, undone.after, undone.confirmed) == ("TalkUndo", 33, True)


def test_what_the_car_does_not_know_of_it_has_not(hands: Hands, car: FakeCar) -> None:
    car.signals["CarBody"]["Sunroof"] = "unknown"
    car.signals["CarLights"]["FogLights"] = "unknown"
    car.tell()
    assert hands.ask("WindowOpen", {"window": "sunroof"}, 0).reason == "not_fitted"
    assert hands.ask("NavigateTo", {"destination": "home"}, 0).reason == "not_fitted"
    assert hands.ask("PhoneCall", {"contact": "home"}, 0, yes=True).reason == "not_fitted"
    hands.ask("LightsSet", {**ON, "state": "off"}, 0)
    car.answer()
    assert hands.poll(MS)[0].confirmed


def test_nothing_but_the_table_is_ever_sent(hands: Hands, car: FakeCar) -> None:
    car.tell()
    for t, (intent, row) in enumerate(TABLE.items()):
        for i in range(max([len(c) for c in row.choices.values()] or [1])):
            slots = {name: (c[min(i, len(c) - 1)] if c else 20) for name, c in row.choices.items()}
            hands.ask(intent, slots, t * MS, speed_mps=0.0, yes=True)
        car.answer()
        hands.poll(t * MS)
    ids = {car.database.get_message_by_frame_id(f.arbitration_id).name for f in car.frames}
    assert ids == {"KittLights", "KittClimate", "KittBody", "KittMedia", "KittWipers"}
    assert not any(f.is_extended_id or f.is_remote_frame or f.is_error_frame for f in car.frames)


def test_a_bus_that_is_off_is_said_and_comes_back(hands: Hands, car: FakeCar) -> None:
    car.tell()
    hands.ask("LightsSet", ON, 0)
    car.raw(0x40, bytes(8), error=True)
    (ended,) = hands.poll(MS)
    assert (ended.reason, ended.confirmed) == ("bus_off", False)
    assert confirm(ended, "es") == "No tengo conexión con el coche."
    car.hear()
    car.frames.clear()
    assert hands.ask("LightsSet", ON, 2 * MS).reason == "bus_off"
    car.hear()
    assert car.frames == [], "nothing is queued for later"
    car.raw(0x100, bytes(8), error=True)
    assert hands.ask("LightsSet", ON, 3 * MS).waits
    car.answer()
    assert hands.poll(4 * MS)[0].confirmed


def test_a_bus_that_went_off_since_the_last_look_takes_no_command(hands: Hands, car: FakeCar) -> None:
    car.raw(0x40, bytes(8), error=True)
    assert hands.vehicle.send({"lights.low_beam": True}, 0) == "bus_off"
    car.hear()
    assert car.frames == []


def test_what_becomes_unknown_is_not_remembered(hands: Hands, car: FakeCar) -> None:
    car.tell()
    hands.poll(0)
    car.signals["CarMedia"]["Volume"] = "unknown"
    car.tell()
    hands.poll(MS)
    assert hands.vehicle.read("media.volume") is None


def test_the_same_wish_twice_is_confirmed_twice(hands: Hands, car: FakeCar) -> None:
    car.tell()
    for t in (0, 1):
        assert hands.ask("LightsSet", ON, t).waits
    car.answer()
    assert [(a.confirmed, a.reason) for a in hands.poll(MS)] == [(True, ""), (True, "")]


def test_what_still_waits_can_be_taken_back_once(hands: Hands, car: FakeCar) -> None:
    car.tell()
    asked = hands.ask("LightsSet", ON, 0)
    assert hands.undo(1).waits
    assert hands.undo(2).reason == "nothing_to_undo"
    car.answer()
    ended = hands.poll(MS)
    assert [(a.number == asked.number, a.reason, a.after) for a in ended] == [
        (True, "superseded", None), (False, "", False),
    ]  # fmt: skip


def test_other_errors_on_the_bus_are_the_controllers_own_business(hands: Hands, car: FakeCar) -> None:
    car.raw(0x04, bytes(8), error=True)
    assert hands.vehicle.poll(0) == ""


class BrokenBus:
    """A bus whose interface fails as the operating system has it."""

    def __init__(self, sends: Exception | None = None, receives: Exception | None = None) -> None:
        self.sends, self.receives = sends, receives

    def send(self, msg: object) -> None:
        if self.sends:
            raise self.sends

    def recv(self, timeout: float | None = None) -> None:
        if self.receives:
            raise self.receives

    def shutdown(self) -> None:
        pass


# fmt: off
FAILURES = [
    (BrokenBus(sends=can.CanOperationError("Failed to transmit", errno.ENETDOWN)), "bus_off"),
    (BrokenBus(sends=can.CanOperationError("Transmit buffer full")), "not_sent"),
    (BrokenBus(sends=OSError(errno.ENOBUFS, "no buffer space")), "not_sent"),
    (BrokenBus(receives=can.CanOperationError("Error receiving", errno.ENETDOWN)), "bus_off"),
    (BrokenBus(receives=OSError(errno.ENODEV, "no such device")), "bus_off"),
]
# fmt: on


@pytest.mark.parametrize(("bus", "reason"), FAILURES)
def test_an_interface_that_fails_is_a_reason(bus: BrokenBus, reason: str) -> None:
    hands = Hands(CanCar(bus, load()))
    action = hands.ask("LightsSet", ON, 0)
    assert (action.reason, action.waits, action.confirmed) == (reason, False, False)


def test_an_interface_that_goes_while_a_command_waits_ends_it() -> None:
    bus = BrokenBus()
    hands = Hands(CanCar(bus, load()))
    assert hands.ask("LightsSet", ON, 0).waits
    bus.receives = can.CanOperationError("Error receiving", errno.ENETDOWN)
    assert [a.reason for a in hands.poll(MS)] == ["bus_off"]


def test_noise_on_the_bus_is_passed_over(hands: Hands, car: FakeCar) -> None:
    status = car.database.get_message_by_name("CarMedia").frame_id
    car.raw(0x123, b"\x00\x01")
    car.raw(status, b"\x01")
    car.raw(status, b"", remote=True)
    assert hands.vehicle.poll(0) == ""
    assert isinstance(hands.vehicle, CanCar)
    assert hands.vehicle.spoilt_frames == 1
    assert hands.vehicle.read("media.volume") is None


def test_a_flood_on_the_bus_does_not_hold_up_the_loop(hands: Hands, car: FakeCar) -> None:
    for _ in range(FRAMES_A_POLL):
        car.raw(0x123, b"")
    car.tell()
    hands.poll(0)
    assert hands.vehicle.read("media.volume") is None
    hands.poll(MS)
    assert hands.vehicle.read("media.volume")


def test_a_clock_set_back_forgets_what_was_said(hands: Hands, car: FakeCar) -> None:
    car.tell()
    hands.poll(100 * S)
    hands.poll(1 * S)
    assert hands.vehicle.read("media.volume") is None


# fmt: off
BAD_SETTINGS = [
    ({"interface": "nosuch"}, r"\[vehicle\] interface = 'nosuch'.*cannot use this interface"),
    ({"interface": "socketcan", "channel": "can97"}, r"channel = 'can97': cannot be opened"),
    ({"interface": "slcan", "channel": "/dev/nosuch"}, r"interface = 'slcan'"),
    ({"dbc": "/nowhere/my.dbc"}, r"/nowhere/my.dbc: cannot read the DBC file"),
]
# fmt: on


@pytest.mark.parametrize(("settings", "said"), BAD_SETTINGS)
def test_bad_settings_are_one_clear_line(settings: dict[str, str], said: str) -> None:
    with pytest.raises(KittError, match=said) as raised:
        open_can_car(replace(VIRTUAL, **settings))
    assert "\n" not in str(raised.value)


def test_a_car_is_in_memory_unless_the_settings_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_vehicle(VehicleConfig()), SimulatedCar)
    monkeypatch.setitem(sys.modules, "can", None)
    monkeypatch.delitem(sys.modules, "kitt.mind.vehicle.can_car")
    with pytest.raises(KittError, match=r"needs python-can and cantools .*pip install 'kitt\[can\]'"):
        open_vehicle(VIRTUAL)


@pytest.mark.socketcan
@pytest.mark.skipif(
    not Path("/sys/class/net/vcan0").exists(),
    reason="no SocketCAN interface vcan0: modprobe vcan; ip link add vcan0 type vcan; ip link set up vcan0",
)
def test_the_same_over_socketcan() -> None:
    fake = FakeCar("unused")
    fake.bus.shutdown()
    fake.bus = can.Bus("vcan0", interface="socketcan")
    vehicle = open_vehicle(VehicleConfig(kind="can", interface="socketcan", channel="vcan0", dbc=str(OURS)))
    try:
        hands = Hands(vehicle)
        assert hands.ask("LightsSet", ON, 0).waits
        fake.answer()
        assert hands.poll(MS)[0].confirmed
    finally:
        vehicle.close()
        fake.bus.shutdown()
