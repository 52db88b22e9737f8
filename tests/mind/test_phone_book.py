"""Whom a name means."""

import pytest

from kitt.mind.assistant import Assistant
from kitt.mind.context import Request
from kitt.mind.phone_book import named

NAMES = ("Anna Bell", "Paul Carter", "Paul Reed", "Lucía Romero")


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        ("Anna", ("Anna Bell",)),
        ("paul", ("Paul Carter", "Paul Reed")),
        ("Paul Reed", ("Paul Reed",)),
        ("lucia", ("Lucía Romero",)),
        ("Zebulon", ()),
        ("", ()),
    ],
)
def test_every_word_of_it_must_be_in_the_name(said, whom):
    assert named(said, NAMES) == whom


def test_one_of_several_is_picked_by_the_rest_of_the_name_and_nobody_is_called_unasked():
    mind = Assistant(contacts=NAMES)
    asked = mind.answer(Request("PhoneCall", {"contact": "Paul"}), "call Paul", 0)
    assert asked.asked_back
    assert "Paul Carter and Paul Reed" in asked.said
    picked = mind.read("Reed", 1_000_000_000, lambda typed, language: [])
    assert (picked.said, picked.asked_back) == ("Call Paul Reed?", True)
    done = mind.answer(Request("TalkYes"), "yes", 2_000_000_000)
    assert done.actions[0].confirmed
    assert mind.hands.vehicle.read("phone.contact").value == "Paul Reed"


def test_an_unknown_name_is_said_back_and_nothing_is_dialled():
    mind = Assistant(contacts=NAMES)
    turn = mind.answer(Request("PhoneCall", {"contact": "Zebulon"}), "call Zebulon", 0)
    assert "Zebulon" in turn.said
    assert not turn.actions


def test_the_second_one_is_the_second_name_and_not_another_window():
    mind = Assistant(contacts=NAMES)
    mind.answer(Request("WindowOpen", {}), "open the window", 0)
    mind.answer(Request("PhoneCall", {"contact": "Paul"}), "call Paul", 1_000_000_000)
    turn = mind.answer(Request("FollowOther"), "the second one", 2_000_000_000)
    assert (turn.said, turn.asked_back) == ("Call Paul Reed?", True)
    assert mind.hands.vehicle.read("windows.passenger").value == 0
