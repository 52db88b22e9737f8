"""A DBC file is held against the table before anything is sent."""

import re
from pathlib import Path

import pytest

from kitt.errors import KittError
from kitt.mind.vehicle.can_database import OURS, load
from kitt.mind.vehicle.can_table import COMMANDS, STATUSES, WIRES
from kitt.mind.vehicle.targets import TARGETS


def changed(tmp_path: Path, pattern: str, by: str) -> Path:
    text, count = re.subn(pattern, by, OURS.read_text(encoding="utf-8"), count=1)
    assert count == 1
    path = tmp_path / "mine.dbc"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_own_file_holds_every_wire_and_nothing_else() -> None:
    layout = load()
    assert set(layout.commands) == COMMANDS
    assert {m.name for m in layout.statuses.values()} == STATUSES
    signals = {(m.name, s.name) for m in (*layout.commands.values(), *layout.statuses.values()) for s in m.signals}
    wires = {(name, w.signal) for w in WIRES.values() for name in (w.command, w.status) if name}
    assert signals == wires
    assert all(m.comment for m in (*layout.commands.values(), *layout.statuses.values()))


def test_every_target_that_can_be_set_survives_the_way_there() -> None:
    layout = load()
    for target, wire in WIRES.items():
        t = TARGETS[target]
        values = t.choices or ((False, True) if t.low is None or t.high is None else (t.low, t.high))
        for value in values if wire.command else ():
            ((message, data),) = layout.encode({target: value})
            assert message.name == wire.command
            said = message.decode(data)
            assert {str(v) for name, v in said.items() if name != wire.signal} <= {"no_change"}
            status = next(m for m in layout.statuses.values() if m.name == wire.status)
            read = layout.decode(
                status.frame_id, False, status.encode({**_nothing(status), wire.signal: said[wire.signal]})
            )
            assert read is not None
            assert read[target] == value
            assert type(read[target]) is type(value)


def _nothing(status: object) -> dict[str, str]:
    return {s.name: "unknown" for s in status.signals}  # type: ignore[attr-defined]


# fmt: off
BROKEN = [
    (r"(?s) SG_ Volume :[^\n]*\n(.*)VAL_ 1763 Volume [^\n]*\n", r"\1",
     "mine.dbc: message 'KittMedia' lacks the signal 'Volume'"),
    (r"BO_ 1777 CarClimate", "BO_ 1777 CarAir", "mine.dbc: message 'CarClimate' is missing"),
    (r'VAL_ 1764 WiperMode .*;', 'VAL_ 1764 WiperMode 0 "off" 1 "slow" 15 "no_change" ;',
     "signal 'WiperMode' of 'KittWipers' lacks the value name 'fast'"),
    (r'VAL_ 1763 Volume 255 "no_change" ;', "", "signal 'Volume' of 'KittMedia' lacks the value name 'no_change'"),
    (r"\[15\|255\]", "[18|28]", "signal 'Temperature' of 'KittClimate' holds 18 to 28; needed: 15 to 30"),
    (r"( SG_ WashCount : 8\|8.*\n)", r'\1 SG_ BrakeRequest : 16|8@1+ (1,0) [0|255] "" CAR' + "\n",
     "message 'KittWipers' holds 'BrakeRequest', which kitt does not know and will not send"),
    (r"BO_ 1760 KittLights: 8", "BO_ 1760 KittLights 8", "mine.dbc: not a valid DBC file"),
]
# fmt: on


@pytest.mark.parametrize(("pattern", "by", "said"), BROKEN)
def test_a_file_that_lacks_something_is_named_with_what_it_lacks(
    tmp_path: Path, pattern: str, by: str, said: str
) -> None:
    with pytest.raises(KittError, match=re.escape(said)) as raised:
        load(changed(tmp_path, pattern, by))
    assert "\n" not in str(raised.value)


def test_no_file_and_no_text_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"none\.dbc: cannot read the DBC file: No such file"):
        load(tmp_path / "none.dbc")
    (tmp_path / "noise.dbc").write_bytes(bytes(range(256)))
    with pytest.raises(KittError, match=r"noise\.dbc: not a valid DBC file"):
        load(tmp_path / "noise.dbc")
    (tmp_path / "empty.dbc").write_text("")
    with pytest.raises(KittError, match=r"empty\.dbc: "):
        load(tmp_path / "empty.dbc")


def test_what_no_target_can_hold_is_not_known() -> None:
    layout = load()
    climate = next(m for m in layout.statuses.values() if m.name == "CarClimate")
    signals = {**_nothing(climate), "Temperature": 200, "FanLevel": 0, "OutsideTemperature": -20}
    read = layout.decode(climate.frame_id, False, climate.encode(signals, strict=False))
    assert read is not None
    assert (read["climate.temperature_c"], read["climate.fan"], read["climate.heating"]) == (None, None, None)
    assert read["climate.outside_c"] == -20
    assert layout.decode(climate.frame_id, True, b"12345678") is None, "another message: an extended id"
