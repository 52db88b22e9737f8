"""Recipes: intents and answers that users add, in YAML or in Python. docs/recipes.md explains them.

A folder holds a file a language (en.yaml, fr.yaml, es.yaml; any of them). Everything is checked when it is loaded, so
that nothing is found wrong on the road; what a reply speaks of and is not known at the moment is said to be not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kitt.errors import KittError
from kitt.mind import recipe_file
from kitt.mind.recipe_fields import Asked, value_of
from kitt.mind.recipe_file import Order, Recipe, RecipeFile
from kitt.mind.talk import Talk
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.wording import Template, Value, known
from kitt.types import LANGUAGES

if TYPE_CHECKING:
    from kitt.ears.g2p.pronounce import G2p
    from kitt.ears.grammar import Grammar

__all__ = ["Asked", "Order", "RecipeReply", "Recipes"]

NO_FRAME = -1


@dataclass(frozen=True)
class RecipeReply:
    """What a recipe says and wants done. values: what stands in the text; order: None where nothing is to be done.

    frame_index: the frame it rests on, -1 for none. A recipe in Python may give one back, or just a text.
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
    order: Order | None = None
    frame_index: int = NO_FRAME
    track_ids: tuple[int, ...] = ()


class Recipes:
    """The recipes of a folder. `problems` gets a line for each one in Python that failed."""

    def __init__(self, files: Mapping[str, RecipeFile]) -> None:
        self._files = files
        self.problems: list[str] = []

    @staticmethod
    def load(folder: Path | str) -> Recipes:
        """Read and check every file of the folder. Raises KittError with file and line."""
        folder = Path(folder)
        if not folder.is_dir():
            raise KittError(f"{folder}: no such folder; recipes are a folder with en.yaml, fr.yaml or es.yaml in it")
        found = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))
        for path in found:
            if path.stem not in LANGUAGES:
                names = ", ".join(f"{language}.yaml" for language in LANGUAGES)
                raise KittError(f"{path}: a file of recipes is named after its language: {names}")
        if not found:
            raise KittError(f"{folder}: no recipes in this folder; write en.yaml, fr.yaml or es.yaml (docs/recipes.md)")
        return Recipes({path.stem: recipe_file.read(path) for path in found})

    def take_problems(self) -> str:
        """What went wrong since this was last asked, in a line."""
        told, self.problems = "; ".join(self.problems), []
        return told

    def intents(self, language: str) -> tuple[str, ...]:
        """The intents that these recipes add."""
        return tuple(self._files[language].recipes) if language in self._files else ()

    def grammar(self, language: str, g2p: G2p | None = None) -> Grammar | None:
        """Their sentences, for the ears and for typed text; None where the folder has none in this language."""
        return self._files[language].grammar(g2p) if language in self._files else None

    def grammars(self) -> list[Grammar]:
        """Their sentences in every language that they have."""
        return [file.grammar() for file in self._files.values()]

    def answer(self, asked: Asked, nth: int = 0) -> RecipeReply | None:
        """What the recipe of an intent says; None for an intent that none of them has.

        nth: how often it was asked before; several replies are said in turn. The order is for the caller to carry out,
        with the same confirmations as if the driver had spoken it.
        """
        recipe = self._files[asked.language].recipes.get(asked.intent) if asked.language in self._files else None
        if recipe is None:
            return None
        if any(not match.holds(value_of(gap, asked).value) for gap, match in recipe.when.items()):
            return _otherwise(recipe, asked)
        if recipe.function:
            return self._call(recipe, asked)
        filled = _filled(recipe.replies[nth % len(recipe.replies)], asked)
        order = _order(recipe, asked)
        if filled is None or (order is None) != (recipe.action is None):
            return _otherwise(recipe, asked)
        return RecipeReply(filled.text, filled.values, order, filled.frame_index, filled.track_ids)

    def _call(self, recipe: Recipe, asked: Asked) -> RecipeReply:
        assert recipe.function
        try:
            made = recipe.function(asked)
        except Exception as e:
            # Somebody else's code: whatever it raises, the assistant goes on.
            self.problems.append(f"{recipe.where}: '{recipe.python}' failed: {type(e).__name__}: {e}")
            return _said("recipe.failed", asked)
        if made is None:
            return _otherwise(recipe, asked)
        if isinstance(made, str):
            return RecipeReply(made)
        if isinstance(made, RecipeReply):
            if made.order is None or made.order.intent in TABLE:
                return made
            intent = made.order.intent
            self.problems.append(f"{recipe.where}: '{recipe.python}' ordered '{intent}', which the car does not do")
            return _said("recipe.failed", asked)
        self.problems.append(f"{recipe.where}: '{recipe.python}' gave {type(made).__name__}, not a text or RecipeReply")
        return _said("recipe.failed", asked)


def _filled(template: Template, asked: Asked) -> RecipeReply | None:
    """The text with its fields, and their evidence; None when one of them is not known."""
    found = {gap: value_of(gap, asked) for gap in template.gaps}
    values = {gap: one.value for gap, one in found.items() if one.value is not None and known(one.value)}
    if set(values) != set(found):
        return None
    ids = tuple(sorted({i for one in found.values() for i in one.track_ids}))
    scene = asked.view.scene
    rests = any(one.of_the_scene for one in found.values()) and scene is not None
    frame = scene.index if rests and scene else NO_FRAME
    return RecipeReply(template.fill(values, asked.language), values, None, frame, ids)


def _order(recipe: Recipe, asked: Asked) -> Order | None:
    """The action with its slots filled; None without one, or when what it takes from the sentence is not there."""
    if recipe.action is None:
        return None
    slots: dict[str, str | int] = {}
    for name, written in recipe.action.slots.items():
        value = written if isinstance(written, int) else _slot_value(written, asked)
        if value is None:
            return None
        slots[name] = value
    return Order(recipe.action.intent, slots)


def _slot_value(written: str, asked: Asked) -> str | int | None:
    """A text as it stands, or what its only gap comes to."""
    gaps = Template.of(written).gaps
    value = value_of(gaps[0], asked).value if gaps else written
    return value if isinstance(value, str | int) else None


def _otherwise(recipe: Recipe, asked: Asked) -> RecipeReply:
    filled = _filled(recipe.otherwise, asked) if recipe.otherwise else None
    return filled or _said("recipe.unknown", asked)


def _said(key: str, asked: Asked) -> RecipeReply:
    return RecipeReply(Talk.load(asked.language).say(key).text)
