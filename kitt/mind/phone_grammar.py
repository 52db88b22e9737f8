"""The names of the phone for the ears: the car grammar's own way to ask for a call, with these names in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.ears.grammar import source as sources
from kitt.ears.grammar.compiling import Own, compile_source
from kitt.ears.grammar.slot_lists import SlotList, Value
from kitt.ears.grammar.source import Source
from kitt.ears.grammar.yaml_nodes import Text, Where

INTENT, LIST = "PhoneCall", "contact"
BEFORE = {"es": "[a] "}
"""What goes before a name; in the car grammar it is part of the contacts themselves ("a mi madre")."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def phone_grammar(names: Sequence[str], language: str) -> Grammar:
    """Calls to these full names, and to each first word of one: of several Pauls the mind asks which.

    Digits and signs of a name are not spoken. Raises KittError for a word that nobody knows how to say.
    """
    where = Where("contacts", 1)
    spoken: dict[str, str] = {}
    for name in names:
        words = [w.replace("’", "'") for w in _WORD.findall(name)]
        if words:
            spoken.setdefault(" ".join(words).casefold(), name)
            spoken.setdefault(words[0].casefold(), words[0])
    values = tuple(Value(Text(BEFORE.get(language, "") + said, where), name) for said, name in spoken.items())
    car = sources.read(GRAMMARS / language)
    lists = {**car.lists, LIST: SlotList(LIST, where, values)}
    source = Source(f"contacts ({language})", language, {INTENT: car.intents[INTENT]}, lists, car.rules)
    own = Own({}, "contacts")
    made = compile_source(source, own, None)
    return Grammar(language, source.name, made.graph, "", made.prons, made.words, made.network, source, own)
