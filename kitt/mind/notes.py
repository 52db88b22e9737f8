"""Notes by voice: what each intent does to the notebook, and what kitt says to it."""

from __future__ import annotations

from collections.abc import Mapping

from kitt.mind.notebook import Note, Notebook
from kitt.mind.talk import Said, Talk

_CONFIRMED = {"DriveForget": "confirm.drive"}
FAILED = frozenset({"note.cannot", "notebook.trouble"})
"""Keys of what is said where the notebook could not do it: no wit follows."""
_CHANGED = ("parked", "parked_below", "place", "added", "forgot_last", "forgot_one", "forgot_many", "forgot_drive")
CHANGED = frozenset(f"note.{what}" for what in _CHANGED)
"""Keys of what is said where a note was written or deleted, which nothing undoes."""


def confirmation(intent: str, slots: Mapping[str, str | int], talk: Talk) -> Said | None:
    """The question to ask before `reply` may be called; None where none is needed."""
    if intent == "NoteForget":
        return talk.say("confirm.notes" if slots.get("note") == "all" else "confirm.note")
    return talk.say(_CONFIRMED[intent]) if intent in _CONFIRMED else None


def reply(
    intent: str, slots: Mapping[str, str | int], t_ns: int, book: Notebook, talk: Talk, frame_index: int = -1
) -> Said | None:
    """Do what a note intent asks for and say so; None for any other intent.

    What cannot be written is never said to be noted: `note.cannot`. `book.trouble` then has the reason.
    """
    if intent in ("NoteParked", "NotePlace", "NoteAdd"):
        return _add(intent, slots, t_ns, book, talk, frame_index)
    if intent in ("NoteParkedAsk", "NoteRead", "NoteForget", "DriveForget") and not book.works:
        return talk.say("notebook.trouble")
    if intent == "NoteParkedAsk":
        found = book.last("parked")
        return _level("note.parked_at", int(found.slots["level"]), talk) if found else talk.say("note.parked_unknown")
    if intent == "NoteRead":
        return _listed(book.notes(), talk)
    if intent == "NoteForget":
        if slots.get("note") == "all":
            return talk.say_count("note.forgot", book.forget_notes())
        gone = book.forget_last()
        return talk.say("note.forgot_last", notes=_item(gone, talk)) if gone else talk.say("note.forgot_none")
    if intent == "DriveForget":
        book.forget_drive()
        return talk.say("note.forgot_drive")
    return None


def _add(intent: str, slots: Mapping[str, str | int], t_ns: int, book: Notebook, talk: Talk, frame_index: int) -> Said:
    kind = {"NoteParked": "parked", "NotePlace": "place", "NoteAdd": "todo"}[intent]
    if kind == "todo" and any(note.slots == slots for note in book.notes("todo")):
        return talk.say("note.added_already", topic=_topic(slots, talk))
    if book.add(kind, slots, t_ns, frame_index) is None:
        return talk.say("note.cannot")
    if kind == "parked":
        return _level("note.parked", int(slots["level"]), talk)
    return talk.say("note.place") if kind == "place" else talk.say("note.added", topic=_topic(slots, talk))


def _listed(notes: tuple[Note, ...], talk: Talk) -> Said:
    # Where the car stands is asked for by itself: of those notes only the newest still says something.
    parked = [note for note in notes if note.kind == "parked"][-1:]
    kept = sorted([n for n in notes if n.kind != "parked"] + parked, key=lambda n: n.id)
    items = list(dict.fromkeys(_item(note, talk) for note in kept))
    return talk.say_count("note.read", len(items), notes=talk.listed(items))


def _item(note: Note, talk: Talk) -> str:
    if note.kind == "parked":
        return _level("note.item_parked", int(note.slots["level"]), talk).text
    return talk.say("note.item_place").text if note.kind == "place" else _topic(note.slots, talk)


def _topic(slots: Mapping[str, str | int], talk: Talk) -> str:
    """What is to be remembered: one of kitt's topics, or `text` as it was typed."""
    return str(slots["text"]) if "text" in slots else talk.name("topic", slots["topic"])


def _level(key: str, level: int, talk: Talk) -> Said:
    return talk.say(key, level=level) if level >= 0 else talk.say(f"{key}_below", level=-level)
