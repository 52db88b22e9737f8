"""Sentences with a gap for any words, which a grammar cannot have: names to call, stations, things to remember.

The patterns are data, typed_grammars/<language>/words.toml, by intent; a named group is a slot and holds the words as
they were typed.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kitt.errors import KittError
from kitt.mind.typed import Reading

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FREE = 0.25
"""What such a reading costs: whatever a grammar has nearly word for word goes before it."""
_WHOLE = {"NoteAdd"}
"""Intents whose gap is a sentence of its own, other commands and all."""
_AROUND = " \t\n.,;:!?¿¡\"'«»“”"


@dataclass(frozen=True)
class Words:
    """courtesies: words that change nothing in a typed sentence; conditions: words that begin what must come first, so
    that the rest is not to be done now; leads: what comes before a question ("can you tell me"); second: where another
    command begins, which no name has in it ("and turn on ...").

    free: (intent, pattern), in the order in which they are tried.
    """

    courtesies: frozenset[str]
    conditions: frozenset[str]
    leads: re.Pattern[str]
    second: re.Pattern[str]
    free: tuple[tuple[str, re.Pattern[str]], ...]

    @staticmethod
    @cache
    def load(path: Path) -> Words:
        """Raises KittError with the file for what is wrong in it."""
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
            free = tuple(
                (intent, re.compile(one, re.IGNORECASE)) for intent, ways in written["free"].items() for one in ways
            )
            plain, first = (frozenset(written[key].split()) for key in ("courtesies", "conditions"))
            leads, second = (re.compile(written[key], re.IGNORECASE) for key in ("leads", "second"))
            return Words(plain, first, leads, second, free)
        except (OSError, KeyError, AttributeError, re.error, tomllib.TOMLDecodeError) as e:
            raise KittError(f"{path}: {e!r}") from None


def read_free(words: Words, typed: str, language: str) -> list[Reading]:
    """What a sentence says by the patterns; of each intent the first that fits."""
    bare = typed.strip(_AROUND)
    found: dict[str, Reading] = {}
    for intent, pattern in words.free:
        if intent not in found and (fits := pattern.fullmatch(bare)):
            slots: dict[str, str | int] = {name: said.strip(_AROUND) for name, said in fits.groupdict().items() if said}
            several = intent not in _WHOLE and any(words.second.search(str(said)) for said in slots.values())
            if all(slots.values()) and not several:
                found[intent] = Reading(intent, slots, bare, FREE, language)
    return list(found.values())
