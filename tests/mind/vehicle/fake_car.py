"""A car at the other end of a virtual CAN bus: takes the commands of comfort.dbc and says how it stands."""

from typing import Any

import can
import cantools

from kitt.mind.vehicle.can_database import OURS
from kitt.mind.vehicle.can_table import COMMANDS, NO_CHANGE, STATUSES, WIRES
from kitt.mind.vehicle.targets import TARGETS


class FakeCar:
    """`answer` takes in what is on the bus and sends every status. `deaf`: signals that it does not move."""

    def __init__(self, channel: str, unknown: tuple[str, ...] = (), deaf: tuple[str, ...] = ()) -> None:
        self.bus = can.Bus(channel, interface="virtual")
        self.database: Any = cantools.database.load_file(str(OURS))
        self.frames: list[can.Message] = []
        self.unknown, self.deaf = unknown, deaf
        self.signals: dict[str, dict[str, Any]] = {name: {} for name in STATUSES}
        for target, wire in WIRES.items():
            default = TARGETS[target].default
            value = ("on" if default else "off") if isinstance(default, bool) else default
            self.signals[wire.status][wire.signal] = "unknown" if target in unknown else value

    def answer(self) -> None:
        self.hear()
        self.tell()

    def hear(self) -> None:
        while frame := self.bus.recv(timeout=0):
            self.frames.append(frame)
            message = self.database.get_message_by_frame_id(frame.arbitration_id)
            assert message.name in COMMANDS
            for name, value in message.decode(bytes(frame.data)).items():
                if str(value) != NO_CHANGE and name not in self.deaf:
                    said = value if isinstance(value, (int, float)) else str(value)
                    self.signals["Car" + message.name.removeprefix("Kitt")][name] = said

    def tell(self) -> None:
        for name, signals in self.signals.items():
            message = self.database.get_message_by_name(name)
            self.raw(message.frame_id, message.encode(signals))

    def raw(self, frame_id: int, data: bytes, *, error: bool = False, remote: bool = False) -> None:
        self.bus.send(
            can.Message(
                arbitration_id=frame_id,
                data=b"" if remote else data,
                is_extended_id=error,
                is_error_frame=error,
                is_remote_frame=remote,
            )
        )
