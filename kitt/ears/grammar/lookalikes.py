"""Look-alikes of a grammar, named with the lines they stand on: between intents, and between the values of a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kitt.ears.g2p.pronounce import G2p
from kitt.ears.grammar import alike
from kitt.ears.grammar.compiling import Compiled, compile_source
from kitt.ears.grammar.slot_lists import SlotList
from kitt.ears.grammar.source import Block, Intent, Source
from kitt.ears.grammar.yaml_nodes import Where


@dataclass(frozen=True)
class LookAlike:
    """Two phrases that mean different things and sound alike.

    meanings: intents (with the slots fixed for the sentence), or values of a list; where: the lines they stand on;
    cost: phones that differ, each between 0 and 1 by how unlike they sound; length: phones of the longer phrase.
    """

    phrases: tuple[str, str]
    meanings: tuple[str, str]
    where: tuple[Where, Where]
    cost: float
    length: int

    def __str__(self) -> str:
        (first, second), (a, b) = self.phrases, self.meanings
        if first == second:
            return f"{self.where[0]}: '{first}' is {a} and, at {self.where[1]}, {b}; the first is taken"
        how = "sound the same" if self.cost == 0 else f"sound alike ({self.cost:.2g} of {self.length} phones differ)"
        return f"{self.where[0]}: '{first}' ({a}) and '{second}' ({b}, {self.where[1]}) {how}"


@dataclass(frozen=True)
class LookAlikes:
    """Look-alikes, most alike first. bounded: the grammar is so large that only the most alike were looked for."""

    pairs: tuple[LookAlike, ...]
    bounded: bool


def find(grammar: Compiled, g2p: G2p | None) -> LookAlikes:
    """The nearest phrases of each two intents, and the nearest values of each list, that sound alike."""
    found, bounded = _pairs(_by_meaning(grammar, g2p))
    for values in _lists(grammar.source):
        pairs, short = _pairs(compile_source(values, grammar.own, g2p, grammar.prons))
        found, bounded = found + pairs, bounded or short
    return LookAlikes(tuple(sorted(found, key=lambda a: (a.cost / a.length, str(a)))), bounded)


def _pairs(grammar: Compiled) -> tuple[list[LookAlike], bool]:
    if len(grammar.graph.intents) < 2:
        return [], False
    found = alike.find(grammar.graph)
    names = grammar.graph.intents
    pairs = []
    for pair in found.pairs:
        where = [
            grammar.network.sentence_of(phrase.split(), intent).where
            for phrase, intent in zip(pair.phrases, pair.intents, strict=True)
        ]
        meanings = (names[pair.intents[0]], names[pair.intents[1]])
        pairs.append(LookAlike(pair.phrases, meanings, (where[0], where[1]), pair.cost, pair.length))
    return pairs, found.cost_limit < alike.MOST_COST


def _by_meaning(grammar: Compiled, g2p: G2p | None) -> Compiled:
    """The same grammar with an intent for each set of fixed slots, so that "on" and "off" of one intent are two."""
    split: dict[str, Intent] = {}
    for intent in grammar.source.intents.values():
        for block in intent.blocks:
            slots = ", ".join(f"{slot} = {value}" for slot, value in sorted(block.slots.items()))
            name = f"{intent.name} with {slots}" if slots else intent.name
            blocks = (*split[name].blocks, block) if name in split else (block,)
            split[name] = Intent(name, intent.where, blocks)
    if len(split) == len(grammar.source.intents):
        return grammar
    return compile_source(replace(grammar.source, intents=split), grammar.own, g2p, grammar.prons)


def _lists(source: Source) -> Iterator[Source]:
    """Each list of values as a grammar in which a value is an intent."""
    yield from (_values(source, values) for values in source.lists.values())
    for block in (b for intent in source.intents.values() for b in intent.blocks if b.lists):
        scope = replace(source, lists={**source.lists, **block.lists}, rules={**source.rules, **block.rules})
        yield from (_values(scope, values) for values in block.lists.values())


def _values(source: Source, values: SlotList) -> Source:
    made: dict[str, Intent] = {}
    for value in values.values:
        name = f"{{{values.name}}} = {value.spoken.text if value.out is None else value.out}"
        said = (*(made[name].blocks[0].sentences if name in made else ()), value.spoken)
        made[name] = Intent(name, values.where, (Block(said, {}, {}, {}),))
    return replace(source, intents=made)
