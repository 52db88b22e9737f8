"""Every car action of the grammar that ships, in one table: intent and slots -> what is set.

A new action is a row here, its target in targets.py and its words in words/*.toml. Limits are the target's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kitt.mind.vehicle.targets import CONTACTS, DESTINATIONS, GENRES, PLACES, Value

When = Mapping[str, tuple[str, ...]]
"""Slot values under which something counts; empty: always."""
ON_OFF: dict[str, Value] = {"on": True, "off": False}


@dataclass(frozen=True)
class Step:
    """As far as that from where it stands; no further than the target's limits."""

    by: int


@dataclass(frozen=True)
class Set:
    """Sets `target` ({slot} is filled in) to one of: `to`; what `values` makes of `slot` (None: the slot itself); what
    the car has at `read`; one more, where the target counts.

    ladder: names in the order of steps; `between` stand half a step above the named one. main: the action is about it;
    others go along where the car has them.
    """

    target: str
    to: Value | Step | None = None
    slot: str = ""
    values: Mapping[str, Value | Step] | None = None
    read: str = ""
    ladder: tuple[str, ...] = ()
    between: Mapping[str, str] = field(default_factory=dict)
    when: When = field(default_factory=dict)
    main: bool = True


@dataclass(frozen=True)
class Only:
    """The action is refused with `reason` unless the target is known to hold one of these, or not known at all."""

    target: str
    among: tuple[Value, ...]
    reason: str
    when: When = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One action. choices: slots that it needs, with their values (empty: a number or a name, as the target has it).
    names: those that may hold a name instead. defaults: slots that need not be heard. undo: "before"
    puts everything back, an intent does that, "" nothing can. asks: the driver must say yes first; so it is, too, for
    whatever only a hand can put back.
    """

    intent: str
    sets: tuple[Set, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    only: tuple[Only, ...] = ()
    undo: str = "before"
    asks: bool = False
    names: tuple[str, ...] = ()


NAMED = "RadioNamed"
"""A station by its name, which the grammar's RadioStation may be where it is typed."""
STATE, CHANGE = {"state": ("on", "off")}, {"change": ("up", "down")}


def _steps(by: int) -> dict[str, Value | Step]:
    return {"up": Step(by), "down": Step(-by)}


_HEADLIGHTS, _WITH_THEM = ("headlights", "low_beam"), ("high_beam", "fog_lights")

# fmt: off
TABLE: dict[str, Row] = {row.intent: row for row in (
    # lights: a switch set by hand ends the automatic; what needs the headlights brings them along
    Row("LightsSet", choices={**STATE, "light": (*_HEADLIGHTS, *_WITH_THEM, "hazard_lights", "interior_light",
                                                 "parking_lights")},
        sets=(Set("lights.{light}", slot="state", values=ON_OFF),
              Set("lights.auto", False, when={"light": _HEADLIGHTS}, main=False),
              Set("lights.low_beam", True, when={"light": _WITH_THEM, "state": ("on",)}, main=False),
              Set("lights.high_beam", False, when={"light": _HEADLIGHTS, "state": ("off",)}, main=False),
              Set("lights.fog_lights", False, when={"light": _HEADLIGHTS, "state": ("off",)}, main=False))),
    Row("LightsAuto", sets=(Set("lights.auto", True),)),
    Row("LightsFlash", sets=(Set("lights.flash"),), undo=""),
    Row("AmbientColour", choices={"colour": ("red", "green", "blue", "white", "orange", "purple")},
        sets=(Set("lights.ambient", slot="colour"),)),

    # climate
    Row("ClimateSet", choices={**STATE, "climate": ("air_conditioning", "heating")},
        sets=(Set("climate.{climate}", slot="state", values=ON_OFF),)),
    Row("TemperatureSet", choices={"degrees": ()}, sets=(Set("climate.temperature_c", slot="degrees"),)),
    Row("TemperatureChange", choices=CHANGE, sets=(Set("climate.temperature_c", slot="change", values=_steps(1)),)),
    Row("FanSpeed", choices={"level": ()}, sets=(Set("climate.fan", slot="level"),)),
    Row("FanChange", choices=CHANGE, sets=(Set("climate.fan", slot="change", values=_steps(1)),)),
    Row("SeatHeating", choices={**STATE, "seat": ("driver", "passenger", "steering_wheel")},
        sets=(Set("climate.heated_{seat}", slot="state", values=ON_OFF),)),
    Row("Defrost", choices={**STATE, "glass": ("front", "rear")}, defaults={"state": "on"},
        sets=(Set("climate.defrost_{glass}", slot="state", values=ON_OFF),)),
    Row("AirDirection", choices={"vent": ("face", "feet", "windscreen")}, sets=(Set("climate.air", slot="vent"),)),

    # windows, doors
    Row("WindowOpen", choices={"window": ("driver", "passenger", "rear", "all", "sunroof"),
                               "amount": ("little", "half", "full")},
        defaults={"window": "driver", "amount": "full"},
        sets=(Set("windows.{window}", slot="amount", values={"little": Step(10), "half": 50, "full": 100}),)),
    Row("WindowClose", choices={"window": ("driver", "passenger", "rear", "all", "sunroof")},
        defaults={"window": "driver"}, sets=(Set("windows.{window}", 0),)),
    Row("DoorsLock", choices={"state": ("locked", "unlocked")},
        sets=(Set("doors.locked", slot="state", values={"locked": True, "unlocked": False}),),
        only=(Only("doors.open", (False,), "door_open", when={"state": ("locked",)}),
              Only("hatches.trunk", ("closed",), "hatch_open", when={"state": ("locked",)}),
              Only("hatches.bonnet", ("closed",), "hatch_open", when={"state": ("locked",)}))),
    Row("HatchOpen", choices={"hatch": ("trunk", "bonnet", "fuel_flap", "charge_port")},
        sets=(Set("hatches.{hatch}", "open"),)),
    Row("TrunkClose", sets=(Set("hatches.trunk", "closed"),)),

    # wipers
    Row("WipersSet", choices=STATE, sets=(Set("wipers.mode", slot="state", values={"on": "slow", "off": "off"}),)),
    Row("WipersSpeed", choices={"speed": ("slow", "fast", "intermittent", "automatic")},
        sets=(Set("wipers.mode", slot="speed"),)),
    Row("WipersChange", choices=CHANGE,
        sets=(Set("wipers.mode", slot="change", values=_steps(1), ladder=("off", "intermittent", "slow", "fast"),
                  between={"automatic": "intermittent"}),)),
    Row("WindscreenWash", sets=(Set("wipers.wash"),), undo=""),

    # media: who changes the volume wants to hear it
    Row("MediaPlay", sets=(Set("media.playing", True),)),
    Row("MediaPause", sets=(Set("media.playing", False),)),
    Row("MediaNext", sets=(Set("media.track", Step(1)),)),
    Row("MediaPrevious", sets=(Set("media.track", Step(-1)),)),
    Row("MediaGenre", choices={"genre": GENRES[1:]},
        sets=(Set("media.genre", slot="genre"), Set("media.playing", True, main=False))),
    Row("RadioStation", choices={"station": ()},
        sets=(Set("media.station", slot="station"), Set("media.station_name", "", main=False),
              Set("media.source", "radio", main=False), Set("media.playing", True, main=False))),
    Row(NAMED, choices={"station": ()},
        sets=(Set("media.station_name", slot="station"), Set("media.source", "radio", main=False),
              Set("media.playing", True, main=False))),
    Row("MediaSource", choices={"source": ("radio", "bluetooth", "usb", "podcast")},
        sets=(Set("media.source", slot="source"), Set("media.playing", True, main=False))),
    Row("RadioSet", choices=STATE,
        sets=(Set("media.source", "radio", when={"state": ("on",)}),
              Set("media.playing", slot="state", values=ON_OFF)),
        only=(Only("media.source", ("radio",), "radio_off", when={"state": ("off",)}),)),
    Row("VolumeSet", choices={"percent": ()},
        sets=(Set("media.volume", slot="percent"), Set("media.muted", False, main=False))),
    Row("VolumeChange", choices=CHANGE,
        sets=(Set("media.volume", slot="change", values=_steps(10)), Set("media.muted", False, main=False))),
    Row("VolumeMute", choices=STATE, sets=(Set("media.muted", slot="state", values=ON_OFF),)),

    # navigation
    Row("NavigateTo", choices={"destination": DESTINATIONS}, sets=(Set("navigation.destination", slot="destination"),)),
    Row("NavigateNearest", choices={"place": PLACES}, sets=(Set("navigation.destination", slot="place"),)),
    Row("NavigateCancel", sets=(Set("navigation.destination", ""),),
        only=(Only("navigation.destination", (*DESTINATIONS, *PLACES), "no_route"),)),
    Row("NavigateAvoid", choices={"avoid": ("tolls", "motorways", "ferries", "traffic")},
        sets=(Set("navigation.avoid_{avoid}", True),)),

    # phone: a call that was made cannot be unmade, only ended
    Row("PhoneCall", choices={"contact": CONTACTS}, undo="PhoneHangUp", asks=True, names=("contact",),
        sets=(Set("phone.contact", slot="contact"), Set("phone.state", "in_call"),
              Set("phone.last", slot="contact", main=False)),
        only=(Only("phone.state", ("idle",), "in_call"),)),
    Row("PhoneRedial", undo="PhoneHangUp", asks=True,
        sets=(Set("phone.contact", read="phone.last"), Set("phone.state", "in_call")),
        only=(Only("phone.state", ("idle",), "in_call"), Only("phone.last", CONTACTS, "no_last_call"))),
    Row("PhoneAnswer", undo="PhoneHangUp", sets=(Set("phone.state", "in_call"),),
        only=(Only("phone.state", ("ringing",), "nobody_calls"),)),
    Row("PhoneDecline", undo="", sets=(Set("phone.state", "idle"), Set("phone.contact", "", main=False)),
        only=(Only("phone.state", ("ringing",), "nobody_calls"),)),
    Row("PhoneHangUp", undo="", sets=(Set("phone.state", "idle"), Set("phone.contact", "", main=False)),
        only=(Only("phone.state", ("in_call",), "no_call"),)),
)}
# fmt: on

QUESTIONS = (
    "TemperatureAsk", "MediaWhat", "NavigateArrival", "NavigateDistance", "NavigateTraffic", "NavigateWhere",
    "NavigateNextTurn", "PhoneMessages",
)  # fmt: skip
"""Intents of the same grammar files that set nothing."""
