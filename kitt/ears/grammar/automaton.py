"""Deterministic acyclic automata: made from sets of states, and made small.

Sentences are finite, so nothing here has a cycle. Finals carry the set of things (intents) that a path ends as.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
Label = TypeVar("Label", bound=Hashable)


class TooLargeError(Exception):
    """More states than the limit given."""


@dataclass(frozen=True)
class Automaton(Generic[Label]):
    """arcs[s] maps each label at state s to the next state; final[s] is what may end there. State 0 is the start.

    Every state leads to an end, and arcs lead to states of a higher number once `minimise` made it.
    """

    arcs: list[dict[Label, int]]
    final: list[frozenset[int]]


def determinise(
    start: Iterable[Item],
    expand: Callable[[Item], tuple[Iterable[tuple[Label, Item]], Iterable[int]]],
    limit: int,
) -> Automaton[Label]:
    """The subset construction: `expand` gives an item's arcs and what may end at it; each item is expanded once.

    Raises TooLargeError above `limit` states.
    """
    expanded: dict[Item, tuple[list[tuple[Label, Item]], frozenset[int]]] = {}
    first = frozenset(start)
    ids: dict[frozenset[Item], int] = {first: 0}
    subsets = [first]
    arcs: list[dict[Label, int]] = []
    final: list[frozenset[int]] = []
    for subset in subsets:
        targets: dict[Label, list[Item]] = {}
        ends: frozenset[int] = frozenset()
        for item in subset:
            known = expanded.get(item)
            if known is None:
                out, over = expand(item)
                known = expanded[item] = (list(out), frozenset(over))
            for label, then in known[0]:
                if label in targets:
                    targets[label].append(then)
                else:
                    targets[label] = [then]
            ends = ends | known[1] if ends else known[1]
        row: dict[Label, int] = {}
        for label, items in targets.items():
            key = frozenset(items)
            state = ids.get(key)
            if state is None:
                state = ids[key] = len(subsets)
                subsets.append(key)
                if state > limit:
                    raise TooLargeError
            row[label] = state
        arcs.append(row)
        final.append(ends)
    return Automaton(arcs, final)


def minimise(dfa: Automaton[Label]) -> Automaton[Label]:
    """The smallest automaton of the same paths; states in topological order, dead ends gone."""
    order = _leaves_first(dfa)
    same: dict[tuple[object, ...], int] = {}
    merged = [-1] * len(dfa.arcs)
    rows: list[dict[Label, int]] = []
    ends: list[frozenset[int]] = []
    for state in order:
        row = {label: merged[to] for label, to in dfa.arcs[state].items() if merged[to] >= 0}
        if not row and not dfa.final[state]:
            continue
        key = (dfa.final[state], frozenset(row.items()))
        found = same.get(key)
        if found is None:
            found = same[key] = len(rows)
            rows.append(row)
            ends.append(dfa.final[state])
        merged[state] = found
    if merged[0] < 0:
        return Automaton([{}], [frozenset()])
    # A state was made after all that follow it: counted backwards, arcs point forward and the start is 0.
    last = merged[0]
    return Automaton(
        [{label: last - to for label, to in rows[s].items()} for s in range(last, -1, -1)],
        [ends[s] for s in range(last, -1, -1)],
    )


def _leaves_first(dfa: Automaton[Label]) -> list[int]:
    order: list[int] = []
    seen = [False] * len(dfa.arcs)
    seen[0] = True
    stack = [(0, iter(dfa.arcs[0].values()))]
    while stack:
        state, ahead = stack[-1]
        for to in ahead:
            if not seen[to]:
                seen[to] = True
                stack.append((to, iter(dfa.arcs[to].values())))
                break
        else:
            order.append(state)
            stack.pop()
    return order
