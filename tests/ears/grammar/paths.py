"""What the tests of grammars share: a pronouncer that needs nothing, and the paths of a graph, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import INDEX, PHONES
from kitt.ears.grammar import Grammar, PhoneGraph

_SAID = {**INDEX, **{c: INDEX[p] for c, p in {"c": "k", "q": "k", "g": "ɡ", "%": "p"}.items()}}


class Letters:
    """Each letter is a phone, what is no letter gives none; words of the user's lexicon as they stand there."""

    def pronounce(
        self, words: Iterable[str], language: str, user: Mapping[str, Prons] | None = None
    ) -> dict[str, Prons]:
        spelled = {w: tuple(_SAID[c] for c in w.lower() if c in _SAID) for w in words}
        return {w: (user or {}).get(w, (p,) if p else ()) for w, p in spelled.items()}


def load(folder: Path, text: str, g2p: object = None) -> Grammar:
    """A grammar from its text."""
    path = folder / "grammar.yaml"
    path.write_text(text, encoding="utf-8")
    return Grammar.load(path, g2p or Letters())  # type: ignore[arg-type]


def walk(graph: PhoneGraph) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """(words, phones, intent) of every path of the graph."""
    following: dict[int, list[int]] = {}
    for a, b in zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True):
        following.setdefault(a, []).append(b)
    ends: dict[int, list[int]] = {}
    for s, i in zip(graph.final_state.tolist(), graph.final_intent.tolist(), strict=True):
        ends.setdefault(s, []).append(i)
    stack: list[tuple[int, tuple[int, ...]]] = [(s, ()) for s in following.get(-1, [])]
    while stack:
        state, before = stack.pop()
        path = (*before, state)
        for intent in ends.get(state, []):
            words = tuple(graph.words[w] for w in graph.state_word[list(path)].tolist() if w >= 0)
            yield words, tuple(PHONES[p] for p in graph.phone[list(path)].tolist()), graph.intents[intent]
        stack += [(s, path) for s in following.get(state, [])]


def sentences(graph: PhoneGraph) -> set[tuple[str, str]]:
    """(intent, words joined by spaces) of every path."""
    return {(intent, " ".join(words)) for words, _, intent in walk(graph)}
