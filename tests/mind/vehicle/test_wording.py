"""What is said about actions, in three languages, with the right gender and number."""

import itertools
import sys

import pytest

from kitt.errors import KittError
from kitt.mind.vehicle.action import REASONS, Action
from kitt.mind.vehicle.actions import NAMED, TABLE, Set
from kitt.mind.vehicle.hands import Hands
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.vehicle.targets import TARGETS, Value
from kitt.mind.vehicle.wording import FOLDER, confirm
from kitt.types import LANGUAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


# fmt: off
CONFIRMED = [
    ("LightsSet", {"light": "headlights", "state": "on"}, "Headlights on.", "Phares allumés.", "Faros encendidos."),
    ("LightsSet", {"light": "interior_light", "state": "on"},
     "Interior light on.", "Plafonnier allumé.", "Luz interior encendida."),
    ("LightsSet", {"light": "parking_lights", "state": "off"},
     "Parking lights off.", "Veilleuses éteintes.", "Luces de posición apagadas."),
    ("AmbientColour", {"colour": "white"},
     "Ambient light white.", "Lumière d'ambiance blanche.", "Luz ambiente blanca."),
    ("ClimateSet", {"climate": "air_conditioning", "state": "on"},
     "Air conditioning on.", "Climatisation activée.", "Aire acondicionado encendido."),
    ("TemperatureSet", {"degrees": 21},
     "Temperature at 21 degrees.", "Température à 21 degrés.", "Temperatura a 21 grados."),
    ("TemperatureChange", {"change": "up"},
     "Temperature at 22 degrees.", "Température à 22 degrés.", "Temperatura a 22 grados."),
    ("WindowOpen", {}, "Your window open.", "Votre vitre ouverte.", "Su ventanilla abierta."),
    ("WindowOpen", {"window": "rear", "amount": "half"},
     "Rear windows half open.", "Vitres arrière à moitié ouvertes.", "Ventanillas traseras abiertas a la mitad."),
    ("WindowClose", {"window": "sunroof"}, "Sunroof closed.", "Toit ouvrant fermé.", "Techo solar cerrado."),
    ("WipersChange", {"change": "up"},
     "Wipers on intermittent.", "Essuie-glaces par intermittence.", "Limpiaparabrisas en intermitente."),
    ("NavigateTo", {"destination": "home"}, "Route home.", "Itinéraire vers la maison.", "Ruta a casa."),
    ("NavigateNearest", {"place": "cafe"}, "Route to the nearest coffee shop.",
     "Itinéraire vers le café le plus proche.", "Ruta a la cafetería más cercana."),
    ("PhoneCall", {"contact": "mother"}, "Calling your mother.", "J'appelle votre mère.", "Llamando a su madre."),
]
# fmt: on


@pytest.mark.parametrize(("intent", "slots", "en", "fr", "es"), CONFIRMED)
def test_confirmations(intent: str, slots: dict[str, str | int], en: str, fr: str, es: str) -> None:
    action = Hands(SimulatedCar()).ask(intent, slots, 0, speed_mps=0.0, yes=True)
    assert tuple(confirm(action, language) for language in LANGUAGES) == (en, fr, es)


# fmt: off
REFUSED = [
    ("TemperatureSet", {"degrees": 45}, 0.0, "I can only set 15 to 30.", "Je ne peux régler que de 15 à 30.",
     "Solo puedo ajustar de 15 a 30."),
    ("HatchOpen", {"hatch": "trunk"}, 20.0, "Not while we are driving.", "Pas en roulant.", "En marcha no."),
    ("HatchOpen", {"hatch": "fuel_flap"}, 0.0, "Open the fuel flap? I cannot close it again.",
     "J'ouvre la trappe à carburant ? Je ne pourrai pas la refermer.",
     "¿Abro la tapa del depósito? No podré volver a cerrarla."),
    ("PhoneCall", {"contact": "doctor"}, 0.0, "Call the doctor?", "J'appelle le médecin ?", "¿Llamo al médico?"),
    ("PhoneHangUp", {}, 0.0, "There is no call.", "Il n'y a pas d'appel.", "No hay ninguna llamada."),
    ("KittTurboBoost", {}, 0.0, "That is not something I can do in the car.",
     "Je ne sais pas faire cela dans la voiture.", "Eso no sé hacerlo en el coche."),
]
# fmt: on


@pytest.mark.parametrize(("intent", "slots", "speed", "en", "fr", "es"), REFUSED)
def test_refusals(intent: str, slots: dict[str, str | int], speed: float, en: str, fr: str, es: str) -> None:
    action = Hands(SimulatedCar()).ask(intent, slots, 0, speed_mps=speed)
    assert tuple(confirm(action, language) for language in LANGUAGES) == (en, fr, es)


def test_a_redial_is_asked_with_the_name() -> None:
    car = SimulatedCar()
    car.by_hand("phone.last", "sister")
    action = Hands(car).ask("PhoneRedial", {}, 0)
    assert confirm(action, "en") == "Call your sister again?"
    assert confirm(action, "fr") == "Je rappelle votre sœur ?"
    assert confirm(action, "es") == "¿Vuelvo a llamar a su hermana?"


def _any(intent: str, slot: str, sets: tuple[Set, ...]) -> Value | None:
    """A value for a slot that has no choices."""
    return "Radio 4" if intent == NAMED else TARGETS[next(s.target for s in sets if s.slot == slot)].low


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_with_every_value_has_its_words(language: str) -> None:
    for row in TABLE.values():
        values = [c or (_any(row.intent, name, row.sets),) for name, c in row.choices.items()]
        for combination in itertools.product(*values):
            slots = dict(zip(row.choices, combination, strict=True))
            car = SimulatedCar()
            for target, value in _ready(row.intent, slots):
                car.by_hand(target, value)
            action = Hands(car).ask(row.intent, slots, 0, speed_mps=0.0, yes=True)  # type: ignore[arg-type]
            assert action.confirmed, action
            said = confirm(action, language)
            assert said.endswith(".")
            assert said[0].isupper()
            assert "{" not in said
            assert "_" not in said


def _ready(intent: str, slots: dict[str, object]) -> list[tuple[str, str | int]]:
    """How a car must stand so that this can be done."""
    if intent in ("PhoneAnswer", "PhoneDecline"):
        return [("phone.state", "ringing"), ("phone.contact", "mother")]
    return {
        "PhoneHangUp": [("phone.state", "in_call"), ("phone.contact", "mother")],
        "PhoneRedial": [("phone.last", "mother")],
        "NavigateCancel": [("navigation.destination", "home")],
        "WipersChange": [("wipers.mode", "slow")],
        "MediaPrevious": [("media.track", 5)],
    }.get(intent, [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [r for r in REASONS if r])
def test_every_reason_has_its_words(language: str, reason: str) -> None:
    action = Action("LightsAuto", {}, 0, reason=reason, figures={"low": 1, "high": 5, "limit": 5})
    said = confirm(action, language)
    assert "{" not in said
    assert bool(said) == (reason != "superseded")


def test_the_three_languages_have_the_same_texts_and_names() -> None:
    shapes = []
    for language in LANGUAGES:
        words = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
        shapes.append((set(words["done"]), set(words["refused"]), {k: set(v) for k, v in words["names"].items()}))
    assert shapes[0] == shapes[1] == shapes[2]


def test_nothing_is_said_while_the_car_has_not_answered() -> None:
    action = Hands(SimulatedCar(deaf=("media.muted",))).ask("VolumeMute", {"state": "on"}, 0)
    assert confirm(action, "en") == ""


def test_an_unknown_language_is_one_clear_line() -> None:
    with pytest.raises(KittError, match="language 'de' is not known; known: en, fr, es"):
        confirm(Action("LightsAuto", {}, 0, confirmed=True), "de")
