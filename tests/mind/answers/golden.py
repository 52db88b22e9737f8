"""Scenes by name, for the golden answers of golden.toml, and the questions asked of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kitt.mind.view import Sightings, View
from kitt.types import (
    BICYCLE,
    BUS,
    CAR,
    LIGHT_GREEN,
    LIGHT_OFF,
    LIGHT_RED,
    LIGHT_YELLOW,
    MOTORCYCLE,
    PERSON,
    STOP_SIGN,
    TRAFFIC_LIGHT,
    TRUCK,
    Scene,
    Signals,
    Warning,
)
from tests.mind.scenes import S, Thing, scene

NOW_S = 600.0


def aside(id: int, class_id: int, distance_m: float, lateral_m: float, **more: object) -> Thing:
    """What is not in our way."""
    thing = Thing(id, class_id, distance_m, lateral_m=lateral_m, in_path=False, lead=False)
    return replace(thing, **more)  # type: ignore[arg-type]


def view(
    things: Iterable[Thing] = (),
    *,
    at_s: float = NOW_S,
    age_s: float = 0.1,
    speed_mps: float | None = None,
    warnings: tuple[Warning, ...] = (),
    before: Iterable[Scene] = (),
    std_share: float = 0.05,
) -> View:
    """A view of these things as of `at_s`, the picture `age_s` old; `before` are scenes that went by."""
    present = scene(things, at_s - age_s, 1800)
    present = replace(present, distance_std_m=present.distance_m * std_share)
    sightings = Sightings()
    for past in (*sorted(before, key=lambda s: s.t_ns), present):
        sightings.see(past)
    return View(round(at_s * S), present, Signals(speed_mps), warnings, sightings)


def warning(event: str, ago_s: float, track_id: int, **numbers: float) -> Warning:
    return Warning(event, 0, round((NOW_S - ago_s) * S), 1500, track_id, "Brake!", "en", numbers)


LEAD = Thing(1, CAR, 30.2)
WALKER = aside(2, PERSON, 12.0, -4.0)
CYCLIST = aside(3, BICYCLE, 18.0, 3.2)
RED = aside(4, TRAFFIC_LIGHT, 41.0, 1.0, light=LIGHT_RED)
GREEN = aside(5, TRAFFIC_LIGHT, 41.0, -3.5, light=LIGHT_GREEN)
CROSSING = [
    Thing(1, CAR, 11.4, closing_mps=3.0),
    aside(6, CAR, 24.6, -3.4),
    WALKER,
    aside(7, PERSON, 14.0, -5.0),
    RED,
    aside(8, TRUCK, 52.0, 6.0),
    aside(9, MOTORCYCLE, 60.0, -7.0),
]
VIEWS = {
    "empty": view(),
    "lead": view([LEAD, WALKER], speed_mps=13.9),
    "crossing": view(CROSSING, speed_mps=0.0),
    "parked": view([aside(1, CAR, 9.0, 3.0), aside(2, CAR, 16.0, 3.1), aside(3, CAR, 21.0, -3.9)]),
    "closing": view([Thing(1, CAR, 25.0, closing_mps=5.0, rate_std=0.02)], speed_mps=20.0),
    "leaving": view([Thing(1, TRUCK, 40.0, closing_mps=-6.0, rate_std=0.02)], speed_mps=-1.2),
    "following": view([Thing(1, MOTORCYCLE, 26.0, closing_mps=0.1, rate_std=0.02)]),
    "edge": view(
        [aside(1, CAR, 3.3, 1.6, ttc_s=0.66), Thing(2, CAR, 14.0, closing_mps=4.0), aside(3, PERSON, 12.0, -4.0)]
    ),
    "doubtful": view([Thing(1, CAR, 35.0, closing_mps=2.0, rate_std=0.06)], std_share=0.4),
    "red": view([RED, LEAD]),
    "two lights": view([RED, GREEN]),
    "green lights": view([GREEN, replace(GREEN, id=6, lateral_m=3.0)]),
    "odd lights": view([replace(RED, light=0)]),
    "amber and off": view([replace(RED, light=LIGHT_YELLOW), replace(GREEN, light=LIGHT_OFF)]),
    "far light": view([aside(4, TRAFFIC_LIGHT, 75.0, -11.0, light=LIGHT_RED)]),
    "truck": view([Thing(1, TRUCK, 20.0), CYCLIST]),
    "crowd": view([aside(i, PERSON, 20.0 + i, -3.0 - 0.1 * i) for i in range(14)]),
    "guess": view([LEAD, aside(2, PERSON, 12.0, -4.0, unseen_s=0.6), aside(3, BUS, 15.0, 4.0, score=0.2)]),
    "one metre": view([Thing(1, BUS, 1.1), aside(2, PERSON, 0.3, 2.0)]),
    "never a picture": View(round(NOW_S * S)),
    "camera lost": view([LEAD], age_s=5.0),
    "memory": view(
        before=[
            scene([aside(1, STOP_SIGN, 20.0, 3.0)], NOW_S - 125.0, 10),
            scene([aside(2, BICYCLE, 8.0, -2.5)], NOW_S - 20.0, 20),
            scene([Thing(3, CAR, 8.0)], NOW_S - 61.0, 15),
            scene([aside(4, PERSON, 9.0, 0.5)], NOW_S - 1.0, 30),
        ],
    ),
    "window": replace(view(before=[scene([], NOW_S - 130.0, 10)]), begun_ns=0),
    "just begun": replace(view(), begun_ns=0),
    "collision": view(
        [Thing(1, CAR, 25.0)],
        warnings=(
            warning("headway", 60.0, 1, headway_s=0.55, limit_headway_s=0.6),
            warning("forward_collision", 10.0, 1, ttc_s=1.84, limit_ttc_s=2.4, distance_m=20.3, speed_mps=13.0),
        ),
    ),
    "someone": view(
        warnings=(warning("vulnerable_in_path", 1.0, 99, distance_m=12.4, limit_distance_m=24.9),),
    ),
    "tailgating": view([LEAD], warnings=(warning("headway", 75.0, 1, headway_s=0.55, limit_headway_s=0.6),)),
    "sign": view(warnings=(warning("stop_sign", 200.0, 99, distance_m=38.9, limit_distance_m=40.0),)),
    "turned green": view(warnings=(warning("light_green", 5.0, 99, distance_m=22.0, limit_distance_m=60.0),)),
    "moved off": view([LEAD], warnings=(warning("lead_departed", 4.0, 1, moved_m=3.2, limit_moved_m=2.5),)),
    "was lost": view(warnings=(warning("camera_lost", 3700.0, -1, silent_s=1.02, limit_silent_s=1.0),)),
    "own event": view(warnings=(warning("own", 10.0, -1),)),
}
A = "object"
QUESTIONS: tuple[tuple[str, str, dict[str, str | int], str], ...] = (
    ("empty", "EyesDescribe", {}, "metres"),
    ("empty", "EyesSide", {"side": "ahead"}, "metres"),
    ("empty", "EyesSide", {"side": "left"}, "metres"),
    ("empty", "EyesSide", {"side": "behind"}, "metres"),
    ("empty", "EyesSee", {A: "stop sign"}, "metres"),
    ("empty", "EyesSee", {A: "person", "side": "right"}, "metres"),
    ("empty", "EyesCount", {A: "car"}, "metres"),
    ("empty", "EyesDistance", {A: "bicycle"}, "metres"),
    ("empty", "EyesCloser", {}, "metres"),
    ("empty", "EyesLightColour", {}, "metres"),
    ("empty", "EyesSafe", {}, "metres"),
    ("empty", "EyesLastSeen", {A: "bus"}, "metres"),
    ("empty", "EyesWhatWasThat", {}, "metres"),
    ("empty", "EyesWhyWarned", {}, "metres"),
    ("empty", "EyesHealth", {}, "metres"),
    ("empty", "EyesSpeed", {}, "metres"),
    ("empty", "EyesSpeedLimit", {}, "metres"),
    ("lead", "EyesDescribe", {}, "metres"),
    ("lead", "EyesDescribe", {}, "feet"),
    ("lead", "EyesSide", {"side": "left"}, "metres"),
    ("lead", "EyesDistance", {A: "car"}, "metres"),
    ("lead", "EyesDistance", {A: "car"}, "feet"),
    ("lead", "EyesDistance", {A: "person"}, "metres"),
    ("lead", "EyesSafe", {}, "metres"),
    ("lead", "EyesSpeed", {}, "metres"),
    ("lead", "EyesSpeed", {}, "feet"),
    ("lead", "EyesLastSeen", {A: "person"}, "metres"),
    ("crossing", "EyesDescribe", {}, "metres"),
    ("crossing", "EyesSide", {"side": "left"}, "metres"),
    ("crossing", "EyesSide", {"side": "ahead"}, "metres"),
    ("crossing", "EyesSee", {A: "person"}, "metres"),
    ("crossing", "EyesCount", {A: "car"}, "metres"),
    ("crossing", "EyesCount", {A: "person"}, "metres"),
    ("crossing", "EyesDistance", {A: "car"}, "metres"),
    ("crossing", "EyesDistance", {A: "car", "side": "left"}, "metres"),
    ("crossing", "EyesSafe", {}, "metres"),
    ("crossing", "EyesSpeed", {}, "metres"),
    ("parked", "EyesDistance", {A: "car"}, "metres"),
    ("parked", "EyesDistance", {A: "car", "side": "right"}, "metres"),
    ("parked", "EyesDistance", {A: "car", "other_than": 1}, "metres"),
    ("parked", "EyesCount", {A: "car"}, "metres"),
    ("parked", "EyesCloser", {A: "car"}, "metres"),
    ("parked", "EyesSee", {A: "car"}, "metres"),
    ("closing", "EyesCloser", {A: "car"}, "metres"),
    ("closing", "EyesCloser", {}, "feet"),
    ("closing", "EyesSafe", {}, "metres"),
    ("edge", "EyesSafe", {}, "metres"),
    ("edge", "EyesDistance", {A: "car", "side": "right"}, "metres"),
    ("edge", "EyesCloser", {A: "car", "side": "right"}, "metres"),
    ("edge", "EyesCloser", {A: "car", "side": "left"}, "metres"),
    ("someone", "EyesSafe", {}, "metres"),
    ("leaving", "EyesCloser", {A: "truck"}, "metres"),
    ("leaving", "EyesSpeed", {}, "metres"),
    ("following", "EyesCloser", {}, "metres"),
    ("doubtful", "EyesCloser", {A: "car"}, "metres"),
    ("doubtful", "EyesDistance", {A: "car"}, "metres"),
    ("red", "EyesLight", {"colour": "green"}, "metres"),
    ("red", "EyesLight", {"colour": "red"}, "metres"),
    ("red", "EyesLightColour", {}, "metres"),
    ("red", "EyesDescribe", {}, "metres"),
    ("two lights", "EyesLight", {"colour": "green"}, "metres"),
    ("two lights", "EyesCount", {A: "traffic light"}, "metres"),
    ("green lights", "EyesLight", {"colour": "green"}, "metres"),
    ("green lights", "EyesLight", {"colour": "red"}, "metres"),
    ("green lights", "EyesLightColour", {}, "metres"),
    ("odd lights", "EyesLightColour", {}, "metres"),
    ("odd lights", "EyesDescribe", {}, "metres"),
    ("amber and off", "EyesDescribe", {}, "metres"),
    ("far light", "EyesLight", {"colour": "red"}, "metres"),
    ("truck", "EyesSee", {A: "car"}, "metres"),
    ("truck", "EyesDistance", {A: "car"}, "metres"),
    ("truck", "EyesCount", {A: "car"}, "metres"),
    ("truck", "EyesSee", {A: "bicycle"}, "metres"),
    ("crowd", "EyesDescribe", {}, "metres"),
    ("crowd", "EyesCount", {A: "person"}, "metres"),
    ("guess", "EyesDescribe", {}, "metres"),
    ("one metre", "EyesDescribe", {}, "metres"),
    ("one metre", "EyesDistance", {A: "bus"}, "feet"),
    ("never a picture", "EyesDescribe", {}, "metres"),
    ("never a picture", "EyesHealth", {}, "metres"),
    ("camera lost", "EyesSafe", {}, "metres"),
    ("camera lost", "EyesSide", {"side": "behind"}, "metres"),
    ("camera lost", "EyesLastSeen", {A: "car"}, "metres"),
    ("memory", "EyesLastSeen", {A: "stop sign"}, "metres"),
    ("memory", "EyesLastSeen", {A: "bicycle"}, "feet"),
    ("memory", "EyesLastSeen", {A: "car"}, "metres"),
    ("memory", "EyesLastSeen", {A: "person"}, "metres"),
    ("memory", "EyesLastSeen", {A: "truck"}, "metres"),
    ("window", "EyesLastSeen", {A: "stop sign"}, "metres"),
    ("window", "EyesWhyWarned", {}, "metres"),
    ("just begun", "EyesLastSeen", {A: "bicycle"}, "metres"),
    ("just begun", "EyesWhatWasThat", {}, "metres"),
    ("never a picture", "EyesLastSeen", {A: "car"}, "metres"),
    ("never a picture", "EyesWhyWarned", {}, "metres"),
    ("collision", "EyesWhatWasThat", {}, "metres"),
    ("collision", "EyesWhyWarned", {}, "metres"),
    ("collision", "EyesWhyWarned", {}, "feet"),
    ("someone", "EyesWhatWasThat", {}, "metres"),
    ("someone", "EyesWhyWarned", {}, "feet"),
    ("tailgating", "EyesWhatWasThat", {}, "metres"),
    ("tailgating", "EyesWhyWarned", {}, "metres"),
    ("sign", "EyesWhatWasThat", {}, "metres"),
    ("turned green", "EyesWhatWasThat", {}, "metres"),
    ("moved off", "EyesWhyWarned", {}, "metres"),
    ("was lost", "EyesWhatWasThat", {}, "metres"),
    ("own event", "EyesWhyWarned", {}, "metres"),
)
