"""The conversations' table of actions (its README), held against the simulated car before and after a turn."""

from __future__ import annotations

TARGETS = {
    "climate": "climate.air_conditioning",
    "seat_heating.driver": "climate.heated_driver",
    "seat_heating.passenger": "climate.heated_passenger",
    "defrost.front": "climate.defrost_front",
    "defrost.rear": "climate.defrost_rear",
    "temperature": "climate.temperature_c",
    "fan": "climate.fan",
    "volume": "media.volume",
    "lights.low_beam": "lights.low_beam",
    "lights.high_beam": "lights.high_beam",
    "lights.fog": "lights.fog_lights",
    "lights.interior": "lights.interior_light",
    "ambient": "lights.ambient",
    "doors": "doors.locked",
    "wipers": "wipers.mode",
    "radio": "media.station_name",
}
"""The suite's targets in the car's names; those of `done` beside."""


def done(target: str, value: str | int, before: dict, after: dict) -> bool:
    """Whether the car stands so after the turn."""
    if target in ("phone", "navigation", "media") or target.startswith("window."):
        return _called(target, str(value), before, after)
    if target == "volume" and value in ("mute", "unmute"):
        return after["media.muted"] is (value == "mute")
    if value == "auto":
        return after["lights.auto"] is True
    if target == "washer":
        return after["wipers.wash"] != before["wipers.wash"]
    name = TARGETS[target]
    now, was = after[name], before[name]
    if target == "wipers":
        order = ("off", "intermittent", "slow", "fast")
        faster = order.index(now) - order.index(was)
        return {"on": now != "off", "off": now == "off", "fast": faster > 0, "slow": faster < 0}[str(value)]
    if value in ("up", "down"):
        return now > was if value == "up" else now < was
    return now == {"on": True, "off": False, "lock": True}.get(str(value), value)


def _called(target: str, value: str, before: dict, after: dict) -> bool:
    verb, _, whom = value.partition(" ")
    if target == "phone":
        state, contact = after["phone.state"], after["phone.contact"]
        if verb == "call":
            return state == "in_call" and contact == whom
        return state == {"answer": "in_call", "hang": "idle"}[verb] and before["phone.state"] != state
    if target == "navigation":
        route = after["navigation.destination"]
        if verb == "nearest":
            return route in (whom, f"{whom}_station")
        return route == {"cancel": ""}.get(value, value)
    if target == "media":
        step = {"next": 1, "previous": -1}.get(value, 0)
        if step:
            return after["media.track"] == before["media.track"] + step
        return after["media.playing"] is (value == "play")
    places = {"front_left": ("driver",), "front_right": ("passenger",), "all": ("driver", "passenger")}
    opened = [after[f"windows.{place}"] > 0 for place in places[target.removeprefix("window.")]]
    return all(opened) if value == "open" else not any(opened)
