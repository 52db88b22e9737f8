"""A real car on its CAN bus: sends the comfort commands of can_table.py and reads the status messages that answer.

No thread and no clock of its own: the runtime calls `poll`. Nothing but the table's command messages is ever sent.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, Protocol

import can

from kitt.config import VehicleConfig
from kitt.errors import KittError
from kitt.mind.vehicle.action import Reading
from kitt.mind.vehicle.can_database import OURS, Layout, load
from kitt.mind.vehicle.can_table import WIRES
from kitt.mind.vehicle.targets import Value

STALE_S = 2.0
"""What the car has not said again for so long is not known any more; it should say everything ten times a second."""
FRAMES_A_POLL = 2000
"""Half a second of a full bus: a flood on it must not hold up the loop that calls."""
BUS_OFF, RESTARTED = 0x40, 0x100
"""Bits in the id of an error frame, as Linux reports them (linux/can/error.h)."""
DOWN = (errno.ENETDOWN, errno.ENETUNREACH, errno.ENODEV, errno.ENXIO)


class Bus(Protocol):
    """The part of can.BusABC that is used."""

    def send(self, msg: can.Message) -> None: ...

    def recv(self, timeout: float | None = None) -> can.Message | None: ...

    def shutdown(self) -> None: ...


class CanCar:
    """The car behind a bus. Opened by `open_can_car`; `close` gives the bus back."""

    def __init__(self, bus: Bus, layout: Layout) -> None:
        self._bus = bus
        self._layout = layout
        self._said: dict[str, tuple[Value, int]] = {}
        """By target: what the car said, and when that was read."""
        self._lacks: set[str] = set()
        self._commanded: set[str] = set()
        """Targets of which nothing was heard since they were commanded."""
        self._now_ns = 0
        self._off = False
        self.spoilt_frames = 0
        """Status messages that were too short."""

    def has(self, target: str) -> bool:
        """A car that says 'unknown' of a target has it not, or does not now."""
        return target in WIRES and target not in self._lacks

    def read(self, target: str) -> Reading | None:
        value, t_ns = self._said.get(target, (None, 0))
        if value is None or self._now_ns - t_ns > STALE_S * 1e9:
            return None
        return Reading(value, target not in self._commanded)

    def send(self, values: Mapping[str, Value], t_ns: int) -> str:
        trouble = self.poll(t_ns)
        if trouble:
            return trouble
        for message, data in self._layout.encode(values):
            try:
                self._bus.send(
                    can.Message(arbitration_id=message.frame_id, is_extended_id=message.is_extended_frame, data=data)
                )
            except (can.CanError, OSError) as e:
                return _trouble(e)
        self._commanded |= set(values)
        return ""

    def poll(self, t_ns: int) -> str:
        if t_ns < self._now_ns:
            # the clock was set back: what was said then is of no known age
            self._said.clear()
        self._now_ns = t_ns
        for _ in range(FRAMES_A_POLL):
            try:
                frame = self._bus.recv(timeout=0)
            except (can.CanError, OSError) as e:
                return _trouble(e)
            if frame is None:
                break
            self._take(frame, t_ns)
        return "bus_off" if self._off else ""

    def close(self) -> None:
        self._bus.shutdown()

    def _take(self, frame: can.Message, t_ns: int) -> None:
        if frame.is_error_frame:
            if frame.arbitration_id & BUS_OFF:
                self._off = True
            elif frame.arbitration_id & RESTARTED:
                self._off = False
            return
        if frame.is_remote_frame:
            return
        self._off = False
        said = self._layout.decode(frame.arbitration_id, frame.is_extended_id, bytes(frame.data))
        if said is None:
            return
        self.spoilt_frames += not said
        for target, value in said.items():
            self._commanded.discard(target)
            if value is None:
                self._lacks.add(target)
                self._said.pop(target, None)
            else:
                self._lacks.discard(target)
                self._said[target] = (value, t_ns)


def open_can_car(config: VehicleConfig) -> CanCar:
    """Opens the bus of `[vehicle]`. Raises KittError for a file or an interface that is no good."""
    layout = load(config.dbc or OURS)
    where = f"[vehicle] interface = '{config.interface}', channel = '{config.channel}'"
    try:
        bus: Any = can.Bus(interface=config.interface, channel=config.channel)
    except can.CanInterfaceNotImplementedError as e:
        known = ", ".join(sorted(can.VALID_INTERFACES))
        raise KittError(f"{where}: python-can cannot use this interface: {_line(e)}; it knows: {known}") from e
    except (can.CanError, OSError, ValueError, TypeError, ImportError) as e:
        raise KittError(f"{where}: cannot be opened: {_line(e)}; is it there and up? (ip link show)") from e
    return CanCar(bus, layout)


def _trouble(e: Exception) -> str:
    code = e.error_code if isinstance(e, can.CanError) else getattr(e, "errno", None)
    return "bus_off" if code in DOWN else "not_sent"


def _line(e: Exception) -> str:
    return " ".join(str(e).split())
