"""What was asked is done, read back and taken back; what cannot be has its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.mind.vehicle.action import REASONS, Action
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.vehicle.hands import REMEMBERED, Hands
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.targets import TARGETS

S = 1_000_000_000


def hands(**state: object) -> Hands:
    """On a car in which these were put by hand; `media__volume=95` for media.volume."""
    car = SimulatedCar()
    for name, value in state.items():
        car.by_hand(name.replace("__", "."), value)  # type: ignore[arg-type]
    return Hands(car)


def state(h: Hands, target: str) -> object:
    reading = h.vehicle.read(target)
    assert reading
    return reading.value


def test_an_action_says_what_it_was_about_and_that_it_was_read_back() -> None:
    action = hands().ask("LightsSet", {"light": "headlights", "state": "on"}, 7)
    assert (action.target, action.before, action.value, action.after) == ("lights.low_beam", False, True, True)
    assert (action.confirmed, action.waits, action.reason, action.t_ns) == (True, False, "", 7)


# fmt: off
DONE = [
    ("LightsSet", {"light": "fog_lights", "state": "on"}, "lights.fog_lights", True),
    ("LightsSet", {"light": "fog_lights", "state": "on"}, "lights.low_beam", True),
    ("LightsAuto", {}, "lights.auto", True),
    ("LightsFlash", {}, "lights.flash", 1),
    ("AmbientColour", {"colour": "purple"}, "lights.ambient", "purple"),
    ("ClimateSet", {"climate": "heating", "state": "on"}, "climate.heating", True),
    ("TemperatureSet", {"degrees": 15}, "climate.temperature_c", 15),
    ("TemperatureChange", {"change": "down"}, "climate.temperature_c", 20),
    ("FanSpeed", {"level": 5}, "climate.fan", 5),
    ("FanChange", {"change": "up"}, "climate.fan", 3),
    ("SeatHeating", {"seat": "steering_wheel", "state": "on"}, "climate.heated_steering_wheel", True),
    ("Defrost", {"glass": "rear"}, "climate.defrost_rear", True),
    ("AirDirection", {"vent": "feet"}, "climate.air", "feet"),
    ("WindowOpen", {}, "windows.driver", 100),
    ("WindowOpen", {"window": "rear", "amount": "half"}, "windows.rear_right", 50),
    ("WindowOpen", {"window": "sunroof", "amount": "little"}, "windows.sunroof", 10),
    ("HatchOpen", {"hatch": "trunk"}, "hatches.trunk", "open"),
    ("DoorsLock", {"state": "unlocked"}, "doors.locked", False),
    ("WipersSet", {"state": "on"}, "wipers.mode", "slow"),
    ("WipersSpeed", {"speed": "automatic"}, "wipers.mode", "automatic"),
    ("WipersChange", {"change": "up"}, "wipers.mode", "intermittent"),
    ("WindscreenWash", {}, "wipers.wash", 1),
    ("MediaPlay", {}, "media.playing", True),
    ("MediaNext", {}, "media.track", 2),
    ("MediaGenre", {"genre": "hip_hop"}, "media.genre", "hip_hop"),
    ("RadioStation", {"station": 7}, "media.station", 7),
    ("MediaSource", {"source": "usb"}, "media.source", "usb"),
    ("RadioSet", {"state": "on"}, "media.playing", True),
    ("VolumeSet", {"percent": 0}, "media.volume", 0),
    ("VolumeChange", {"change": "up"}, "media.volume", 50),
    ("VolumeMute", {"state": "on"}, "media.muted", True),
    ("NavigateTo", {"destination": "airport"}, "navigation.destination", "airport"),
    ("NavigateNearest", {"place": "cafe"}, "navigation.destination", "cafe"),
    ("NavigateAvoid", {"avoid": "tolls"}, "navigation.avoid_tolls", True),
    ("PhoneCall", {"contact": "mother"}, "phone.contact", "mother"),
    ("PhoneCall", {"contact": "mother"}, "phone.state", "in_call"),
]
# fmt: on


@pytest.mark.parametrize(("intent", "slots", "target", "value"), DONE)
def test_intents_do_what_they_say(intent: str, slots: dict[str, str | int], target: str, value: object) -> None:
    h = hands()
    action = h.ask(intent, slots, 0, speed_mps=0.0, yes=True)
    assert action.confirmed, action
    assert state(h, target) == value


# fmt: off
REFUSED = [
    ({}, "TemperatureSet", {"degrees": 45}, "out_of_range"),
    ({}, "VolumeSet", {"percent": -1}, "out_of_range"),
    ({}, "RadioStation", {"station": 11}, "out_of_range"),
    ({}, "TemperatureSet", {"degrees": "warm"}, "unknown_value"),
    ({}, "TemperatureSet", {"degrees": True}, "unknown_value"),
    ({}, "LightsSet", {"light": "disco", "state": "on"}, "unknown_value"),
    ({}, "LightsAuto", {"light": "headlights"}, "unknown_value"),
    ({}, "LightsSet", {"light": "headlights"}, "missing"),
    ({"media__volume": 100}, "VolumeChange", {"change": "up"}, "at_highest"),
    ({"climate__temperature_c": 15}, "TemperatureChange", {"change": "down"}, "at_lowest"),
    ({"wipers__mode": "fast"}, "WipersChange", {"change": "up"}, "at_highest"),
    ({}, "WipersChange", {"change": "down"}, "at_lowest"),
    ({}, "MediaPrevious", {}, "at_lowest"),
    ({"windows__driver": 100}, "WindowOpen", {"amount": "little"}, "at_highest"),
    ({"hatches__trunk": "open"}, "DoorsLock", {"state": "locked"}, "hatch_open"),
    ({"hatches__bonnet": "open"}, "DoorsLock", {"state": "locked"}, "hatch_open"),
    ({"doors__open": True}, "DoorsLock", {"state": "locked"}, "door_open"),
    ({"media__source": "usb"}, "RadioSet", {"state": "off"}, "radio_off"),
    ({}, "NavigateCancel", {}, "no_route"),
    ({}, "PhoneAnswer", {}, "nobody_calls"),
    ({}, "PhoneDecline", {}, "nobody_calls"),
    ({}, "PhoneHangUp", {}, "no_call"),
    ({}, "PhoneRedial", {}, "no_last_call"),
    ({"phone__state": "in_call"}, "PhoneCall", {"contact": "home"}, "in_call"),
    ({}, "PhoneCall", {"contact": "nobody"}, "unknown_value"),
]
# fmt: on


@pytest.mark.parametrize(("before", "intent", "slots", "reason"), REFUSED)
def test_what_cannot_be_done_has_its_reason_and_changes_nothing(
    before: dict[str, object], intent: str, slots: dict[str, str | int], reason: str
) -> None:
    h = hands(**before)
    assert isinstance(h.vehicle, SimulatedCar)
    stood = h.vehicle.state
    action = h.ask(intent, slots, 0, speed_mps=0.0, yes=True)
    assert (action.reason, action.confirmed, action.waits) == (reason, False, False)
    assert h.vehicle.state == stood


def test_a_refusal_carries_the_limits_as_numbers() -> None:
    assert hands().ask("TemperatureSet", {"degrees": 45}, 0).figures == {"heard": 45, "low": 15, "high": 30}
    assert hands(media__volume=100).ask("VolumeChange", {"change": "up"}, 0).figures == {"limit": 100}


def test_a_step_ends_at_the_limit() -> None:
    assert hands(media__volume=95).ask("VolumeChange", {"change": "up"}, 0).value == 100


@pytest.mark.parametrize(("change", "mode"), [("up", "slow"), ("down", "intermittent")])
def test_automatic_wipers_are_stepped_from_between(change: str, mode: str) -> None:
    assert hands(wipers__mode="automatic").ask("WipersChange", {"change": change}, 0).value == mode


def test_a_window_that_is_open_leaves_the_others_to_be_opened_further() -> None:
    h = hands(windows__rear_left=100)
    action = h.ask("WindowOpen", {"window": "rear", "amount": "little"}, 0)
    assert [(c.target, c.value) for c in action.changes] == [("windows.rear_right", 10)]


def test_headlights_off_ends_automatic_high_beam_and_fog_lights_and_undo_puts_all_back() -> None:
    h = hands(lights__auto=True, lights__low_beam=True, lights__high_beam=True, lights__fog_lights=True)
    names = ("lights.auto", "lights.low_beam", "lights.high_beam", "lights.fog_lights")
    h.ask("LightsSet", {"light": "headlights", "state": "off"}, 0)
    assert [state(h, n) for n in names] == [False] * 4
    assert h.undo(1).confirmed
    assert [state(h, n) for n in names] == [True] * 4


@pytest.mark.parametrize("hatch", ["trunk", "bonnet", "fuel_flap", "charge_port"])
def test_no_hatch_opens_while_driving(hatch: str) -> None:
    h = hands()
    action = h.ask("HatchOpen", {"hatch": hatch}, 0, speed_mps=10.0, yes=True)
    assert (action.reason, action.figures) == ("driving", {"limit_kmh": 5, "speed_kmh": 36.0})
    assert state(h, f"hatches.{hatch}") == "closed"


def test_doors_are_not_unlocked_while_driving_but_locked() -> None:
    h = hands()
    assert h.ask("DoorsLock", {"state": "unlocked"}, 0, speed_mps=10.0).reason == "driving"
    h = hands(doors__locked=False)
    assert h.ask("DoorsLock", {"state": "locked"}, 0, speed_mps=10.0).confirmed


@pytest.mark.parametrize("speed", [float("nan"), float("inf")])
def test_a_speed_that_is_no_number_counts_as_driving(speed: float) -> None:
    action = hands().ask("HatchOpen", {"hatch": "trunk"}, 0, speed_mps=speed, yes=True)
    assert action.reason == "driving"


def test_an_unknown_speed_is_asked_for() -> None:
    h = hands()
    asked = h.ask("HatchOpen", {"hatch": "trunk"}, 0)
    assert (asked.reason, asked.asks) == ("needs_yes_standing", True)
    assert state(h, "hatches.trunk") == "closed"
    assert h.ask("HatchOpen", {"hatch": "trunk"}, 1, yes=True).confirmed


@pytest.mark.parametrize(
    ("intent", "slots"),
    [
        ("PhoneCall", {"contact": "emergency"}),
        ("HatchOpen", {"hatch": "bonnet"}),
        ("HatchOpen", {"hatch": "fuel_flap"}),
    ],
)
def test_what_cannot_be_undone_is_asked_first(intent: str, slots: dict[str, str | int]) -> None:
    h = hands()
    asked = h.ask(intent, slots, 0, speed_mps=0.0)
    assert (asked.reason, asked.confirmed, asked.changes) == ("needs_yes", False, ())
    assert h.ask(intent, slots, 1, speed_mps=0.0, yes=True).confirmed


def test_what_can_be_undone_is_not_asked() -> None:
    assert hands().ask("HatchOpen", {"hatch": "trunk"}, 0, speed_mps=0.0).confirmed
    assert hands(hatches__bonnet="open").ask("HatchOpen", {"hatch": "bonnet"}, 0, speed_mps=0.0).confirmed


def test_a_redial_calls_the_last_one_and_asks() -> None:
    h = hands()
    h.ask("PhoneCall", {"contact": "sister"}, 0, yes=True)
    assert h.ask("PhoneHangUp", {}, 1).confirmed
    asked = h.ask("PhoneRedial", {}, 2)
    assert (asked.reason, asked.figures) == ("needs_yes", {"value": "sister"})
    assert h.ask("PhoneRedial", {}, 3, yes=True).value == "sister"


def test_a_call_that_rings_is_answered_or_declined() -> None:
    h = hands()
    assert isinstance(h.vehicle, SimulatedCar)
    h.vehicle.ring("doctor")
    assert h.ask("PhoneAnswer", {}, 0).confirmed
    assert state(h, "phone.state") == "in_call"
    h = hands()
    assert isinstance(h.vehicle, SimulatedCar)
    h.vehicle.ring("doctor")
    assert h.ask("PhoneDecline", {}, 0).confirmed
    assert (state(h, "phone.state"), state(h, "phone.contact")) == ("idle", "")


def test_undo_takes_back_one_action_after_the_other() -> None:
    h = hands()
    h.ask("VolumeSet", {"percent": 80}, 0)
    h.ask("TemperatureSet", {"degrees": 25}, 1)
    first, second, third = h.undo(2), h.undo(3), h.undo(4)
    assert (first.target, first.value, second.target, second.value) == (
        "climate.temperature_c", 21, "media.volume", 40,
    )  # fmt: skip
    assert third.reason == "nothing_to_undo"


@pytest.mark.parametrize(
    ("intent", "slots", "reason"),
    [
        ("LightsFlash", {}, "cannot_undo"),
        ("WindscreenWash", {}, "cannot_undo"),
        ("HatchOpen", {"hatch": "bonnet"}, "cannot_undo"),
        ("WindowClose", {}, "nothing_to_undo"),
    ],
)
def test_what_was_done_once_or_not_at_all_is_not_undone(intent: str, slots: dict[str, str | int], reason: str) -> None:
    h = hands()
    h.ask("VolumeSet", {"percent": 80}, 0)
    assert h.ask(intent, slots, 1, speed_mps=0.0, yes=True).confirmed
    assert h.undo(2, speed_mps=0.0).reason == reason
    assert state(h, "media.volume") == 80, "nothing older is undone instead"


def test_the_undoing_of_a_call_is_hanging_up() -> None:
    h = hands()
    h.ask("PhoneCall", {"contact": "home"}, 0, yes=True)
    assert h.undo(1).intent == "PhoneHangUp"
    assert state(h, "phone.state") == "idle"


def test_undo_does_not_open_the_trunk_while_driving() -> None:
    h = hands(hatches__trunk="open")
    assert h.ask("TrunkClose", {}, 0, speed_mps=0.0).confirmed
    assert h.undo(1, speed_mps=20.0).reason == "driving"
    assert h.undo(2).reason == "needs_yes_standing"
    assert h.undo(3, yes=True).confirmed


def test_a_car_that_lacks_something_says_so_and_leaves_out_what_only_goes_along() -> None:
    h = Hands(SimulatedCar(without=("windows.sunroof", "lights.fog_lights", "windows.rear_left", "windows.rear_right")))
    assert h.ask("WindowOpen", {"window": "sunroof"}, 0).reason == "not_fitted"
    assert h.ask("LightsSet", {"light": "headlights", "state": "off"}, 0).confirmed
    assert len(h.ask("WindowOpen", {"window": "all"}, 0).changes) == 2
    assert h.ask("WindowOpen", {"window": "rear"}, 0).reason == "not_fitted"


def test_a_car_that_does_not_do_it_is_not_confirmed() -> None:
    h = Hands(SimulatedCar(deaf=("media.muted",)))
    action = h.ask("VolumeMute", {"state": "on"}, 0)
    assert (action.waits, action.confirmed, action.after) == (True, False, False)
    assert h.poll(S) == []
    (ended,) = h.poll(S + 1)
    assert (ended.reason, ended.confirmed, ended.number, ended.waits) == ("not_done", False, action.number, False)
    assert h.undo(2 * S).reason == "nothing_to_undo"


def test_all_of_it_must_be_done() -> None:
    h = Hands(SimulatedCar(deaf=("windows.rear_left",)))
    assert h.ask("WindowOpen", {"window": "rear"}, 0).waits
    assert [a.reason for a in h.poll(9 * S)] == ["not_done"]


def test_a_second_wish_replaces_the_first_that_waits() -> None:
    h = Hands(SimulatedCar(deaf=("media.volume",)))
    first = h.ask("VolumeChange", {"change": "up"}, 0)
    second = h.ask("VolumeChange", {"change": "up"}, 1)
    assert (first.value, second.value) == (50, 60), "a step starts from what is under way"
    assert second.before == 40, "as the car said it, not as it was asked"
    (ended,) = h.poll(2)
    assert (ended.number, ended.reason) == (first.number, "superseded")


def test_a_flood_keeps_nothing_waiting_but_the_last() -> None:
    h = Hands(SimulatedCar(deaf=("media.volume",)))
    for i in range(100):
        h.ask("VolumeSet", {"percent": i}, i)
    assert len(h.poll(100)) == 98, "all but the last, and the 40 at which it stood"
    (last,) = h.poll(2 * S)
    assert last.value == 99
    assert h.poll(3 * S) == []


def test_no_more_is_remembered_than_said() -> None:
    h = hands()
    for i in range(REMEMBERED + 5):
        h.ask("VolumeSet", {"percent": i}, i)
    undone = [h.undo(100 + i).confirmed for i in range(REMEMBERED + 1)]
    assert undone == [True] * REMEMBERED + [False]


def test_a_clock_set_back_does_not_keep_a_command_waiting() -> None:
    h = Hands(SimulatedCar(deaf=("media.muted",)))
    h.ask("VolumeMute", {"state": "on"}, 1000 * S)
    assert h.poll(0) == []
    assert len(h.poll(2 * S)) == 1


ANY_SLOT = st.dictionaries(
    st.sampled_from(["state", "light", "degrees", "change", "window", "amount", "contact", "hatch", "speed", "x"]),
    st.one_of(st.integers(-(10**9), 10**9), st.text(max_size=5), st.sampled_from(["on", "off", "up", "driver", "all"])),
    max_size=4,
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*TABLE, "TalkUndo", "Nonsense"]),
            ANY_SLOT,
            st.one_of(st.none(), st.floats()),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_nothing_asked_is_an_exception_and_the_car_stays_within_its_limits(
    asked: list[tuple[str, dict[str, str | int], float | None, bool]],
) -> None:
    h = hands()
    assert isinstance(h.vehicle, SimulatedCar)
    for t, (intent, slots, speed, yes) in enumerate(asked):
        action: Action = (
            h.undo(t, speed_mps=speed, yes=yes)
            if intent == "TalkUndo"
            else h.ask(intent, slots, t, speed_mps=speed, yes=yes)
        )
        assert action.reason in REASONS
        assert action.confirmed != bool(action.reason)
        assert all(TARGETS[name].may_hold(value) for name, value in h.vehicle.state.items())
