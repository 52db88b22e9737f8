"""The messages by which a real car is told and tells: the whole list of what may ever be sent on its bus.

A row a target: the command's message and signal (both "" where it is only read), and the status message that answers.
Signals are called the same in both. The layout is the DBC file's: comfort.dbc or one for your car with these names.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_CHANGE = "no_change"
"""The name, in a command signal's value table, of the value that leaves the target as it is."""
ON, OFF = "on", "off"
"""The names of a switch's two values, in both messages."""


@dataclass(frozen=True)
class Wire:
    command: str
    status: str
    signal: str


def _wires(group: str, signals: dict[str, str], read_only: dict[str, str] | None = None) -> dict[str, Wire]:
    commands = {target: Wire(f"Kitt{group}", f"Car{group}", signal) for target, signal in signals.items()}
    return commands | {target: Wire("", f"Car{group}", signal) for target, signal in (read_only or {}).items()}


WIRES: dict[str, Wire] = {
    **_wires(
        "Lights",
        {
            "lights.low_beam": "LowBeam",
            "lights.high_beam": "HighBeam",
            "lights.fog_lights": "FogLights",
            "lights.hazard_lights": "HazardLights",
            "lights.interior_light": "InteriorLight",
            "lights.parking_lights": "ParkingLights",
            "lights.auto": "AutoLights",
            "lights.ambient": "AmbientColour",
            "lights.flash": "FlashCount",
        },
    ),
    **_wires(
        "Climate",
        {
            "climate.air_conditioning": "AirConditioning",
            "climate.heating": "Heating",
            "climate.defrost_front": "DefrostFront",
            "climate.defrost_rear": "DefrostRear",
            "climate.heated_driver": "HeatedDriverSeat",
            "climate.heated_passenger": "HeatedPassengerSeat",
            "climate.heated_steering_wheel": "HeatedWheel",
            "climate.air": "AirDirection",
            "climate.fan": "FanLevel",
            "climate.temperature_c": "Temperature",
        },
        {"climate.inside_c": "InsideTemperature", "climate.outside_c": "OutsideTemperature"},
    ),
    **_wires(
        "Body",
        {
            "windows.driver": "WindowDriver",
            "windows.passenger": "WindowPassenger",
            "windows.rear_left": "WindowRearLeft",
            "windows.rear_right": "WindowRearRight",
            "windows.sunroof": "Sunroof",
            "doors.locked": "Locked",
            "hatches.trunk": "Trunk",
            "hatches.bonnet": "Bonnet",
            "hatches.fuel_flap": "FuelFlap",
            "hatches.charge_port": "ChargePort",
        },
        {"doors.open": "DoorOpen"},
    ),
    **_wires("Wipers", {"wipers.mode": "WiperMode", "wipers.wash": "WashCount"}),
    **_wires(
        "Media",
        {
            "media.playing": "Playing",
            "media.muted": "Muted",
            "media.source": "Source",
            "media.volume": "Volume",
            "media.station": "Station",
            "media.track": "Track",
        },
    ),
}
COMMANDS = frozenset(w.command for w in WIRES.values() if w.command)
STATUSES = frozenset(w.status for w in WIRES.values())
# Navigation, telephone and genres live in no comfort controller: a car on a bus has them not, and kitt says so.
