"""Questions to the car: answered from what it says of itself, and where it says nothing, that is said.

Nothing is known here of maps, traffic, titles or messages: no car tells kitt, and kitt makes nothing up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kitt.mind.replies import Reply
from kitt.mind.talk import Talk
from kitt.mind.turn import Evidence
from kitt.mind.vehicle.action import Action, Vehicle
from kitt.mind.vehicle.targets import DESTINATIONS, PLACES, Value
from kitt.mind.vehicle.wording import confirm


@dataclass(frozen=True)
class Told:
    """A sentence of an answer, with what the car said that stands in it."""

    text: str
    values: Mapping[str, float | int | str]


@dataclass(frozen=True)
class Asked:
    """A question with the car it is put to."""

    slots: Mapping[str, str | int]
    vehicle: Vehicle
    talk: Talk
    t_ns: int

    def read(self, target: str) -> Value | None:
        """As the car last said it, None while not known."""
        reading = self.vehicle.read(target)
        return None if reading is None else reading.value

    def say(self, key: str, **values: float | int | str) -> Told:
        return Told(self.talk.say(key, **values).text, values)

    def stands(self, intent: str, slot: str, value: Value) -> Told:
        """How it stands, in the words that confirm an action: "Route to the airport." """
        action = Action(intent, {slot: str(value)}, self.t_ns, value=value, confirmed=True)
        return Told(confirm(action, self.talk.language), {slot: value})


def answer(intent: str, slots: Mapping[str, str | int], vehicle: Vehicle, talk: Talk, t_ns: int) -> Reply:
    """The answer to one of INTENTS. The car's `poll` is called first, so that it is as of now."""
    vehicle.poll(t_ns)
    told = _WAYS[intent](Asked(slots, vehicle, talk, t_ns))
    values = {name: value for one in told for name, value in one.values.items()}
    # without values the car told nothing, and no wit follows "I do not know"
    return Reply(" ".join(one.text for one in told), evidence=Evidence(values=values), may_joke=bool(values))


def _temperature(q: Asked) -> list[Told]:
    place = "inside" if q.slots.get("place", "inside") == "inside" else "outside"
    degrees = q.read(f"climate.{place}_c")
    if degrees is None:
        return [q.say("car.unknown")]
    n = int(degrees)
    form = "below" if n < 0 else "one" if n == 1 else "many"
    return [Told(q.say(f"car.{place}_{form}", degrees=abs(n)).text, {"degrees": n, "place": place})]


def _playing(q: Asked) -> list[Told]:
    playing, source = q.read("media.playing"), q.read("media.source")
    if playing is None or source is None:
        return [q.say("car.unknown")]
    if not playing:
        return [q.say("car.silent")]
    told = [q.stands("MediaSource", "source", source)]
    name, station, track = q.read("media.station_name"), q.read("media.station"), q.read("media.track")
    if source == "radio" and (name or station is not None):
        told.append(q.stands("RadioStation", "station", name or station or 0))
    elif source != "radio" and track is not None:
        told.append(q.say("car.track", track=int(track)))
    return [*told, q.say("car.no_title")]


def _route(q: Asked) -> Told | None:
    """Where the navigation leads, None where that is not known; an empty text where it leads nowhere."""
    destination = q.read("navigation.destination")
    if destination in DESTINATIONS:
        return q.stands("NavigateTo", "destination", str(destination))
    if destination in PLACES:
        return q.stands("NavigateNearest", "place", str(destination))
    return None if destination is None else Told("", {})


def _arrival(q: Asked) -> list[Told]:
    route, minutes = _route(q), q.read("navigation.minutes_left")
    if route is not None and not route.text:
        return [q.say("route.none")]
    if not minutes:
        return [q.say("car.unknown")]
    return [_minutes(q, int(minutes))]


def _distance(q: Asked) -> list[Told]:
    """The car tells the time that is left and never the way."""
    route, minutes = _route(q), q.read("navigation.minutes_left")
    if route is not None and not route.text:
        return [q.say("route.none")]
    return [q.say("route.no_distance"), *([_minutes(q, int(minutes))] if minutes else [])]


def _minutes(q: Asked, minutes: int) -> Told:
    said = q.talk.say("route.minutes_one" if minutes == 1 else "route.minutes", minutes=minutes)
    return Told(said.text, {"minutes": minutes})


def _where(q: Asked) -> list[Told]:
    route = _route(q)
    return [q.say("route.no_position"), *([route] if route and route.text else [])]


def _turn(q: Asked) -> list[Told]:
    route = _route(q)
    if route is not None and not route.text:
        return [q.say("route.none")]
    return [q.say("route.no_turns")]


_WAYS: dict[str, Callable[[Asked], list[Told]]] = {
    "TemperatureAsk": _temperature,
    "MediaWhat": _playing,
    "NavigateArrival": _arrival,
    "NavigateDistance": _distance,
    "NavigateTraffic": lambda q: [q.say("route.no_traffic")],
    "NavigateWhere": _where,
    "NavigateNextTurn": _turn,
    "PhoneMessages": lambda q: [q.say("car.no_messages")],
}
INTENTS = tuple(_WAYS)
