"""The shipped weights on synthetic speech in all three languages: commands of the car grammar, and what is none."""

import numpy as np
import pytest

from kitt.ears.engine import Ears, Networks
from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from kitt.types import F32
from tests.ears.voices import speak

pytestmark = pytest.mark.weights

COMMANDS = [
    ("en", "turn on the fog lights", "LightsSet", {"state": "on", "light": "fog_lights"}),
    ("en", "set the temperature to twenty one degrees", "TemperatureSet", {"degrees": 21}),
    ("fr", "allume les phares antibrouillard", "LightsSet", {"state": "on", "light": "fog_lights"}),
    ("fr", "mets la température à vingt et un degrés", "TemperatureSet", {"degrees": 21}),
    ("es", "enciende las luces antiniebla", "LightsSet", {"state": "on", "light": "fog_lights"}),
    ("es", "pon la temperatura a veintiún grados", "TemperatureSet", {"degrees": 21}),
]


MORE_THAN_COMMANDS = [
    ("en", "don't turn on the headlights"),
    ("en", "do not open the window"),
    ("en", "set the temperature to twenty one and a half degrees"),
    ("en", "turn on the headlights if it rains"),
    ("fr", "n'ouvre pas la fenêtre"),
    ("fr", "n'allume pas les phares"),
    ("fr", "mets la température à vingt et un degrés et demi"),
    ("es", "no abras la ventana"),
    ("es", "no enciendas las luces"),
    ("es", "nunca cierres la ventana"),
]
NUMBERS = [
    ("en", "{0..100:n}", "one hundred and twenty"),
    ("en", "{0..100:n}", "twenty one and a half"),
    ("en", "{0..30:n}", "thirty six"),
    ("fr", "{0..100:n}", "cent vingt"),
    ("es", "{0..100:n}", "ciento veinte"),
]
COURTESIES = [
    ("en", "please, turn on the fog lights"),
    ("en", "um, turn on the fog lights"),
    ("en", "kitt, turn on the fog lights"),
    ("fr", "euh, allume les antibrouillards"),
    ("fr", "kitt allume les antibrouillards s'il vous plaît"),
    ("es", "kitt, enciende las luces antiniebla"),
    ("es", "eh, enciende las luces antiniebla, por favor"),
]


@pytest.fixture(scope="module")
def networks() -> Networks:
    try:
        return Networks.load()
    except KittError as e:
        pytest.skip(str(e))


def sound(language: str, text: str) -> F32:
    quiet = np.zeros(8000, np.float32)
    return np.concatenate([quiet, speak(text, language), quiet])


@pytest.mark.parametrize(("language", "text", "intent", "slots"), COMMANDS)
def test_commands_are_understood_with_the_language_known(networks, language, text, intent, slots) -> None:
    (heard,) = Ears(language=language, networks=networks).listen(sound(language, text))
    assert (heard.intent, heard.slots, heard.rejected) == (intent, slots, False), heard


@pytest.mark.parametrize(("language", "text", "intent", "slots"), COMMANDS[::2])
def test_the_language_is_found_out(networks, language, text, intent, slots) -> None:
    (heard,) = Ears(language="auto", networks=networks).listen(sound(language, text))
    assert (heard.language, heard.intent, heard.slots) == (language, intent, slots), heard


def test_what_is_no_command_is_rejected(networks) -> None:
    text = "my grandmother bought seven chickens at the market last summer"
    heard = Ears(language="en", networks=networks).listen(sound("en", text))
    assert heard
    assert all(h.rejected and h.reason for h in heard)


@pytest.mark.parametrize(("language", "text"), MORE_THAN_COMMANDS)
def test_a_command_among_other_words_is_none(networks, language, text) -> None:
    heard = Ears(language=language, networks=networks).listen(sound(language, text))
    assert heard
    assert all(h.rejected and h.reason for h in heard), heard


@pytest.mark.parametrize(("language", "template", "text"), NUMBERS)
def test_a_number_that_goes_on_is_not_its_beginning(networks, language, template, text) -> None:
    grammar = Grammar.of_sentences({"Number": [template]}, language, "numbers")
    heard = Ears([grammar], language=language, networks=networks).listen(sound(language, text))
    assert heard
    assert all(h.rejected and h.reason for h in heard), heard


@pytest.mark.parametrize(("language", "text"), COURTESIES)
def test_courtesies_around_a_command_change_nothing(networks, language, text) -> None:
    heard = Ears(language=language, networks=networks).listen(sound(language, text))
    assert [h.slots for h in heard if not h.rejected] == [{"state": "on", "light": "fog_lights"}], heard


def test_the_wake_phrase_opens_the_ears(networks) -> None:
    ears = Ears(language="en", wake="hey computer", networks=networks)
    *_, heard = ears.listen(sound("en", "hey computer, turn on the fog lights"))
    assert (heard.wake, heard.intent, heard.rejected) == ("hey computer", "LightsSet", False), heard
    assert not [h for h in ears.listen(sound("en", "turn on the fog lights")) if not h.rejected]
