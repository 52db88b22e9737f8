"""Recipes: the page's example does what the page says, mistakes have their line, nothing is said that is not known."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from kitt.ears.g2p.pronounce import Pronouncer
from kitt.ears.g2p.tokens import tokens
from kitt.errors import KittError
from kitt.mind import recipe_fields, recipe_file
from kitt.mind.notebook import Notebook
from kitt.mind.recipe_fields import value_of
from kitt.mind.recipes import Asked, Order, RecipeReply, Recipes
from kitt.mind.talk import Talk
from kitt.mind.view import View
from kitt.types import LANGUAGES, TRUCK, Signals
from tests.mind.scenes import S, Thing, scene

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
FOUR_CARS = scene([Thing(i, distance_m=20.4 + i, lead=i == 2, lateral_m=4.0 * (i != 2)) for i in (1, 2, 3, 4)], 1, 30)


def example() -> str:
    found = re.search(r"```yaml\n(language: en.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def recipes(tmp_path: Path) -> Recipes:
    (tmp_path / "en.yaml").write_text(example(), encoding="utf-8")
    return Recipes.load(tmp_path)


def asked(intent: str, slots: dict[str, str | int] | None = None, **view: Any) -> Asked:
    return Asked(intent, slots or {}, "en", View(**{"t_ns": 1 * S, **view}))


def reply(recipes: Recipes, one: Asked, nth: int = 0) -> RecipeReply:
    made = recipes.answer(one, nth)
    assert made
    return made


def test_the_example_of_the_page_is_understood(recipes: Recipes, tmp_path: Path) -> None:
    shown = re.search(r'recipes\.intents\("en"\) +# (\(.*\))', PAGE)
    assert shown
    assert repr(recipes.intents("en")) == shown[1]
    assert recipes.intents("fr") == ()
    assert recipes.grammar("fr") is None
    grammar = recipes.grammar("en", Pronouncer(tmp_path / "g2p"))
    assert grammar
    for said, meant in (
        ("find me a tea", ("CoffeeBreak", {"drink": "tea"})),
        ("how busy is it", ("BusyRoad", {})),
        ("give me a breeze of four", ("Fan", {"strength": 4})),
    ):
        assert grammar.parse([w for word in said.split() for w in tokens(word, "en")]) == meant


def test_replies_in_turn_with_an_action(recipes: Recipes) -> None:
    one = asked("CoffeeBreak", {"drink": "tea"})
    first = reply(recipes, one)
    assert first.text == "One tea, coming up on the map."
    assert first.values == {"slot:drink": "tea"}
    assert first.order == Order("NavigateNearest", {"place": "cafe"})
    assert reply(recipes, one, 1).text == "tea again? I am not counting."
    assert reply(recipes, one, 2).text == first.text


def test_a_number_goes_through_to_the_action_as_a_number(recipes: Recipes) -> None:
    assert reply(recipes, asked("Fan", {"strength": 4})).order == Order("FanSpeed", {"level": 4})


def test_what_is_seen_with_its_evidence(recipes: Recipes) -> None:
    made = reply(recipes, asked("BusyRoad", scene=FOUR_CARS, signals=Signals(13.9)))
    assert made.text == "I see 4 cars, the one ahead at 22 metres. We do 50."
    assert made.values == {"count:car": 4, "distance_m:lead": 22.0, "speed_kmh": 50}
    assert made.frame_index == 30
    assert made.track_ids == (1, 2, 3, 4)


def test_a_condition_that_does_not_hold(recipes: Recipes) -> None:
    two = scene([Thing(1), Thing(2), Thing(3, class_id=TRUCK)], 1)
    assert reply(recipes, asked("BusyRoad", scene=two, signals=Signals(10.0))).text == "I see 2 cars."


def test_what_is_not_known_is_not_said(recipes: Recipes) -> None:
    assert reply(recipes, asked("BusyRoad", scene=FOUR_CARS)).text == "I see 4 cars."
    unknown = Talk.load("en").say("recipe.unknown").text
    assert reply(recipes, asked("BusyRoad")).text == unknown
    assert reply(recipes, asked("BusyRoad", scene=FOUR_CARS, t_ns=60 * S)).text == unknown
    assert reply(recipes, asked("MyLevel")).text == unknown
    made = reply(recipes, asked("CoffeeBreak"))
    assert made.text == unknown
    assert made.order is None


def test_a_note_is_read(recipes: Recipes) -> None:
    book = Notebook.open(None, "a", 0)
    one = replace(asked("MyLevel"), book=book)
    assert reply(recipes, one).text == Talk.load("en").say("recipe.unknown").text
    book.add("parked", {"level": -2}, 0)
    assert reply(recipes, one).text == "Level -2."


def test_what_is_no_recipe(recipes: Recipes) -> None:
    assert recipes.answer(asked("EyesCount")) is None
    assert recipes.answer(replace(asked("Fan"), language="fr")) is None


def test_the_pages_table_of_fields() -> None:
    assert recipe_fields.as_markdown() in PAGE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_may_have_recipes(language: str, tmp_path: Path) -> None:
    text = f'language: {language}\nrecipes:\n  A:\n    sentences: ["kitt"]\n    reply: "{{distance_m:car}}"\n'
    (tmp_path / f"{language}.yaml").write_text(text, encoding="utf-8")
    near = scene([Thing(1, distance_m=4.26)], 1)
    made = Recipes.load(tmp_path).answer(replace(asked("A", scene=near), language=language))
    assert made
    assert made.text == ("4.3" if language == "en" else "4,3")


def mistake(tmp_path: Path, text: str) -> str:
    (tmp_path / "en.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(KittError) as caught:
        Recipes.load(tmp_path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("{speed_kmh}", "{speed}", "en.yaml:16: unknown field 'speed'; there are {speed_kmh}"),
        ("One {slot:drink}", "One {slot:drinks}", "en.yaml:8: no sentence fills the slot 'drinks'; filled are: drink"),
        ("{distance_m:lead} m", "{distance_m:lorry} m", "en.yaml:16: 'distance_m:lorry': after 'distance_m:' stands"),
        ("{distance_m:lead} m", "{distance_m} m", "en.yaml:16: 'distance_m': after 'distance_m:' stands"),
        ("We do {speed_kmh}", "We do {speed_kmh", "en.yaml:16: '{' at character"),
        ("We do {speed_kmh}", "We do {Speed}", "en.yaml:16: '{Speed}' is no placeholder"),
        (
            "  MyLevel:\n",
            "  MyLevel:\n    replay: x\n",
            "en.yaml:19: unknown key 'replay' in recipe 'MyLevel' (meant 'reply'",
        ),
        ('"3.."', '"9..3"', "en.yaml:15: 'count:car': '9..3' is an empty range"),
        ('{"count:car": "3.."}', '{"cuont:car": "3.."}', "en.yaml:15: unknown field 'cuont:car'"),
        ("intent: NavigateNearest", "intent: NavigateNear", "en.yaml:11: the car has no action 'NavigateNear' (meant"),
        (
            "{place: cafe}",
            "{place: pub}",
            "en.yaml:12: slot 'place' of 'NavigateNearest' cannot be 'pub'; it is one of",
        ),
        ("{place: cafe}", "{plaice: cafe}", "en.yaml:12: 'NavigateNearest' has no slot 'plaice'; it has: place"),
        ("      slots: {place: cafe}\n", "", "en.yaml:11: 'NavigateNearest' needs the slot 'place'"),
        ('level: "{slot:strength}"', "level: much", "en.yaml:24: slot 'level' of 'FanSpeed' = 'much' must be a whole"),
        ('level: "{slot:strength}"', 'level: "x{slot:strength}"', "en.yaml:24: slot 'level' must be one placeholder"),
        ("(I need|find me) [a] {drink}", "(I need|find me [a] {drink}", "en.yaml:6: unbalanced bracket"),
        ("how busy is it", "how <busy> is it", "en.yaml:14: unknown rule <busy>"),
        ("[a] {drink}", "[a] {dink}", "en.yaml:8: no sentence fills the slot 'drink'; filled are: dink"),
        ("  BusyRoad:", "  EyesCount:", "en.yaml:13: 'EyesCount' is an intent of kitt's own"),
        ('    reply: "Level {note:parked}."\n', "", "en.yaml:18: recipe 'MyLevel' needs either 'reply:' or 'python:'"),
        ('reply: "Level {note:parked}."', "python: nobody", "en.yaml:20: no entry point 'nobody' in the group"),
        ("language: en", "language: fr", "en.yaml:1: this file must say 'language: en'"),
        ("recipes:", "intents:", "en.yaml:3: 'intents' in the file: in a file of recipes they stand under 'recipes:'"),
        ("  MyLevel:", "  Fan:", "en.yaml:21: 'Fan' stands twice"),
    ],
)
def test_mistakes_are_told_with_their_line(was: str, becomes: str, told: str, tmp_path: Path) -> None:
    text = example()
    assert was in text
    assert mistake(tmp_path, text.replace(was, becomes, 1)).startswith(told)


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no such folder"):
        Recipes.load(tmp_path / "no")
    with pytest.raises(KittError, match="no recipes in this folder"):
        Recipes.load(tmp_path)
    (tmp_path / "mine.yaml").write_text(example(), encoding="utf-8")
    with pytest.raises(KittError, match=r"mine\.yaml: a file of recipes is named after its language"):
        Recipes.load(tmp_path)


@dataclass(frozen=True)
class Installed:
    """An entry point as if a package had it."""

    name: str
    function: Any

    def load(self) -> Any:
        if isinstance(self.function, Exception):
            raise self.function
        return self.function


def in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Any) -> Recipes:
    monkeypatch.setattr(recipe_file, "entry_points", lambda group: [Installed("tea_time", function)])
    shown = re.search(r"```yaml\n(  TeaTime:.*?)```", PAGE, re.DOTALL)
    assert shown
    (tmp_path / "en.yaml").write_text("language: en\nrecipes:\n" + shown[1], encoding="utf-8")
    return Recipes.load(tmp_path)


def test_the_example_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.search(r"```python\n(from kitt\.mind\.recipes import Order.*?)```", PAGE, re.DOTALL)
    assert shown
    space: dict[str, Any] = {}
    exec(shown[1], space)
    made = in_python(tmp_path, monkeypatch, space["tea_time"])
    assert reply(made, asked("TeaTime")).text == "I do not know how fast we are."
    assert reply(made, asked("TeaTime", signals=Signals(10.0))).text == "At 36? Later."
    assert reply(made, asked("TeaTime", signals=Signals(0.0))).order == Order("NavigateNearest", {"place": "cafe"})


def test_a_function_that_fails_does_not_take_kitt_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = in_python(tmp_path, monkeypatch, lambda asked: 1 / 0)
    failed = Talk.load("en").say("recipe.failed").text
    assert reply(made, asked("TeaTime")).text == failed
    assert "'tea_time' failed: ZeroDivisionError" in made.problems[0]
    made = in_python(tmp_path, monkeypatch, lambda asked: 42)
    assert reply(made, asked("TeaTime")).text == failed
    assert "gave int" in made.problems[0]


def test_a_module_that_cannot_be_imported_is_told_at_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KittError, match=r"en\.yaml:5: entry point 'tea_time' cannot be loaded: ImportError: gone"):
        in_python(tmp_path, monkeypatch, ImportError("gone"))
    with pytest.raises(KittError, match="is int, not a function"):
        in_python(tmp_path, monkeypatch, 3)


def test_real_entry_points_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = EntryPoint("tea_time", "tests.mind.test_recipes:always_tea", "kitt.recipes")
    monkeypatch.setattr(recipe_file, "entry_points", lambda group: EntryPoints([real]).select(group=group))
    text = 'language: en\nrecipes:\n  TeaTime:\n    sentences: ["tea"]\n    python: tea_time\n'
    (tmp_path / "en.yaml").write_text(text, encoding="utf-8")
    assert reply(Recipes.load(tmp_path), asked("TeaTime")).text == "Always."


def always_tea(asked: Asked) -> str:
    return "Always."


def test_a_speed_heard_too_long_ago_is_not_told() -> None:
    found = [
        value_of("speed_kmh", asked("BusyRoad", t_ns=t * S, scene=FOUR_CARS, signals=Signals(13.9))) for t in (1, 9)
    ]
    assert [f.value for f in found] == [50, None]


@pytest.mark.parametrize(
    ("language", "sentence", "intent"),
    [
        ("en", "is it safe to go", "EyesSafe"),
        ("en", "[hey|well] (Is it|was it) safe to (go|dance)", "EyesSafe"),
        ("en", "what do you see", "EyesDescribe"),
        ("fr", "que vois-tu", "EyesDescribe"),
        ("es", "qué ves", "EyesDescribe"),
    ],
)
def test_a_question_to_the_eyes_is_not_answered_by_a_recipe(
    language: str, sentence: str, intent: str, tmp_path: Path
) -> None:
    text = f'language: {language}\nrecipes:\n  Mine:\n    sentences: ["{sentence}"]\n    reply: "ok"\n'
    (tmp_path / f"{language}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(KittError, match=rf"{language}\.yaml:4: .* is a question that kitt's eyes answer \({intent}\)"):
        Recipes.load(tmp_path)


def test_an_empty_file_is_told_what_recipes_need(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text("")
    with pytest.raises(KittError, match=r"it needs 'language:' and 'recipes:' \(docs/recipes\.md\)"):
        Recipes.load(tmp_path)
