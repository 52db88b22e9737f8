"""Runs the frozen conversations (tests/mind/conversations) through the assistant and judges every turn.

python -m tests.mind.conversation_suite [--wrong]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np

from kitt.ears.g2p.numerals import spellings
from kitt.mind.assistant import Assistant
from kitt.mind.reading import Reader
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.types import CLASSES, LIGHT_UNKNOWN, LIGHTS, Scene, Signals, Tracks, Warning

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("conversations")
TURN_NS = 6_000_000_000
FOLLOWED = ("FollowSide", "FollowObject", "FollowOther", "FollowCorrect", "FollowSwitch")
SLOTS = {
    ("TemperatureSet", "temperature"): "degrees",
    ("VolumeSet", "volume"): "percent",
    ("VolumeChange", "direction"): "change",
    ("TemperatureChange", "direction"): "change",
    ("FanChange", "direction"): "change",
    ("PhoneCall", "name"): "contact",
}
"""Slots that the suite calls otherwise than the grammar."""


def scenes() -> dict:
    return tomllib.loads((FOLDER / "scenes.toml").read_text(encoding="utf-8"))


def conversations(language: str) -> list[list[dict]]:
    rows = [json.loads(line) for line in (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()]
    found: dict[str, list[dict]] = {}
    for row in rows:
        found.setdefault(row["conversation"], []).append(row)
    return list(found.values())


def scene_of(spec: dict, index: int, t_ns: int) -> Scene | None:
    """The scene as the road reading would have it; None with a lost camera."""
    if spec["camera"] == "lost":
        return None
    objects = sorted(spec["objects"], key=lambda o: o["id"])
    count = len(objects)

    def column(values):
        return np.array(values, np.float32)

    rates = {True: 0.2, False: 0.0, "unknown": 0.05}
    rate_std = {True: 0.02, False: 0.01, "unknown": 0.2}
    tracks = Tracks(
        np.array([o["id"] for o in objects], np.int64),
        np.tile(column([600, 300, 660, 360]), (count, 1)).reshape(count, 4),
        np.array([CLASSES.index(o["class"]) for o in objects], np.int64),
        column([0.8] * count),
        column([5.0] * count),
        column([0.0] * count),
        column([rates[o.get("closing", False)] for o in objects]),
        column([rate_std[o.get("closing", False)] for o in objects]),
    )
    lights = [LIGHTS.index(o["light"]) if o.get("light") in LIGHTS else LIGHT_UNKNOWN for o in objects]
    lead = next((o["id"] for o in objects if o.get("lead")), -1)
    return Scene(
        index,
        t_ns,
        tracks,
        column([o["distance_m"] for o in objects]),
        column([max(0.5, 0.05 * o["distance_m"]) for o in objects]),
        column([o["lateral_m"] for o in objects]),
        column([o.get("ttc_s", np.nan) for o in objects]),
        np.array([abs(o["lateral_m"]) < 1.5 for o in objects], bool),
        np.array(lights, np.int64),
        lead,
        350.0,
    )


def play(turns: list[dict], language: str, read, book: dict) -> list[tuple[dict, object, str]]:
    """(turn of the suite, turn of the assistant, what was wrong)."""
    mind = Assistant(language=language, car=SimulatedCar(), begun_ns=0)
    out, t_ns, told = [], 600_000_000_000, set()
    for number, expected in enumerate(turns):
        t_ns += TURN_NS
        spec = book["scenes"][expected["scene"]]
        if expected["scene"] not in told:
            told.add(expected["scene"])
            warn(mind, spec, t_ns)
        scene = scene_of(spec, number, t_ns)
        speed = spec["speed_kmh"]
        signals = Signals(None if speed == "unknown" else speed / 3.6)
        if scene is not None:
            mind.see(scene, signals)
        else:
            mind._signals = signals
        said_before = mind.hands.vehicle
        turn = mind.read(expected["say"], t_ns, read)
        assert said_before is mind.hands.vehicle
        out.append((expected, turn, wrong(expected, turn)))
    return out


def warn(mind: Assistant, spec: dict, t_ns: int) -> None:
    """What was seen and warned of before this moment."""
    for sight in spec["sightings"]:
        at = t_ns - int(sight["seconds_ago"] * 1e9)
        seen = {"camera": "ok", "objects": [{"id": 900, "class": sight["class"], "distance_m": 12, "lateral_m": 1}]}
        mind._sightings.see(scene_of(seen, 0, at))
    given = []
    for w in spec["warnings"]:
        at = t_ns - int(w["seconds_ago"] * 1e9)
        given.append(Warning(w["event"], 0, at, 0, -1, w["text"], mind.language, dict(w.get("numbers", {}))))
    mind._warnings += given


def wrong(expected: dict, turn) -> str:
    """What is wrong with a turn, "" for nothing."""
    if turn.intent != expected["intent"]:
        return f"intent {turn.intent or 'none'}"
    for name, value in expected["slots"].items():
        got = turn.slots.get(SLOTS.get((expected["intent"], name), name))
        if got is not None and plain(str(value)) not in plain(str(got)) and plain(str(got)) not in plain(str(value)):
            return f"slot {name}: {got!r}"
    for fact in expected["facts"]:
        if not any(holds(one, turn.said, turn.language) for one in str(fact).split("|")):
            return f"fact {fact!r} is not in {turn.said!r}"
    return ""


def beside(expected: dict, turn) -> str:
    """What else the suite asks for."""
    for never in expected["never"]:
        if re.search(rf"\b{re.escape(never.lower())}\b", turn.said.lower()):
            return f"never {never!r}"
    if expected["asked_back"] != turn.asked_back:
        return "asked back" if turn.asked_back else "did not ask back"
    if (expected["action"] is None) != (not any(a.confirmed for a in turn.actions)):
        return "acted" if expected["action"] is None else f"did not act: {[a.reason for a in turn.actions]}"
    return ""


def plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    return "".join(c for c in split if not unicodedata.combining(c))


def holds(fact: str, said: str, language: str) -> bool:
    ways = [fact]
    if re.fullmatch(r"\d+", fact) and int(fact) < 1000:
        ways += [" ".join(way) for way in spellings(int(fact), language)]
        ways += ["-".join(way) for way in spellings(int(fact), language)]
        if int(fact) == 1:
            ways += {"en": ["a", "an", "one"], "fr": ["un", "une"], "es": ["un", "una", "uno"]}[language]
    return any(re.search(rf"(?<!\w){re.escape(plain(way))}(?!\w)", plain(said)) for way in ways)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the turns that are wrong")
    arguments = parser.parse_args()
    read, book = Reader(), scenes()
    for language in ("en", "fr", "es"):
        rows = [row for turns in conversations(language) for row in play(turns, language, read, book)]
        right = sum(not fault for _, _, fault in rows)
        more = Counter(bool(beside(e, t)) for e, t, f in rows if not f)
        print(
            f"{language}: {right} of {len(rows)} turns right ({right / len(rows):.1%}); "
            f"of these {more[True]} with another fault"
        )
        if arguments.wrong:
            for e, t, fault in rows:
                if note := fault or beside(e, t):
                    print(f"  {e['conversation']} {e['turn']} '{e['say']}' [{e['intent']}]: {note}")
    rows = [json.loads(x) for x in (FOLDER / "paraphrases.jsonl").read_text(encoding="utf-8").splitlines()]
    good = Counter()
    for row in rows:
        found = read(row["say"], row["language"])
        got = found[0] if found else None
        ok = (
            got is not None
            and got.intent == row["intent"]
            and all(str(got.slots.get(k)) == str(v) for k, v in row["slots"].items())
        )
        good[row["language"]] += ok
        if arguments.wrong and not ok:
            print(
                f"  {row['language']} '{row['say']}' [{row['intent']} {row['slots']}]: "
                f"{(got.intent, got.slots) if got else 'none'}"
            )
    print(f"paraphrases: {dict(good)} of {len(rows) // 3} each")


if __name__ == "__main__":
    main()
