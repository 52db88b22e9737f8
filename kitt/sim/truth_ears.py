"""What the ears heard held against what is said in a generated drive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kitt.sim.truth_file import TrueSpoken, Truth

Row = dict[str, Any]


def judge_ears(truth: Truth, frame_ns: Sequence[int], events_rows: Sequence[Row], listened: bool) -> dict[str, Any]:
    """Figures for the report: a row for each question, and how many were right, missed, and heard without being asked.

    Right is an accepted command of that language and intent whose words overlap the question. Questions that lie not
    wholly between the first and the last of `frame_ns`, the frames that were replayed, do not count.
    """
    if truth.spoken is None or not listened or not frame_ns:
        return {"spoken": None, "spoken_right": 0, "spoken_missed": 0, "spoken_false": 0}
    heard = [e for e in events_rows if e.get("kind") == "heard"]
    rows, explained = [], set[int]()
    for spoken in truth.spoken:
        there = [k for k, e in enumerate(heard) if _overlaps(spoken, e) and k not in explained]
        right = [k for k in there if _is(spoken, heard[k])][:1]
        explained |= set(right)
        if spoken.from_ns < min(frame_ns) or spoken.to_ns > max(frame_ns):
            continue
        nearest = next(iter(right or there), None)
        rows.append(
            {
                "language": spoken.language,
                "intent": spoken.intent,
                "from_s": _seconds(truth, spoken.from_ns),
                "at_s": None if nearest is None else _seconds(truth, heard[nearest]["t_start_ns"]),
                "heard": "" if nearest is None else _told(heard[nearest]),
                "verdict": "right" if right else "missed",
            }
        )
    hits = sum(row["verdict"] == "right" for row in rows)
    commands = {k for k, e in enumerate(heard) if _is_command(e)}
    false = len(commands - explained)
    return {"spoken": rows, "spoken_right": hits, "spoken_missed": len(rows) - hits, "spoken_false": false}


def _overlaps(spoken: TrueSpoken, event: Row) -> bool:
    return bool(event["t_start_ns"] < spoken.to_ns and event["t_end_ns"] > spoken.from_ns)


def _is(spoken: TrueSpoken, event: Row) -> bool:
    return _is_command(event) and (event["language"], event["intent"]) == (spoken.language, spoken.intent)


def _is_command(event: Row) -> bool:
    return not event["rejected"] and event["intent"] != ""


def _told(event: Row) -> str:
    if event["rejected"]:
        return str(event["reason"])
    return f"{event['wake']} {event['text']} ({event['language']})".strip()


def _seconds(truth: Truth, t_ns: int) -> float:
    return round((t_ns - truth.from_ns) / 1e9, 3)
