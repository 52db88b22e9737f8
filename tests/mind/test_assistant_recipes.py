"""Recipes in a conversation: answered from what is seen, carried out by the hands, told when they fail."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from kitt.mind import recipe_file
from kitt.mind.assistant import Assistant
from kitt.mind.context import Request
from kitt.mind.reading import Reader
from kitt.mind.recipes import Asked, Order, RecipeReply, Recipes
from kitt.mind.turn import Turn
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.targets import Value
from kitt.types import Heard, Signals
from tests.mind.scenes import S, Thing, scene

ENGLISH = """\
language: en
recipes:
  BusyRoad:
    sentences: ["how busy is it"]
    reply: "I see {count:car} cars, the one ahead at {distance_m:lead} metres."
  CoffeeBreak:
    sentences: ["I need coffee"]
    reply: ["One coffee, coming up on the map.", "Coffee again? I am not counting."]
    action: {intent: NavigateNearest, slots: {place: cafe}}
  CallHome:
    sentences: ["tell them I am late"]
    reply: "Here we go."
    action: {intent: PhoneCall, slots: {contact: home}}
  Breeze:
    sentences: ["give me a breeze of {1..9:strength}"]
    reply: "Fan {slot:strength}."
    action: {intent: FanSpeed, slots: {level: "{slot:strength}"}}
"""
FRENCH = """\
language: fr
recipes:
  Pause:
    sentences: ["j'ai besoin d'un café"]
    reply: "Un café, c'est sur la carte."
    action: {intent: NavigateNearest, slots: {place: cafe}}
"""


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Recipes:
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "en.yaml").write_text(ENGLISH, encoding="utf-8")
    (folder / "fr.yaml").write_text(FRENCH, encoding="utf-8")
    return Recipes.load(folder)


@pytest.fixture(scope="module")
def reader(recipes: Recipes) -> Reader:
    return Reader(more=recipes.grammars())


def talk(mind: Assistant, reader: Reader, *sentences: str) -> list[Turn]:
    return [mind.read(sentence, (10 + 6 * i) * S, reader) for i, sentence in enumerate(sentences)]


def test_typed_sentences_reach_the_recipes_in_their_languages(recipes: Recipes, reader: Reader) -> None:
    mind = Assistant(recipes=recipes)
    turns = talk(mind, reader, "I need cofee", "J'ai besoin d'un cafe !", "what do you see")
    assert [(t.intent, t.language) for t in turns] == [("CoffeeBreak", "en"), ("Pause", "fr"), ("EyesDescribe", "en")]
    assert turns[1].said == "Un café, c'est sur la carte."


def test_so_does_what_the_ears_heard(recipes: Recipes) -> None:
    heard = Heard(S, 2 * S, "en", "Breeze", {"strength": 4}, "give me a breeze of four", 0.9, False, "")
    turn = Assistant(recipes=recipes).hear(heard)
    assert turn.said == "Fan 4."
    assert turn.actions[0].after == 4


def test_what_it_rests_on_is_the_turns_evidence(recipes: Recipes, reader: Reader) -> None:
    mind = Assistant(recipes=recipes)
    mind.see(scene([Thing(3, distance_m=22.4), Thing(5, lateral_m=4.0, lead=False)], 10, 30), Signals())
    (turn,) = talk(mind, reader, "how busy is it")
    assert turn.said == "I see 2 cars, the one ahead at 22 metres."
    assert dict(turn.evidence.values) == {"count:car": 2, "distance_m:lead": 22.0}
    assert (turn.evidence.frame, turn.evidence.track_ids) == (30, (3, 5))


def test_what_it_orders_is_done_said_in_turn_and_undone(recipes: Recipes, reader: Reader) -> None:
    car = SimulatedCar()
    mind = Assistant(recipes=recipes, car=car)
    first, back, second = talk(mind, reader, "I need coffee", "undo that", "I need coffee")
    assert first.said == "One coffee, coming up on the map."
    assert first.actions[0].confirmed
    assert back.actions[0].confirmed
    assert second.said == "Coffee again? I am not counting."
    assert car.state["navigation.destination"] == "cafe"
    assert second.evidence.frame == -1


def test_it_is_confirmed_as_if_the_driver_had_said_it(recipes: Recipes, reader: Reader) -> None:
    mind = Assistant(recipes=recipes)
    asked, yes = talk(mind, reader, "tell them I am late", "yes")
    assert asked.asked_back
    assert not asked.actions[0].confirmed
    assert asked.said == "Call home?"
    assert yes.said == "Here we go."
    assert yes.actions[0].confirmed
    asked, no = talk(mind, reader, "hang up", "tell them I am late", "no")[1:]
    assert asked.asked_back
    assert not no.actions


def test_a_recipe_goes_before_what_ships(recipes: Recipes, reader: Reader) -> None:
    assert Reader()("I need coffee", "en")[0].intent == "NavigateNearest"
    turns = talk(Assistant(recipes=recipes), reader, "I need coffee", "I need cofee")
    assert [(t.intent, t.asked_back) for t in turns] == [("CoffeeBreak", False)] * 2


def test_a_refusal_is_the_cars_own(recipes: Recipes, reader: Reader) -> None:
    (turn,) = talk(Assistant(recipes=recipes), reader, "give me a breeze of nine")
    assert turn.said == "I can only set 1 to 5."
    assert not turn.evidence.values


def test_on_a_condition_nothing_is_done(recipes: Recipes, reader: Reader) -> None:
    (turn,) = talk(Assistant(recipes=recipes), reader, "if it rains I need coffee")
    assert not turn.actions


def test_follow_ups_of_an_order(recipes: Recipes, reader: Reader) -> None:
    car = SimulatedCar()
    mind = Assistant(recipes=recipes, car=car)
    talk(mind, reader, "I need coffee", "turn it off again")
    assert car.state["navigation.destination"] == ""


class SlowCar(SimulatedCar):
    """Does what it is told at the next poll but one, as a real car does."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[dict[str, Value]] = []

    def send(self, values: dict[str, Value], t_ns: int) -> str:  # type: ignore[override]
        self._late.append(dict(values))
        return ""

    def poll(self, t_ns: int) -> str:
        if t_ns >= 11 * S:
            for values in self._late:
                super().send(values, t_ns)
            self._late.clear()
        return ""


def test_a_car_that_takes_its_time_is_waited_for(recipes: Recipes, reader: Reader) -> None:
    mind = Assistant(recipes=recipes, car=SlowCar())
    (turn,) = talk(mind, reader, "give me a breeze of three")
    assert turn.said == ""
    assert mind.tick(10 * S + S // 2) == []
    (done,) = mind.tick(11 * S)
    assert done.said == "Fan 3."
    assert dict(done.evidence.values) == {"slot:strength": 3}


class Installed(EntryPoint):
    """An entry point that is here."""

    def load(self) -> object:
        return {"late": late, "fail": fail, "fly": fly}[self.name]


def late(asked: Asked) -> RecipeReply:
    return RecipeReply("Done, captain.", order=Order("FanSpeed", {"level": 2}))


def fail(asked: Asked) -> str:
    raise ZeroDivisionError("by none")


def fly(asked: Asked) -> RecipeReply:
    return RecipeReply("Up we go.", order=Order("TakeOff"))


@pytest.mark.parametrize(
    ("name", "said", "note"),
    [
        ("late", "Done, captain.", ""),
        ("fail", "The recipe for that failed.", "'fail' failed: ZeroDivisionError: by none"),
        ("fly", "The recipe for that failed.", "'fly' ordered 'TakeOff', which the car does not do"),
    ],
)
def test_python_and_its_failures(
    name: str, said: str, note: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = EntryPoints([Installed(name, name, recipe_file.GROUP)])
    monkeypatch.setattr(recipe_file, "entry_points", lambda group: here)
    (tmp_path / "en.yaml").write_text(
        f'language: en\nrecipes:\n  Own:\n    sentences: ["go"]\n    python: {name}\n', encoding="utf-8"
    )
    mind = Assistant(recipes=Recipes.load(tmp_path))
    turn = mind.answer(Request("Own"), "go", S)
    assert turn.said == said
    assert turn.note.endswith(note)
    assert bool(turn.note) == bool(note)
    assert ("note" in turn.row(1, 0)) == bool(note)
    assert mind.answer(Request("EyesDescribe"), "what do you see", 2 * S).note == ""
