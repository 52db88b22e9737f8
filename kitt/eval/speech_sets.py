"""Human recordings of commands that no training sees, each with the grammar it is recognised in.

A set is one reader and one line in `READERS`. Which folders those are stands in speech_sets.toml as well, for the
trainer to refuse.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kitt.errors import KittError
from kitt.types import LANGUAGES

if TYPE_CHECKING:
    from kitt.ears.grammar import Grammar

GRAMMARS = Path(__file__).with_name("speech_grammars")
KEPT = Path(__file__).with_name("speech_sets.toml")
ASTERISK = Path("/usr/share/asterisk/sounds")
"""Where Debian's asterisk-core-sounds-* and asterisk-prompt-* packages put their recordings."""

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
NUMBERS = frozenset([*range(21), *range(30, 100, 10)])


@dataclass(frozen=True)
class Clip:
    """One recording and what it means. speaker is "" where the set does not tell; part: a name for some of the set
    ("noisy"), counted apart as well."""

    path: Path
    speaker: str
    language: str
    intent: str
    slots: dict[str, str]
    part: str = ""

    @property
    def key(self) -> str:
        """Names the clip whatever folder the data lies in."""
        return "/".join(self.path.parts[-3:])

    @property
    def meaning(self) -> str:
        return " ".join([self.intent, *(f"{k}={v}" for k, v in sorted(self.slots.items()))])


@dataclass(frozen=True)
class SpeechSet:
    """Commands with the grammar of each of their languages. auto: also measured with the language unknown."""

    name: str
    grammars: dict[str, Path]
    clips: list[Clip]
    snrs_db: tuple[float, ...] = (12.0, 6.0)
    auto: bool = False
    left_out: int = field(default=0)
    """Recordings there that a bounded run does not play."""


def kept() -> dict[str, Any]:
    """speech_sets.toml: what is kept from training."""
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    named: dict[str, Any] = tomllib.loads(KEPT.read_text(encoding="utf-8"))
    return named


def words_of(text: str, language: str) -> list[str]:
    """A sentence as the words that a grammar knows it by. Raises KittError for a character that has no sound, and for
    digits that may be read in several ways.
    """
    from kitt.ears.g2p.figures import FigureError
    from kitt.ears.g2p.tokens import tokens

    try:
        return [word for part in text.split() for word in tokens(part, language)]
    except FigureError as e:
        raise KittError(f"'{text}': {e}") from None
    except ValueError as e:
        raise KittError(f"'{text}': cannot read the character {e}") from None


def sounded_words(text: str, language: str) -> list[str]:
    """The same, none where it cannot be read: no grammar can hold such a sentence."""
    try:
        return words_of(text, language)
    except KittError:
        return []


def rows_of(folder: Path) -> list[dict[str, str]]:
    """transcripts.tsv of a folder. Raises KittError."""
    table = folder / "transcripts.tsv"
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as e:
        raise KittError(f"{table}: cannot read: {e.strerror}") from e
    for number, row in enumerate(rows, 2):
        if any(row.get(column) is None for column in ("file", "speaker", "language", "text")):
            raise KittError(f"{table}:{number}: not 'file, speaker, language, text' parted by tabs")
    return rows


def _phrases(folder: Path, grammar: Grammar) -> list[Clip]:
    """Recordings whose text is a sentence of the grammar."""
    out = []
    for row in rows_of(folder):
        path = folder / row["file"]
        found = grammar.parse(words_of(row["text"], row["language"]))
        if found is None:
            raise KittError(f"{path}: '{row['text']}' is no sentence of {grammar.name}")
        part = row["file"].split("/")[0]
        out.append(Clip(path, row["speaker"], row["language"], found[0], _texts(found[1]), part))
    return out


def _texts(slots: dict[str, str | int]) -> dict[str, str]:
    return {k: str(v).strip().lower() for k, v in slots.items()}


def _spoken_commands(folder: Path, language: str) -> SpeechSet:
    from kitt.ears.grammar import Grammar

    name = folder.name.removeprefix("speech_")
    path = GRAMMARS / f"{name}.yaml"
    clips = _phrases(folder, Grammar.load(path))
    parts = {c.part for c in clips}
    if parts != {"clean", "noisy"}:
        clips = [replace(c, part="") for c in clips]
    return SpeechSet(name, {language: path}, clips)


def _pico(data: Path) -> SpeechSet:
    folder = data / "speech_pico_intent" / "data"
    try:
        labels = json.loads((folder / "label" / "label.json").read_text(encoding="utf-8"))
        clips = [
            Clip(p, "", "en", labels[p.name]["intent"], _texts(labels[p.name]["slots"]))
            for p in sorted((folder / "speech" / "clean").glob("*.wav"))
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise KittError(f"{folder / 'label' / 'label.json'}: no labels of the recordings: {e}") from None
    return SpeechSet("pico", {"en": GRAMMARS / "pico.yaml"}, clips)


def _gsc(data: Path) -> SpeechSet:
    folder = data / "speech_gsc_subset300"
    speakers = set(kept()["speakers"][folder.name])
    clips = [
        Clip(p, p.name.split("_")[0], "en", "Word", {"word": p.parent.name})
        for p in sorted(folder.glob("*/*.wav"))
        if p.name.split("_")[0] in speakers
    ]
    return SpeechSet("gsc", {"en": GRAMMARS / "gsc.yaml"}, clips, (10.0,))


def _fsdd(data: Path) -> SpeechSet:
    clips = []
    for path in sorted((data / "speech_fsdd" / "recordings").glob("*.wav")):
        digit, speaker, _ = path.stem.split("_")
        clips.append(Clip(path, speaker, "en", "Number", {"number": digit}))
    return SpeechSet("fsdd", {"en": GRAMMARS / "fsdd.yaml"}, clips, (10.0,))


def prompt_meaning(stem: str) -> tuple[str, dict[str, str]] | None:
    """What one of Asterisk's digits/ prompts says, None for those that are not in the word grammars."""
    if stem.isdecimal() and int(stem) in NUMBERS:
        return "Number", {"number": stem}
    for intent, slot, prefix, names in (("Weekday", "weekday", "day-", WEEKDAYS), ("Month", "month", "mon-", MONTHS)):
        number = stem.removeprefix(prefix)
        if number != stem and number.isdecimal() and int(number) < len(names):
            return intent, {slot: names[int(number)]}
    return None


def _prompts(name: str, folders: Iterable[Path]) -> SpeechSet:
    """Words of each folder LANGUAGE.../digits; a folder is a speaker."""
    clips = []
    for folder in sorted({f.resolve() for f in folders if f.name[:2] in LANGUAGES}):
        for path in sorted((folder / "digits").glob("*.*")):
            meaning = prompt_meaning(path.stem)
            if meaning is not None and path.suffix in (".wav", ".gsm"):
                clips.append(Clip(path, folder.name, folder.name[:2], *meaning))
    grammars = {language: GRAMMARS / f"words_{language}.yaml" for language in sorted({c.language for c in clips})}
    return SpeechSet(name, grammars, clips, (10.0,), auto=True)


READERS: dict[str, Callable[[Path, Path], SpeechSet]] = {
    "pico": lambda data, _: _pico(data),
    "drone_fr": lambda data, _: _spoken_commands(data / "speech_drone_fr", "fr"),
    "home_es": lambda data, _: _spoken_commands(data / "speech_home_es", "es"),
    "panel_es": lambda data, _: _spoken_commands(data / "speech_panel_es", "es"),
    "words": lambda data, _: _prompts("words", (data / "speech_asterisk").glob("*/*")),
    "prompts": lambda _, sounds: _prompts("prompts", sounds.glob("*")),
    "gsc": lambda data, _: _gsc(data),
    "fsdd": lambda data, _: _fsdd(data),
}
"""Set -> its reader, of the data folder and the folder of Debian's prompts."""
_WHERE = {
    "pico": "speech_pico_intent", "drone_fr": "speech_drone_fr", "home_es": "speech_home_es",
    "panel_es": "speech_panel_es", "words": "speech_asterisk", "gsc": "speech_gsc_subset300", "fsdd": "speech_fsdd",
}  # fmt: skip


def there(name: str, data: Path, sounds: Path = ASTERISK) -> bool:
    """Whether the recordings of a set lie in the data folder, or are installed."""
    return (data / _WHERE[name]).is_dir() if name in _WHERE else sounds.is_dir()


def read(name: str, data: Path, sounds: Path = ASTERISK) -> SpeechSet:
    """A set by name. Raises KittError when its recordings are not there."""
    if not there(name, data, sounds):
        where = f"{data / _WHERE[name]} is not there" if name in _WHERE else f"{sounds} is not there"
        mend = "give --data FOLDER" if name in _WHERE else "apt-get install asterisk-core-sounds-{en,fr,es}-wav"
        raise KittError(f"the recordings of '{name}' are missing: {where}; {mend}")
    found = READERS[name](data, sounds)
    if not found.clips:
        raise KittError(f"the recordings of '{name}' are missing: none was found")
    return found


def bounded(speech: SpeechSet, most: int) -> SpeechSet:
    """At most so many recordings of each speaker and command, drawn by file name; the same ones every time."""
    groups: dict[tuple[str, str, str], list[Clip]] = defaultdict(list)
    for clip in speech.clips:
        groups[clip.speaker, clip.meaning, clip.part].append(clip)
    chosen: set[Path] = set()
    for (speaker, *_), clips in groups.items():
        # a set without speakers is not many takes of one voice
        chosen |= {c.path for c in (_drawn(clips)[:most] if speaker else clips)}
    clips = [c for c in speech.clips if c.path in chosen]
    return replace(speech, clips=clips, left_out=len(speech.clips) - len(clips))


def _drawn(clips: Sequence[Clip]) -> list[Clip]:
    return sorted(clips, key=lambda c: hashlib.sha256(c.key.encode()).digest())
