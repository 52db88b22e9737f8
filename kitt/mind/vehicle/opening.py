"""The vehicle that the settings name."""

from __future__ import annotations

from kitt.config import VehicleConfig
from kitt.errors import KittError
from kitt.mind.vehicle.action import Vehicle
from kitt.mind.vehicle.simulated import SimulatedCar


def open_vehicle(config: VehicleConfig) -> Vehicle:
    """A simulated car unless the settings say kind = "can". Raises KittError where that one cannot be had."""
    if config.kind == "simulated":
        return SimulatedCar()
    try:
        from kitt.mind.vehicle.can_car import open_can_car
    except ImportError as e:
        raise KittError(
            f"[vehicle] kind = 'can' needs python-can and cantools ({e.name} is missing): pip install 'kitt[can]'"
        ) from e
    return open_can_car(config)
