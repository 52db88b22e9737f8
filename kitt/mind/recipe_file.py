"""A file of recipes as it is written, checked line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import source as sources
from kitt.ears.grammar import template as templates
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.slot_lists import read_lists
from kitt.ears.grammar.source import Block, Intent, Source
from kitt.ears.grammar.words import WordNetwork
from kitt.ears.grammar.yaml_nodes import Node, Text, Where, compose, nearest, refuse_unknown
from kitt.errors import KittError
from kitt.mind import recipe_fields
from kitt.mind.recipe_clashes import refuse_questions
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.wording import Match, Template

if TYPE_CHECKING:
    from kitt.ears.g2p.pronounce import G2p
    from kitt.ears.grammar import Grammar

GROUP = "kitt.recipes"
"""The entry points among which `python:` names one."""
_TOP = ("language", "recipes", "lists", "expansion_rules")
_RECIPE = ("sentences", "slots", "reply", "python", "action", "when", "otherwise")


@dataclass(frozen=True)
class Order:
    """An intent of the car grammar to carry out, as if the driver had spoken it."""

    intent: str
    slots: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Recipe:
    """One recipe. replies: said in turn, empty for one in Python; when: fields and what they must be."""

    name: str
    where: Where
    replies: tuple[Template, ...]
    otherwise: Template | None
    when: Mapping[str, Match]
    action: Order | None
    python: str = ""
    function: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class RecipeFile:
    """The recipes of a language by intent, and their sentences as the source of a grammar."""

    path: Path
    recipes: Mapping[str, Recipe]
    source: Source = field(repr=False)

    def grammar(self, g2p: G2p | None = None) -> Grammar:
        """The sentences, ready for the ears. Raises KittError for a word that nobody knows how to say."""
        from kitt.ears.g2p import lexicon
        from kitt.ears.grammar import Grammar
        from kitt.ears.grammar.compiling import Own, compile_source

        file = sources.lexicon_file(self.path)
        own = Own(lexicon.read(file) if file.is_file() else {}, str(file))
        made = compile_source(self.source, own, g2p)
        return Grammar(
            self.source.language,
            str(self.path),
            made.graph,
            "",  # not followed for changes by the ears: what has sentences here has replies too
            made.prons,
            made.words,
            made.network,
            self.source,
            own,
        )


def read(path: Path) -> RecipeFile:
    """Read and check a file. Raises KittError with file and line."""
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e
    root = compose(path, raw, "'language:' and 'recipes:' (docs/recipes.md)")
    source = Source(str(path), path.stem)
    bodies: list[tuple[Text, Node]] = []
    said: Text | None = None
    for key, node in root.as_map("the file"):
        refuse_unknown(key, _TOP, "the file", {"intents": "in a file of recipes they stand under 'recipes:'"})
        if key.text == "language":
            said = node.as_text("'language'")
        elif key.text == "recipes":
            bodies = list(node.as_map("'recipes'"))
        elif key.text == "lists":
            source.lists = read_lists(node)
        else:
            source.rules = {name.text: body.as_text(f"rule '{name.text}'") for name, body in node.as_map("the rules")}
    if said is None or said.text != path.stem:
        where = said.where if said else Where(str(path), 1)
        raise where.error(f"this file must say 'language: {path.stem}', as its name does")
    if not bodies:
        raise KittError(f"{path}:1: no recipes: write them under 'recipes:' (docs/recipes.md)")
    recipes = {name.text: _recipe(name, body, source) for name, body in bodies}
    refuse_questions(source, WordNetwork(Network(source)))
    return RecipeFile(path, recipes, source)


def _recipe(name: Text, body: Node, source: Source) -> Recipe:
    """One recipe; its sentences go into `source`."""
    what = f"recipe '{name.text}'"
    if name.text in _known_intents(source.language):
        raise name.where.error(f"'{name.text}' is an intent of kitt's own; give the recipe another name")
    found: dict[str, Node] = {}
    for key, node in body.as_map(what):
        refuse_unknown(key, _RECIPE, what)
        found[key.text] = node
    if "sentences" not in found:
        raise name.where.error(f"{what} lacks 'sentences:', what the driver says")
    if ("reply" in found) == ("python" in found):
        raise name.where.error(f"{what} needs either 'reply:' or 'python:'")
    sentences = tuple(s.as_text("a sentence") for s in found["sentences"].as_list("'sentences'"))
    if not sentences:
        found["sentences"].fail("'sentences' is empty")
    fixed: dict[str, str | int] = {}
    if "slots" in found:
        fixed = {slot.text: v.as_text_or_int(f"slot '{slot.text}'") for slot, v in found["slots"].as_map("'slots'")}
    source.intents[name.text] = Intent(name.text, name.where, (Block(sentences, fixed, {}, {}),))
    slots = frozenset(fixed) | _slots_of(sentences, source)
    replies = [_template(text, slots) for text in _texts(found["reply"], "'reply'")] if "reply" in found else []
    otherwise = _template(found["otherwise"].as_text("'otherwise'"), slots) if "otherwise" in found else None
    python = found["python"].as_text("'python'") if "python" in found else None
    if python and "action" in found:
        found["action"].fail("a recipe in Python gives its action back itself: RecipeReply(text, order=Order(...))")
    return Recipe(
        name.text,
        name.where,
        tuple(replies),
        otherwise,
        _when(found["when"], slots) if "when" in found else {},
        _action(found["action"], slots) if "action" in found else None,
        python.text if python else "",
        _function(python) if python else None,
    )


def _texts(node: Node, what: str) -> list[Text]:
    if not node.is_list:
        return [node.as_text(what)]
    found = [one.as_text(what) for one in node.as_list(what)]
    if not found:
        node.fail(f"{what} is empty")
    return found


def _template(text: Text, slots: frozenset[str]) -> Template:
    try:
        made = Template.of(text.text)
    except ValueError as e:
        raise text.where.error(f"{e}, in: {text.text}") from None
    if not text.text.strip():
        raise text.where.error("a reply is empty")
    for gap in made.gaps:
        if wrong := recipe_fields.problem(gap, slots):
            raise text.where.error(f"{wrong}, in: {text.text}")
    return made


def _when(node: Node, slots: frozenset[str]) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for key, value in node.as_map("'when'"):
        if wrong := recipe_fields.problem(key.text, slots):
            raise key.where.error(f"{wrong}, in 'when'")
        try:
            found[key.text] = Match.of(value.as_text_or_int(f"'{key.text}'"))
        except ValueError as e:
            raise value.where.error(f"'{key.text}': {e}") from None
    return found


def _action(node: Node, slots: frozenset[str]) -> Order:
    """What the car is to do, held against the table of its actions."""
    intent: Text | None = None
    given: dict[str, tuple[str | int, Where]] = {}
    for key, value in node.as_map("'action'"):
        refuse_unknown(key, ("intent", "slots"), "'action'")
        if key.text == "intent":
            intent = value.as_text("'intent'")
        else:
            given = {s.text: (v.as_text_or_int(f"slot '{s.text}'"), s.where) for s, v in value.as_map("'slots'")}
    if intent is None:
        node.fail("'action' needs 'intent:', one of the car's (docs/recipes.md)")
    row = TABLE.get(intent.text)
    if row is None:
        raise intent.where.error(f"the car has no action '{intent.text}'{nearest(intent.text, TABLE)}")
    for slot, (written, where) in given.items():
        if slot not in row.choices:
            raise where.error(f"'{intent.text}' has no slot '{slot}'; it has: {', '.join(row.choices) or 'none'}")
        choices = row.choices[slot]
        template = _template(Text(str(written), where), slots)
        if template.gaps and (template.pieces[0] or template.pieces[-1] or len(template.gaps) > 1):
            raise where.error(f"slot '{slot}' must be one placeholder by itself or none: '{written}'")
        if choices and not template.gaps and str(written) not in choices:
            raise where.error(
                f"slot '{slot}' of '{intent.text}' cannot be '{written}'; it is one of {', '.join(choices)}"
            )
        if not choices and not template.gaps and not isinstance(written, int):
            raise where.error(f"slot '{slot}' of '{intent.text}' = '{written}' must be a whole number")
    for slot in row.choices:
        if slot not in given and slot not in row.defaults:
            raise intent.where.error(f"'{intent.text}' needs the slot '{slot}'")
    return Order(intent.text, {slot: written for slot, (written, _) in given.items()})


def _function(name: Text) -> Callable[[Any], Any]:
    installed = {one.name: one for one in entry_points(group=GROUP)}
    if name.text not in installed:
        there = ", ".join(sorted(installed)) or "none"
        raise name.where.error(f"no entry point '{name.text}' in the group '{GROUP}'; installed: {there}")
    try:
        function = installed[name.text].load()
    except Exception as e:
        # Somebody else's module: whatever it raises at import is the user's to read.
        raise name.where.error(f"entry point '{name.text}' cannot be loaded: {type(e).__name__}: {e}") from e
    if not callable(function):
        raise name.where.error(f"entry point '{name.text}' is {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


def _slots_of(sentences: Iterable[Text], source: Source) -> frozenset[str]:
    """Slots that some sentence fills, those of rules too. Wrong templates and unknown rules are told by Network."""
    found: set[str] = set()
    seen: set[str] = set()
    open_ones = [templates.parse(text, source.language) for text in sentences]
    while open_ones:
        tree = open_ones.pop()
        if isinstance(tree, templates.ListReference):
            found.add(tree.slot_name)
        elif isinstance(tree, templates.RuleReference):
            if tree.rule_name in source.rules and tree.rule_name not in seen:
                seen.add(tree.rule_name)
                open_ones.append(templates.parse(source.rules[tree.rule_name], source.language))
        elif isinstance(tree, (templates.Sequence, templates.Alternative, templates.Permutation)):
            open_ones += tree.items
    return frozenset(found)


@cache
def _known_intents(language: str) -> frozenset[str]:
    return frozenset(sources.read(GRAMMARS / language).intents)
