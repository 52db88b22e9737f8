"""Typed sentences: small mistakes are forgiven, what turns a sentence into another is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.engine import GRAMMARS
from kitt.ears.grammar import Grammar
from kitt.mind.reading import Reader
from kitt.mind.typed import distance, plain_words, read

CAR = {language: Grammar.load(GRAMMARS / language) for language in ("en", "fr", "es")}


def understood(language, typed):
    found = read(CAR[language], typed)
    return (found[0].intent, found[0].slots) if found else None


@pytest.mark.parametrize(
    ("language", "typed", "intent", "slots"),
    [
        ("en", "What do you see?", "EyesDescribe", {}),
        ("en", "WHAT DO YOU SEE", "EyesDescribe", {}),
        ("en", "how many cars are there", "EyesCount", {"object": "car"}),
        ("en", "set the temperatur to 21 degrees", "TemperatureSet", {"degrees": 21}),
        ("en", "turn on the headlights please, KITT!", "LightsSet", {"light": "headlights", "state": "on"}),
        ("fr", "qu'est-ce que tu vois ?", "EyesDescribe", {}),
        ("fr", "et a gauche", "FollowSide", {"side": "left"}),
        ("fr", "mets la temperature à 21 degrés", "TemperatureSet", {"degrees": 21}),
        ("es", "¿Qué ves?", "EyesDescribe", {}),
        ("es", "cuantos coches hay", "EyesCount", {"object": "car"}),
    ],
)
def test_case_accents_punctuation_and_a_wrong_letter_do_not_count(language, typed, intent, slots):
    assert understood(language, typed) == (intent, slots)


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "don't turn on the headlights"),
        ("fr", "n'allume pas les phares"),
        ("es", "no enciendas los faros"),
        ("en", "set the temperature to 2100 degrees"),
        ("en", "blargh fnord"),
        ("en", ""),
        ("en", "?!"),
    ],
)
def test_what_turns_a_sentence_is_not_forgiven_and_nonsense_is_nothing(language, typed):
    assert understood(language, typed) is None


def test_a_number_is_that_number_or_none():
    for number in (16, 18, 21, 25):
        assert understood("en", f"set the temperature to {number} degrees") == ("TemperatureSet", {"degrees": number})
    assert understood("en", "set the temperature to 90 degrees") is None


def test_readings_stand_nearest_first_one_an_intent():
    found = read(CAR["en"], "what do you see")
    assert [r.cost for r in found] == sorted(r.cost for r in found)
    assert len({r.intent for r in found}) == len(found)


def test_digits_that_nobody_can_read_are_left_as_typed():
    assert plain_words("at 5:30 sharp", "en") == ("at", "5:30", "sharp")


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_distance_of_words_is_one_to_nothing_and_symmetric(a, b):
    assert 0 <= distance(a, b) <= 1
    assert distance(a, b) == distance(b, a)
    assert distance(a, a) == 0


@settings(deadline=None)  # how long a sentence takes hangs on its words, and on who else computes
@given(st.text(max_size=60))
def test_anything_may_be_typed(typed):
    for language in CAR:
        read(CAR[language], typed)


@pytest.fixture(scope="module")
def reader():
    return Reader()


@pytest.mark.parametrize(
    ("language", "typed", "intent"),
    [
        ("en", "it's raining, put the wipers on", "WipersSet"),
        ("en", "can you tell me how far the truck is", "EyesDistance"),
        ("en", "remind me to water the plants", "NoteAdd"),
        ("fr", "il fait chaud, mets la clim", "ClimateSet"),
        ("es", "pues llama a Lucía", "PhoneCall"),
    ],
)
def test_what_stands_beside_a_sentence_is_let_be(reader, language, typed, intent):
    assert reader(typed, language)[0].intent == intent


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "if it rains, close the windows"),
        ("en", "turn on the lights and the radio"),
        ("en", "open the window, turn off the radio"),
        ("en", "don't call Marie"),
        ("fr", "s'il pleut, ferme les vitres"),
        ("fr", "ferme les vitres s'il pleut"),
        ("es", "si llueve, cierra las ventanillas"),
    ],
)
def test_a_condition_and_a_second_command_are_not_let_be(reader, language, typed):
    assert reader(typed, language) == []


def test_a_free_name_is_kept_as_it_was_typed(reader):
    (best, *_) = reader("Call Zebulon, please", "en")
    assert (best.intent, best.slots) == ("PhoneCall", {"contact": "Zebulon"})


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "turn off the engine"),
        ("en", "turn off the brakes"),
        ("en", "turn off the airbag"),
        ("en", "turn off the warnings"),
        ("fr", "coupe le moteur"),
        ("fr", "éteins les freins"),
        ("es", "apaga el motor"),
        ("es", "apaga los frenos"),
        ("en", "turn the lights"),
        ("en", "never turn on the headlights"),
        ("en", "volume to minus 5"),
        ("en", "volume to -5"),
        ("fr", "volume à moins 5"),
        ("es", "volumen a menos 5"),
    ],
)
def test_nothing_in_the_car_is_set_by_leaving_out_or_putting_in_a_thing(reader, language, typed):
    assert reader(typed, language) == []


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "is there a dog on the road"),
        ("en", "is there a cat"),
        ("en", "how many trees do you see"),
        ("en", "is there a bike lane"),
        ("en", "how many red cars"),
        ("en", "what colour is the car ahead"),
        ("fr", "y a-t-il un chien sur la route ?"),
        ("es", "¿hay un perro en la carretera?"),
        ("es", "cuántos perros ves"),
    ],
)
def test_a_thing_that_kitt_does_not_know_is_not_taken_for_one_that_it_does(reader, language, typed):
    assert reader(typed, language) == []


@pytest.mark.parametrize(
    ("typed", "intent", "slots"),
    [
        ("how many peple do you see", "EyesCount", {"object": "person"}),
        ("is there a bicicle", "EyesSee", {"object": "bicycle"}),
        ("is there a bicylce on the road", "EyesSee", {"object": "bicycle"}),
        ("turn on the hedlights", "LightsSet", {"light": "headlights", "state": "on"}),
    ],
)
def test_a_thing_may_be_mistyped(reader, typed, intent, slots):
    best = reader(typed, "en")[0]
    assert (best.intent, best.slots) == (intent, slots)


def test_what_two_languages_share_keeps_the_one_spoken(reader):
    for language, typed in (("en", "no, 22"), ("en", "22"), ("es", "no, 22"), ("en", "no"), ("es", "no")):
        assert {r.language for r in reader(typed, language)} <= {language}
    assert reader("no, 22", "en") == reader("non, 22", "fr") == []


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "turn on the radio and the fog lights"),
        ("en", "call my mother and turn on the radio"),
        ("fr", "mets la radio et les antibrouillards"),
        ("fr", "appelle ma mère et allume la radio"),
        ("es", "pon la radio y los faros"),
        ("es", "llama a mi madre y enciende la radio"),
    ],
)
def test_a_name_does_not_swallow_a_second_command(reader, language, typed):
    assert reader(typed, language) == []


@pytest.mark.parametrize(
    ("typed", "slots"),
    [
        ("call Anna and Bob", {"contact": "Anna and Bob"}),
        ("tune to radio rock and pop", {"station": "radio rock and pop"}),
        ("remind me to call Anna and turn on the radio", {"text": "call Anna and turn on the radio"}),
    ],
)
def test_a_name_and_a_note_may_have_an_and(reader, typed, slots):
    assert reader(typed, "en")[0].slots == slots
