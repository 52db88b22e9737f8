"""Names of the phone: whom a name that was said or typed may mean."""

from __future__ import annotations

from collections.abc import Iterable

from kitt.mind.typed import distance

ALIKE = 0.2
"""Words that differ by no more than this share of their letters are one name, mistyped."""


def named(said: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that have every word of `said`; where one has them letter for letter, only such."""
    words = said.split()
    if not words:
        return ()
    found: dict[str, float] = {}
    for name in names:
        apart = [min(distance(word, part) for part in name.split()) for word in words]
        if max(apart) <= ALIKE:
            found[name] = sum(apart)
    exact = tuple(name for name, cost in found.items() if cost == 0)
    return exact or tuple(found)
