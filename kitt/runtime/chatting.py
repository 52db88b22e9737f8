"""A conversation by keyboard: what is typed, at a time of a drive, and what KITT makes of it. `kitt chat` runs it.

Time stands still while one types; `move` lets it go on, or back. The same lines give the same turns on every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kitt.config import Config
from kitt.errors import KittError
from kitt.mind.notebook import Notebook
from kitt.mind.reading import Reader
from kitt.mind.turn import Turn
from kitt.mind.vehicle.action import Vehicle
from kitt.runtime.looking import Road
from kitt.runtime.minding import Minding
from kitt.types import Heard

ENDS = ("exit", "quit")
LONGEST = 500
"""Characters of one utterance; nobody says more in one breath, and reading it would take minutes."""


@dataclass(frozen=True)
class Line:
    """A line of a conversation: a time to move to, something to say, or both; `end` ends it.

    number: its place in the script, 0 where it was typed.
    """

    t_s: float | None = None
    said: str = ""
    end: bool = False
    number: int = 0


def parse(text: str, number: int = 0) -> Line:
    """One line: `# a comment`, `@12.5`, `@12.5 and words`, or words.

    Raises KittError for a time that is none, and for more than `LONGEST` characters.
    """
    # nobody says a control character, and a script of somebody else's must not write over the terminal
    text = "".join(c if c.isprintable() else " " for c in text).strip()
    if not text or text.startswith("#"):
        return Line(number=number)
    if len(text) > LONGEST:
        raise KittError(f"a line of {len(text)} characters; KITT listens to {LONGEST} at a time")
    if text.casefold() in ENDS:
        return Line(end=True, number=number)
    if not text.startswith("@"):
        return Line(said=text, number=number)
    at, _, said = text[1:].partition(" ")
    try:
        t_s = float(at.replace(",", "."))
    except ValueError:
        t_s = float("nan")
    if not 0 <= t_s < float("inf"):
        raise KittError(f"'@{at}' is no time; write seconds since the start, such as @12.5")
    return Line(t_s, said.strip(), number=number)


def read_script(path: Path) -> list[Line]:
    """The lines of a written conversation. Raises KittError with file and line."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
    lines = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            lines.append(parse(raw.decode("utf-8"), number))
        except UnicodeDecodeError as e:
            raise KittError(f"{path}:{number}: not text (UTF-8): byte {e.start + 1} of the line") from e
        except KittError as e:
            raise KittError(f"{path}:{number}: {e}") from e
        if lines[-1].end:
            break
    return lines


class Chat:
    """One conversation about one road. `turns` counts them; `t_s` is where it stands in time."""

    def __init__(
        self,
        road: Road,
        minding: Minding | None = None,
        *,
        car: Vehicle | None = None,
        book: Notebook | None = None,
        reader: Reader | None = None,
    ) -> None:
        """car, book: as `minding` opened them; without, a simulated one and one in memory."""
        self.road = road
        minding = minding or Minding(Config())
        self.mind = minding.assistant(
            drive=road.name, begun_ns=road.start_ns, epoch_ns=road.epoch_ns, car=car, book=book
        )
        self.turns = 0
        self.t_s: float | None = None
        self._reader = reader or minding.reader()
        self._fed = self._warned = 0
        """Moments that the mind has seen, and those whose warnings it was told of: going back shows some again."""
        self._logged: set[str] = set()
        self._unread: list[str] = []
        self._log(*(trouble.line for trouble in self.mind.book.trouble))

    def move(self, t_s: float) -> Iterator[float]:
        """Look at the road up to a time, yielding how far it is. Raises KittError, and then stays where it was."""
        yield from self.road.look(t_s)
        t_ns = self._ns(t_s)
        moments = self.road.until(t_ns)
        if self._fed and not moments:
            raise KittError(f"{t_s:g} s lies before the first picture")
        if self.t_s is not None and t_s < self.t_s:
            self._fed = 0
        for moment in moments[self._fed :]:
            new = self._fed >= self._warned
            self.mind.see(moment.scene, moment.signals, moment.warnings if new else ())
            self._fed += 1
            self._warned = max(self._warned, self._fed)
        self.t_s = t_s

    def say(self, words: str) -> list[dict[str, Any]]:
        """What KITT says to it, a row of the log a turn; what came of earlier actions goes before."""
        if self.t_s is None:
            raise KittError("say when: the road was not looked at yet")
        if len(words) > LONGEST:
            raise KittError(f"{len(words)} characters; KITT listens to {LONGEST} at a time")
        t_ns = self._now_ns()
        return self.rows([*self.mind.tick(t_ns), self.mind.read(words, t_ns, self._reader)])

    def told(self, heard: Heard) -> Heard:
        """What the microphone heard, at the time where this conversation stands."""
        return replace(heard, t_start_ns=self._now_ns(), t_end_ns=self._now_ns())

    def rows(self, turns: list[Turn]) -> list[dict[str, Any]]:
        """The next turns, as rows of the log."""
        self._log(*(turn.note for turn in turns))
        first = self.turns + 1
        self.turns += len(turns)
        return [turn.row(first + i, self.road.start_ns) for i, turn in enumerate(turns)]

    def problems(self) -> list[str]:
        """What went wrong since this was asked last, a line each and each of them once: for the log, not the driver."""
        new, self._unread = self._unread, []
        return new

    def close(self) -> None:
        """The conversation is over; what is then wrong with the notebook is among the problems."""
        self._log(*(trouble.line for trouble in self.mind.book.trouble))
        self.mind.close()

    def _log(self, *lines: str) -> None:
        new = [line for line in dict.fromkeys(lines) if line and line not in self._logged]
        self._logged.update(new)
        self._unread += new

    def _now_ns(self) -> int:
        """Time stands still, yet what was said later counts more: each turn is a nanosecond on."""
        return self._ns(self.t_s or 0.0) + self.turns

    def _ns(self, t_s: float) -> int:
        return self.road.start_ns + round(t_s * 1e9)
