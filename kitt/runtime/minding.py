"""The mind as the settings want it: who is in the phone, which recipes, which car, which notebook.

A conversation works the car of `[vehicle]` and writes the notebook of `[mind]`. A replay does neither: what was said on
a recording must not move a window of the car one sits in, nor stand among today's notes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from kitt.config import Config
from kitt.ears.grammar import Grammar
from kitt.ears.in_force import AUTO
from kitt.errors import KittError
from kitt.mind.assistant import Assistant
from kitt.mind.notebook import Notebook, Retention, usual_path
from kitt.mind.phone_grammar import phone_grammar
from kitt.mind.reading import Reader
from kitt.mind.recipes import Recipes
from kitt.mind.vehicle.action import Vehicle
from kitt.mind.vehicle.opening import open_vehicle
from kitt.runtime.live_car import LiveCar, LiveHands
from kitt.types import LANGUAGES

OWN = "kitt"
"""In the settings: kitt's own notebook, the one that `kitt forget` shows."""
NAMES_AT_MOST, NAME_LETTERS, CONTACTS_BYTES = 2000, 80, 1_000_000


@dataclass(frozen=True, eq=False)
class Minding:
    """What the settings name, read and checked: once, before anything is looked at."""

    config: Config
    contacts: tuple[str, ...] = ()
    recipes: Recipes | None = None

    @staticmethod
    def of(config: Config) -> Minding:
        """Raises KittError, with file and line where something is wrong in one."""
        mind = config.mind
        return Minding(
            config,
            read_contacts(Path(mind.contacts).expanduser()) if mind.contacts else (),
            Recipes.load(Path(mind.recipes).expanduser()) if mind.recipes else None,
        )

    def assistant(
        self,
        *,
        drive: str,
        begun_ns: int = 0,
        epoch_ns: int | None = None,
        car: Vehicle | None = None,
        book: Notebook | None = None,
    ) -> Assistant:
        """The mind of a drive. begun_ns, epoch_ns: when it begins, as `Assistant` has them; without car and book a
        simulated one and one in memory."""
        made = Assistant(
            language=self.config.voice.language,
            units=self.config.mind.units,
            car=car,
            book=book,
            drive=drive,
            begun_ns=begun_ns,
            epoch_ns=epoch_ns,
            utc_offset_s=_utc_offset_s(epoch_ns),
            contacts=self.contacts,
            recipes=self.recipes,
        )
        if isinstance(car, LiveCar):
            made.hands = LiveHands(car, self.contacts)
        made.persona.switch(self.config.mind.wit)
        return made

    def reader(self) -> Reader:
        """What understands typed sentences, those of the recipes among them. Raises KittError."""
        return Reader(more=self._grammars(LANGUAGES))

    def heard(self) -> list[Grammar]:
        """Recipes, and calls to the names in the phone, in the languages that the ears listen for. Raises KittError."""
        language = self.config.ears.language
        spoken = LANGUAGES if language == AUTO else (language,)
        calls = [phone_grammar(self.contacts, one) for one in spoken] if self.contacts else []
        return [*calls, *self._grammars(spoken)]

    def _grammars(self, languages: tuple[str, ...]) -> list[Grammar]:
        made = [self.recipes.grammar(one) for one in languages] if self.recipes else []
        return [grammar for grammar in made if grammar]

    def car(self) -> Vehicle:
        """The car of `[vehicle]`, for a conversation. Raises KittError where it cannot be had."""
        opened = open_vehicle(self.config.vehicle)
        return opened if self.config.vehicle.kind == "simulated" else LiveCar(opened)

    @property
    def notebook(self) -> Path | None:
        """The file that notes are kept in, None where they are not kept."""
        named = self.config.mind.notebook
        return usual_path() if named == OWN else Path(named).expanduser() if named else None

    def book(self, drive: str, now_ns: int) -> Notebook | None:
        """The notebook of `[mind]`, for a conversation. now_ns: since the Unix epoch.

        Raises KittError for a file that is no notebook; what else is wrong stands in its `trouble`.
        """
        keep = Retention(days=self.config.mind.notebook_days)
        return Notebook.open(self.notebook, drive, now_ns, keep) if self.notebook else None


def not_worked(config: Config) -> str:
    """What a replay must tell of the car that the settings name and that it leaves alone; "" where there is none."""
    if config.vehicle.kind == "simulated":
        return ""
    return f"[vehicle] kind = '{config.vehicle.kind}': a recording works no real car; a simulated one stands in for it"


def read_contacts(path: Path) -> tuple[str, ...]:
    """The names of a text file, one a line; `#` begins a comment. Raises KittError with file and line."""
    try:
        if not path.is_file():
            what = "not a file" if path.exists() else "no such file"
            raise KittError(f"{path}: {what}; contacts are a text file with a name a line")
        with path.open("rb") as file:
            data = file.read(CONTACTS_BYTES + 1)
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
    if len(data) > CONTACTS_BYTES:
        raise KittError(f"{path}: larger than {CONTACTS_BYTES // 1000} kB; contacts are a text file with a name a line")
    names: dict[str, None] = {}
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        name = _name(raw, f"{path}:{number}")
        if name:
            names[name] = None
    if not names:
        raise KittError(f"{path}: no name in it; write one a line")
    if len(names) > NAMES_AT_MOST:
        raise KittError(f"{path}: {len(names)} names; at most {NAMES_AT_MOST} are told apart")
    return tuple(names)


def _name(raw: bytes, where: str) -> str:
    """A line's name, "" where there is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        raise KittError(f"{where}: not text (UTF-8): byte {e.start + 1} of the line") from e
    name = " ".join(text.partition("#")[0].split())
    if not name.isprintable():
        raise KittError(f"{where}: a control character in a name; contacts are plain text (UTF-8), a name a line")
    if len(name) > NAME_LETTERS:
        raise KittError(f"{where}: a name of {len(name)} characters; at most {NAME_LETTERS}")
    if name and not any(c.isalpha() for c in name):
        raise KittError(f"{where}: '{name}' has no letter; write the name, kitt dials none of your numbers")
    return name


def _utc_offset_s(epoch_ns: int | None) -> int:
    """This machine's, at that time."""
    return 0 if epoch_ns is None else time.localtime(epoch_ns // 1_000_000_000).tm_gmtoff
