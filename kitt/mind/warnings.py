"""Every warning kitt gives, in one table. The conditions are in conditions.py, what runs them is warner.py.

kitt advises; the driver drives. A new warning is a condition and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kitt.mind import conditions
from kitt.mind.conditions import Measure
from kitt.mind.observation import Observation
from kitt.types import Bools


@dataclass(frozen=True)
class Gate:
    """Own speeds, in m/s, between which an event counts. Unknown speed opens it, unless the speed is `needed`."""

    above: float = -1.0
    below: float = 1e9
    needed: bool = False

    def open(self, speed_mps: float | None) -> bool:
        return not self.needed if speed_mps is None else self.above <= speed_mps <= self.below


@dataclass(frozen=True)
class Before:
    """What must have held for `for_s` with the same object, and no longer than `within_s` ago."""

    holds: Callable[[Observation], Bools]
    for_s: float
    within_s: float


@dataclass(frozen=True)
class Event:
    """One row: when it is said, how urgent it is, how it is kept from being said too often, and the words.

    priority: 0 is the most urgent. measure, number: the figure and its name in the log; None = judged by the clock
    alone. above: the figure must exceed its limit, instead of falling below. holds_s: how long it must have done so,
    with the limit widened by `near`, so that a figure on its way there is not waited for. age_s: how long the object
    must be known. slack: the limit is this much wider for what was already warned about; only when that has not held
    for clears_s is the same object warned about again. cool_down_s: from one warning to the next.
    """

    name: str
    priority: int
    number: str
    measure: Callable[[Observation], Measure] | None
    holds_s: float
    slack: float
    clears_s: float
    cool_down_s: float
    text: dict[str, str]
    speed: Gate = Gate()
    before: Before | None = None
    above: bool = False
    near: float = 1.0
    age_s: float = 0.3


# fmt: off
TABLE: tuple[Event, ...] = (
    Event("forward_collision", 0, "ttc_s", conditions.collision,
          holds_s=0.2, near=1.25, slack=1.3, clears_s=1.0, cool_down_s=4.0, speed=Gate(above=1.5),
          text={"en": "Brake! Vehicle ahead.",
                "fr": "Freinez ! Véhicule devant.",
                "es": "¡Frene! Vehículo delante."}),
    Event("vulnerable_in_path", 1, "distance_m", conditions.someone_in_path,
          holds_s=0.2, near=1.3, slack=1.3, clears_s=1.5, cool_down_s=4.0, speed=Gate(above=1.5),
          text={"en": "Careful! Someone on the road ahead.",
                "fr": "Attention ! Quelqu'un sur la route.",
                "es": "¡Cuidado! Alguien en la calzada."}),
    Event("camera_lost", 2, "silent_s", None,
          holds_s=0.0, slack=1.0, clears_s=0.0, cool_down_s=10.0,
          text={"en": "Camera lost. I cannot see the road.",
                "fr": "Caméra perdue. Je ne vois plus la route.",
                "es": "Cámara perdida. No veo la carretera."}),
    Event("headway", 3, "headway_s", conditions.headway,
          holds_s=1.0, slack=1.4, clears_s=3.0, cool_down_s=20.0, speed=Gate(above=8.0, needed=True),
          text={"en": "Too close. Keep your distance.",
                "fr": "Trop près. Gardez vos distances.",
                "es": "Demasiado cerca. Guarde la distancia."}),
    Event("stop_sign", 4, "distance_m", conditions.stop_sign,
          holds_s=0.3, slack=1.5, clears_s=3.0, cool_down_s=8.0, speed=Gate(above=2.0), age_s=0.5,
          text={"en": "Stop sign ahead.",
                "fr": "Panneau stop devant.",
                "es": "Señal de stop delante."}),
    Event("light_green", 5, "distance_m", conditions.light_is_green,
          holds_s=0.2, slack=1.2, clears_s=1.0, cool_down_s=5.0, speed=Gate(below=0.5),
          before=Before(conditions.light_is_red, for_s=1.0, within_s=4.0),
          text={"en": "The light is green.",
                "fr": "Le feu est vert.",
                "es": "El semáforo está en verde."}),
    Event("lead_departed", 6, "moved_m", conditions.lead_moved,
          holds_s=0.2, slack=0.5, clears_s=1.0, cool_down_s=8.0, speed=Gate(below=0.5), above=True,
          before=Before(conditions.lead_stands, for_s=2.0, within_s=3.0),
          text={"en": "The vehicle ahead has moved off.",
                "fr": "Le véhicule devant est parti.",
                "es": "El vehículo de delante ha arrancado."}),
)
# fmt: on
