"""The phone set that acoustic models and grammars share, and how pronouncers' symbols are written in it.

`phones.toml` is the table. A phone is an index into `PHONES`; 0 is the CTC blank.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from kitt.errors import KittError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = tomllib.loads(Path(__file__).with_name("phones.toml").read_text(encoding="utf-8"))

BLANK = 0
PHONES: tuple[str, ...] = ("<blank>", *_TABLE["phones"])
"""Symbol of each output of an acoustic model; index 0 is the CTC blank."""
INDEX: dict[str, int] = {symbol: i for i, symbol in enumerate(PHONES)}

VOWELS = frozenset(range(1, INDEX["ɔɪ"] + 1))
"""They stand first in the table."""

Pron = tuple[int, ...]
"""A pronunciation: indices into PHONES, never the blank."""

_MARKS = re.compile("[ˈˌːˑ.‿|-]")


def encode(symbols: Iterable[str], language: str) -> Pron:
    """Symbols of a pronouncer (IPA, with or without stress and length) as phones.

    Raises KittError naming the first symbol that the table does not know.
    """
    return tuple(p for symbol in symbols for p in _phones_of(symbol, language))


def decode(pron: Iterable[int]) -> str:
    """Phones as symbols, for people: "k ɪ t"."""
    return " ".join(PHONES[p] for p in pron)


@lru_cache(maxsize=4096)
def _phones_of(symbol: str, language: str) -> Pron:
    bare = _MARKS.sub("", symbol)
    if not bare:
        return ()
    table = _TABLE["map"]
    written = table.get(language, {}).get(bare, table["any"].get(bare, bare))
    if unknown := [s for s in written.split() if s not in INDEX]:
        raise KittError(
            f"phone '{unknown[0]}' ({language}) is not in kitt's phone set; "
            f"add it to {Path(__file__).with_name('phones.toml')}"
        )
    return tuple(INDEX[s] for s in written.split())
