"""Everything kitt may set in a car, in one table: comfort only. What is not in it, no vehicle here can be told.

A target's limits are numbers; its names are the same in the table of actions, in a vehicle's state and in words/*.toml.
"""

from __future__ import annotations

from dataclasses import dataclass

Value = bool | int | float | str

STANDING_MPS = 1.4
"""Above this speed (5 km/h, what a car creeps at) the car counts as driving."""


@dataclass(frozen=True)
class Target:
    """One thing of the car, a switch unless it says otherwise.

    choices: the names it may hold. low, high: numbers it may hold instead, whole ones. counts: it is no state but
    something done once; the number counts how often, and starts over after `high`. default: where a simulated car has
    it. settable: the values that can be commanded, None for all; what was put by hand alone cannot be undone.
    free: it may hold any name beside its choices. standing: values that are refused while the car drives. within_s: how
    long the car may take until it reads back what was commanded, `near` off at most.
    """

    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    counts: bool = False
    default: Value = False
    settable: tuple[Value, ...] | None = None
    standing: tuple[Value, ...] = ()
    within_s: float = 1.0
    near: int = 0
    free: bool = False

    def may_hold(self, value: object) -> bool:
        """Whether the car can stand so at all."""
        if self.choices:
            return value in self.choices or (self.free and isinstance(value, str))
        if self.low is None or self.high is None:
            return isinstance(value, bool)
        return type(value) is int and self.low <= value <= self.high

    def allowed(self) -> str:
        """What it may hold, in words."""
        if self.choices:
            return ", ".join(repr(c) for c in self.choices) + (" or a name" if self.free else "")
        return "true, false" if self.low is None else f"whole numbers from {self.low} to {self.high}"

    def can_be_set(self, value: Value) -> bool:
        return self.settable is None or value in self.settable

    def reached(self, value: Value, wanted: Value) -> bool:
        """Whether a value read back is the one commanded."""
        if self.near and isinstance(value, (int, float)) and isinstance(wanted, (int, float)):
            return abs(value - wanted) <= self.near
        return value == wanted


def _number(low: int, high: int, default: int, within_s: float = 1.0, near: int = 0) -> Target:
    return Target(low=low, high=high, default=default, within_s=within_s, near=near)


def _choice(*choices: str) -> Target:
    """The first is the default."""
    return Target(choices=choices, default=choices[0])


SWITCH = Target()
COUNT = Target(low=0, high=254, counts=True, default=0, within_s=3.0)
"""One byte less its last value, which says 'no change' on the bus."""
WINDOW = _number(0, 100, 0, within_s=8.0, near=3)
"""Per cent open. A motor needs five seconds or so from stop to stop, and stops where it stops."""
TRUNK = Target(("closed", "open"), default="closed", standing=("open",), within_s=12.0)
LATCH = Target(("closed", "open"), default="closed", settable=("open",), standing=("open",), within_s=2.0)
"""It springs open and is closed by hand."""
LOCK = Target(default=True, standing=(False,))

AMBIENT_COLOURS = ("white", "red", "green", "blue", "orange", "purple")
GENRES = ("", "rock", "pop", "jazz", "classical", "blues", "reggae", "hip_hop", "electronic", "eighties")
DESTINATIONS = ("home", "work", "airport", "station", "city_centre", "hospital", "hotel", "beach")
PLACES = (
    "fuel_station", "charging_station", "parking", "restaurant", "rest_area", "pharmacy", "toilets", "cafe",
)  # fmt: skip
CONTACTS = (
    "home", "work", "mother", "father", "brother", "sister", "wife", "husband", "doctor", "garage", "voicemail",
    "emergency",
)  # fmt: skip

TARGETS: dict[str, Target] = {
    "lights.low_beam": SWITCH,
    "lights.high_beam": SWITCH,
    "lights.fog_lights": SWITCH,
    "lights.hazard_lights": SWITCH,
    "lights.interior_light": SWITCH,
    "lights.parking_lights": SWITCH,
    "lights.auto": SWITCH,
    "lights.flash": COUNT,
    "lights.ambient": _choice(*AMBIENT_COLOURS),
    "climate.air_conditioning": SWITCH,
    "climate.heating": SWITCH,
    "climate.temperature_c": _number(15, 30, 21),
    "climate.fan": _number(1, 5, 2),
    "climate.air": _choice("face", "feet", "windscreen"),
    "climate.defrost_front": SWITCH,
    "climate.defrost_rear": SWITCH,
    "climate.heated_driver": SWITCH,
    "climate.heated_passenger": SWITCH,
    "climate.heated_steering_wheel": SWITCH,
    "climate.inside_c": Target(low=-60, high=120, default=20, settable=()),
    "climate.outside_c": Target(low=-60, high=120, default=12, settable=()),
    "windows.driver": WINDOW,
    "windows.passenger": WINDOW,
    "windows.rear_left": WINDOW,
    "windows.rear_right": WINDOW,
    "windows.sunroof": WINDOW,
    "doors.locked": LOCK,
    "doors.open": Target(settable=()),
    "hatches.trunk": TRUNK,
    "hatches.bonnet": LATCH,
    "hatches.fuel_flap": LATCH,
    "hatches.charge_port": LATCH,
    "wipers.mode": _choice("off", "slow", "fast", "intermittent", "automatic"),
    "wipers.wash": COUNT,
    "media.playing": SWITCH,
    "media.source": _choice("radio", "bluetooth", "usb", "podcast"),
    "media.genre": _choice(*GENRES),
    "media.station": _number(1, 10, 1),
    "media.station_name": Target(("",), default="", free=True),
    "media.track": _number(1, 9999, 1),
    "media.volume": _number(0, 100, 40),
    "media.muted": SWITCH,
    "navigation.destination": _choice("", *DESTINATIONS, *PLACES),
    "navigation.minutes_left": Target(low=0, high=2880, default=0, settable=()),
    "navigation.avoid_tolls": SWITCH,
    "navigation.avoid_motorways": SWITCH,
    "navigation.avoid_ferries": SWITCH,
    "navigation.avoid_traffic": SWITCH,
    "phone.state": _choice("idle", "ringing", "in_call"),
    "phone.contact": Target(("", *CONTACTS), default="", free=True),
    "phone.last": Target(("", *CONTACTS), default="", free=True),
}

GROUPS: dict[str, tuple[str, ...]] = {
    "lights.headlights": ("lights.low_beam",),
    "windows.rear": ("windows.rear_left", "windows.rear_right"),
    "windows.all": ("windows.driver", "windows.passenger", "windows.rear_left", "windows.rear_right"),
}
"""What a driver calls by one name. The sunroof is no window."""
