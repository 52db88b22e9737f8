"""The table of warnings as Markdown, for docs/warnings.md; a test holds the page against it."""

from __future__ import annotations

from kitt.mind.warnings import TABLE, Event
from kitt.types import LANGUAGES

HEAD = ("event", "what it says", "when", "must hold", "own speed", "at most every")


def as_markdown() -> str:
    """Two tables: when each event is said, and its words in every language."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(e) for e in TABLE)]
    words = [("event", *LANGUAGES), ("---",) * (1 + len(LANGUAGES))]
    words += [(f"`{e.name}`", *(e.text[language] for language in LANGUAGES)) for e in TABLE]
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in table) for table in (rows, words)) + "\n"


def _row(event: Event) -> tuple[str, ...]:
    about = (event.measure.__doc__ or "") if event.measure else "No picture for `camera_lost_s`."
    return (
        f"`{event.name}`",
        f"“{event.text['en']}”",
        _plain(about) + (f" {_before(event)}" if event.before else ""),
        f"{event.holds_s:g} s" if event.holds_s else "as set",
        _speed(event),
        f"{event.cool_down_s:g} s",
    )


def _before(event: Event) -> str:
    assert event.before
    about, lasted = _plain(event.before.holds.__doc__ or "").rstrip("."), f"{event.before.for_s:g} s"
    return f"Before that, for {lasted}, at most {event.before.within_s:g} s ago: {about[:1].lower()}{about[1:]}."


def _speed(event: Event) -> str:
    gate = event.speed
    limits = [f"above {gate.above:g} m/s"] if gate.above > 0 else []
    limits += [f"below {gate.below:g} m/s"] if gate.below < 1e9 else []
    if not limits:
        return "any"
    return " and ".join(limits) + ("; off while unknown" if gate.needed else "; or unknown")


def _plain(docstring: str) -> str:
    return " ".join(docstring.split())
