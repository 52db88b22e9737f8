"""Templates woven into one network of pieces of text: alternatives side by side, common endings shared.

A node is a tuple of edges in order of preference; an edge is (label, node it leads to). A label is a piece of text
without spaces (pieces that follow each other without SPACE are one word: "light[s]"), SPACE, nothing, or a `Mark` that
says what a slot gets. Nodes are made from the end of a sentence backwards and equal nodes are one, so a list that
many sentences of an intent end with is there once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kitt.ears.g2p import numerals
from kitt.ears.grammar import template
from kitt.ears.grammar.automaton import TooLargeError
from kitt.ears.grammar.nodes import MOST_NODES, SPACE, Edge, Mark, Nodes
from kitt.ears.grammar.slot_lists import Range, SlotList, Value, checked_range
from kitt.ears.grammar.source import Block, Source
from kitt.ears.grammar.template import Expression
from kitt.ears.grammar.yaml_nodes import Text, Where, nearest

MOST_PERMUTED = 8
"""Parts of one permutation: (a;b;c) needs 2^n states."""
_AGAINST_NUMBER = re.compile(r"\w|[.,:]\d|[/–—]|-(?:\d|$)")


@dataclass(frozen=True)
class Scope:
    """Lists and rules by name as one block of sentences sees them, and where the template in hand was written."""

    lists: Mapping[str, SlotList]
    rules: Mapping[str, Text]
    key: int
    text: Text
    inside: tuple[str, ...] = ()

    def at(self, text: Text, inside: str = "") -> Scope:
        return Scope(self.lists, self.rules, self.key, text, (*self.inside, inside) if inside else self.inside)


class Network:
    """The network of a grammar.

    edges[n]: those of node n; starts[i], ends[i]: first node and end of intent i; sentences: each template with its
    first node and end; where: the line where a piece of text stands first; unused: rules and lists of the files that
    no sentence comes to.
    """

    def __init__(self, source: Source, check_unused: bool = True) -> None:
        self.language = source.language
        self._nodes = Nodes()
        self.edges = self._nodes.edges
        self.where: dict[str, Where] = {}
        self._built: dict[tuple[object, ...], int] = {}
        self._trees: dict[Text, Expression] = {}
        self._used: set[str] = set()
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.sentences: list[tuple[Text, int, int]] = []
        for intent in source.intents.values():
            end = self._nodes.new(())
            firsts: list[int] = []
            for block in intent.blocks:
                firsts += self._block(block, source, end)
            self.ends.append(end)
            self.starts.append(self._nodes.node(tuple((None, f) for f in firsts)))
            self.sentences += [
                (s, f, end) for s, f in zip((s for b in intent.blocks for s in b.sentences), firsts, strict=True)
            ]
        self.unused = tuple(
            [(f"rule <{n}>", t.where) for n, t in source.rules.items() if f"<{n}>" not in self._used]
            + [(f"list {{{n}}}", v.where) for n, v in source.lists.items() if f"{{{n}}}" not in self._used]
        )
        if check_unused:
            self._check_the_unused(source)

    def _check_the_unused(self, source: Source) -> None:
        """A rule or value that no sentence comes to is held to the same: brackets, characters, names."""
        blocks = [b for intent in source.intents.values() for b in intent.blocks]
        lists = {name: v for d in (source.lists, *(b.lists for b in blocks)) for name, v in d.items()}
        rules = {name: t for d in (source.rules, *(b.rules for b in blocks)) for name, t in d.items()}
        texts = [*rules.values(), *(v.spoken for x in lists.values() for v in x.values)]
        for text in (t for t in texts if t not in self._trees):
            self._whole(text, Scope(lists, rules, -1, text), self._nodes.new(()))

    def _block(self, block: Block, source: Source, end: int) -> list[int]:
        local = bool(block.lists or block.rules)
        lists = {**source.lists, **block.lists} if local else source.lists
        rules = {**source.rules, **block.rules} if local else source.rules
        firsts = []
        for sentence in block.sentences:
            first = self._whole(sentence, Scope(lists, rules, id(block) if local else 0, sentence), end)
            for slot, value in block.slots.items():
                first = self._nodes.node(((Mark("set", slot, value), first),))
            firsts.append(first)
        return firsts

    def _whole(self, text: Text, scope: Scope, then: int) -> int:
        try:
            return self._text(text, scope, then, False)
        except RecursionError:
            raise text.where.error("brackets and rules stand too deep within each other") from None
        except TooLargeError:
            raise text.where.error(
                f"with it the grammar has more than {MOST_NODES} parts; split or shorten it"
            ) from None

    def _text(self, text: Text, scope: Scope, then: int, echo: bool) -> int:
        key = (text, scope.key, then, echo, scope.inside)
        if key not in self._built:
            if text not in self._trees:
                self._trees[text] = template.parse(text, self.language)
            self._built[key] = self._expression(self._trees[text], scope.at(text), then, echo)
        return self._built[key]

    def _expression(self, tree: Expression, scope: Scope, then: int, echo: bool) -> int:
        """The node from which `tree` and then `then` is spoken; `echo`: an open slot repeats the words."""
        if isinstance(tree, template.TextChunk):
            return self._chunk(tree.text, scope, then, echo)
        if isinstance(tree, template.Sequence):
            for item in reversed(tree.items):
                then = self._expression(item, scope, then, echo)
            return then
        if isinstance(tree, template.Alternative):
            return self._nodes.node(tuple((None, self._expression(i, scope, then, echo)) for i in tree.items))
        if isinstance(tree, template.Permutation):
            return self._permutation(tree.items, scope, then, echo)
        if isinstance(tree, template.RuleReference):
            return self._rule(tree.rule_name.strip(), scope, then, echo)
        if isinstance(tree, template.ListReference):
            return self._list(tree, scope, then, echo)
        raise scope.text.where.error(f"{type(tree).__name__} is not supported, in: {scope.text.text}")

    def _chunk(self, text: str, scope: Scope, then: int, echo: bool) -> int:
        pieces = text.split()
        if text[-1:].isspace():
            then = self._space(then, echo)
        for i, piece in enumerate(reversed(pieces)):
            if i:
                then = self._space(then, echo)
            self.where.setdefault(piece, scope.text.where)
            then = self._nodes.node(((piece, then),))
            if echo:
                then = self._nodes.node(((Mark("say", value=piece), then),))
        return self._space(then, echo) if pieces and text[:1].isspace() else then

    def _space(self, then: int, echo: bool = False) -> int:
        if echo:
            then = self._nodes.node(((Mark("say", value=SPACE), then),))
        return self._nodes.node(((SPACE, then),))

    def _permutation(self, items: list[Expression], scope: Scope, then: int, echo: bool) -> int:
        if len(items) > MOST_PERMUTED:
            raise scope.text.where.error(
                f"a permutation of {len(items)} parts; at most {MOST_PERMUTED} in: {scope.text.text}"
            )
        whole = (1 << len(items)) - 1
        after = {whole: then}
        # A state for each set of parts said already: exact, and 2^n instead of n! of them.
        for said in range(whole - 1, -1, -1):
            after[said] = self._nodes.node(
                tuple(
                    (None, self._expression(item, scope, after[said | 1 << i], echo))
                    for i, item in enumerate(items)
                    if not said & 1 << i
                )
            )
        return after[0]

    def _rule(self, name: str, scope: Scope, then: int, echo: bool) -> int:
        if name not in scope.rules:
            raise scope.text.where.error(f"unknown rule <{name}>{nearest(name, scope.rules)} in: {scope.text.text}")
        if name in scope.inside:
            chain = " -> ".join(f"<{r}>" for r in (*scope.inside[scope.inside.index(name) :], name))
            raise scope.rules[name].where.error(f"rule <{name}> contains itself: {chain}")
        self._used.add(f"<{name}>")
        body = scope.rules[name]
        return self._text(body, scope.at(body, name), then, echo)

    def _list(self, tree: template.ListReference, scope: Scope, then: int, echo: bool) -> int:
        name, slot = tree.list_name.strip(), tree.slot_name.strip()
        if inline := tree.get_inline_range():
            numbers = checked_range(Range(*inline), f"{{{name}}}", scope.text.where)
            self._check_after(name, scope, then)
            return self._numbers(numbers, slot, then, echo)
        if name not in scope.lists:
            raise scope.text.where.error(f"unknown list {{{name}}}{nearest(name, scope.lists)} in: {scope.text.text}")
        if not slot:
            raise scope.text.where.error(f"a slot without a name: {{{tree.list_name}:}} in: {scope.text.text}")
        self._used.add(f"{{{name}}}")
        found = scope.lists[name]
        if found.range:
            self._check_after(name, scope, then)
            return self._numbers(found.range, slot, then, echo)
        if f"{{{name}}}" in scope.inside:
            raise found.where.error(f"list {{{name}}} contains itself")
        inner = scope.at(scope.text, f"{{{name}}}")
        return self._nodes.node(tuple((None, self._value(v, slot, inner, then, echo)) for v in found.values))

    def _check_after(self, name: str, scope: Scope, then: int) -> None:
        """What stands against a number is a word of its own: %, but not the end of 3rd or of 18h30."""
        for label, after in self.edges[then]:
            if isinstance(label, str) and _AGAINST_NUMBER.match(label):
                told = f"'{label}' stands against the number {{{name}}}; write a space and the words that are spoken"
                raise scope.text.where.error(f"{told}, in: {scope.text.text}")
            if isinstance(label, Mark) or label is None:
                self._check_after(name, scope, after)

    def _value(self, value: Value, slot: str, scope: Scope, then: int, echo: bool) -> int:
        out = value.out
        if out is None and template.is_plain(value.spoken.text):
            out = " ".join(value.spoken.text.split())
        if out is not None:
            return self._nodes.node(((Mark("set", slot, out), self._text(value.spoken, scope, then, echo)),))
        then = self._nodes.node(((Mark("close", slot, "text"), then),))
        return self._nodes.node(((Mark("open", slot), self._text(value.spoken, scope, then, True)),))

    def _numbers(self, numbers: Range, slot: str, then: int, echo: bool) -> int:
        key = (numbers, slot, then, echo)
        if key not in self._built:
            wanted = range(numbers.low, numbers.high + 1, numbers.step)
            close = self._nodes.node(((Mark("close", slot, "number"), self._space(then, echo)),))
            steps: dict[int, int] = {}
            roots: list[Edge] = []
            if plus := frozenset(n for n in wanted if n >= 0):
                roots.append((None, self._step(numerals.graph(plus, self.language), close, echo, steps)))
            if minus := frozenset(-n for n in wanted if n < 0):
                below = self._step(numerals.graph(minus, self.language), close, echo, steps)
                below = self._nodes.node(((Mark("minus"), below),))
                roots.append((None, self._word(numerals.MINUS[self.language], below, echo)))
            opened = self._nodes.node(((Mark("open", slot), self._nodes.node(tuple(roots))),))
            self._built[key] = self._space(opened, echo)
        return self._built[key]

    def _step(self, step: numerals.Step, close: int, echo: bool, steps: dict[int, int]) -> int:
        if id(step) not in steps:
            edges: list[Edge] = [(None, close)] if step.final else []
            for word, added, following in step.arcs:
                then = self._step(following, close, echo, steps)
                if added:
                    then = self._nodes.node(((Mark("add", value=added), then),))
                edges.append((None, self._word(word, then, echo)))
            steps[id(step)] = self._nodes.node(tuple(edges))
        return steps[id(step)]

    def _word(self, word: str, then: int, echo: bool) -> int:
        then = self._nodes.node(((word, self._space(then, echo)),))
        return self._nodes.node(((Mark("say", value=word), then),)) if echo else then
