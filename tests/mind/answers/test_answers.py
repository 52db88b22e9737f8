"""Who answers what; answers about what was, about the car and about the camera; questions that are none."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import kitt.ears
from kitt.errors import KittError
from kitt.mind.answers import INTENTS, UNITS, answer
from kitt.mind.view import Sightings, View
from kitt.mind.warnings import TABLE
from kitt.types import CAR, LANGUAGES, LIGHT_RED, PERSON, TRAFFIC_LIGHT, TRUCK, Signals
from tests.mind.answers.golden import NOW_S, VIEWS, aside, view, warning
from tests.mind.scenes import S, Thing, scene

GRAMMARS = Path(kitt.ears.__file__).parent / "grammars"
WARNED = [e for e in TABLE if e.measure]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_the_grammar_has_an_answer(language: str) -> None:
    asked = yaml.safe_load((GRAMMARS / language / "eyes.yaml").read_text(encoding="utf-8"))["intents"]
    assert set(asked) == set(INTENTS)


@pytest.mark.parametrize(
    ("intent", "slots", "said"),
    [
        ("EyesSing", {}, "'EyesSing' is no question to the eyes"),
        ("EyesSee", {}, "EyesSee: object 'None' is not known; known: person, bicycle"),
        ("EyesCount", {"object": "dog"}, "object 'dog' is not known"),
        ("EyesSide", {"side": "up"}, "side 'up' is not known; known: behind, ahead, left, right"),
        ("EyesLight", {"colour": "blue"}, "colour 'blue' is not known"),
    ],
)
def test_what_it_cannot_answer_it_says_in_one_line(intent: str, slots: dict[str, str | int], said: str) -> None:
    with pytest.raises(KittError, match=re.escape(said)) as e:
        answer(intent, slots, VIEWS["lead"], "en")
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("intent", [i for i in INTENTS if i not in ("EyesSpeed", "EyesSpeedLimit")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_picture_nothing_is_told_of_now(intent: str, language: str) -> None:
    slots: dict[str, str | int] = {"object": "car", "colour": "red"}
    for lost in (VIEWS["camera lost"], VIEWS["never a picture"]):
        got = answer(intent, slots, lost, language)
        past = intent in ("EyesLastSeen", "EyesWhatWasThat", "EyesWhyWarned")
        assert past or got.topic == "camera"
        assert past or not got.track_ids
        assert answer("EyesDescribe", {}, lost, language).text in got.text


def test_a_question_about_behind_us_is_never_answered_with_what_is_ahead() -> None:
    for intent in ("EyesSide", "EyesSee", "EyesCount", "EyesDistance"):
        got = answer(intent, {"object": "car", "side": "behind"}, VIEWS["crossing"], "en")
        assert got.text == "I cannot see behind us: my camera looks ahead."


def test_the_evidence_names_frame_tracks_and_figures() -> None:
    got = answer("EyesDistance", {"object": "car"}, VIEWS["lead"], "en")
    assert (got.frame_index, got.track_ids, got.topic) == (1800, (1,), "car")
    assert got.values["car.distance_m"] == pytest.approx(30.2)
    assert got.values["car.distance_std_m"] == pytest.approx(1.51)
    assert (got.values["car.said_low"], got.values["car.said_high"], got.values["car.said_unit"]) == (30, 30, "metres")
    past = answer("EyesWhyWarned", {}, VIEWS["collision"], "en")
    assert (past.frame_index, past.track_ids, past.topic) == (1500, (1,), "warning")
    assert (past.values["ttc_s"], past.values["ttc_s.said"], past.values["limit_ttc_s"]) == (1.84, 1.8, 2.4)


def test_what_is_in_our_path_comes_first_then_the_nearest_and_a_light_that_may_be_ours_is_never_left_out() -> None:
    near = [aside(i, i, 5.0 + i, 4.0) for i in range(2, 6)]
    light = aside(8, TRAFFIC_LIGHT, 30.0, 5.0, light=LIGHT_RED)
    many = [Thing(1, CAR, 40.0), *near, aside(9, PERSON, 55.0, -6.0), light]
    text = answer("EyesDescribe", {}, view(many), "en").text
    assert text == (
        "A car ahead at 40 metres, a car on the right at seven metres, a motorcycle on the right,"
        " a red light on the right, and three more."
    )


def test_of_what_is_aside_only_the_first_is_told_with_its_distance_and_only_if_it_is_near_and_known() -> None:
    far = view([aside(1, CAR, 60.0, 8.0), aside(2, PERSON, 70.0, 0.5)])
    assert answer("EyesDescribe", {}, far, "en").text == "A car on the right, and a person ahead at 70 metres."
    rough = view([aside(1, CAR, 20.0, 8.0), aside(2, PERSON, 30.0, 0.5)], std_share=0.3)
    assert answer("EyesDescribe", {}, rough, "en").text == "A car on the right, and a person ahead at 20 to 40 metres."
    assert answer("EyesSee", {"object": "car"}, far, "en").text == "Yes: a car on the right at 60 metres."


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(WARNED),
    st.floats(0.05, 1.0),
    st.floats(0.3, 60.0),
    st.floats(0.0, 4000.0),
    st.sampled_from(LANGUAGES),
    st.sampled_from(UNITS),
)
def test_a_warning_is_explained_with_its_own_numbers(
    event: object, share: float, limit: float, ago_s: float, language: str, units: str
) -> None:
    name, number = event.name, event.number  # type: ignore[attr-defined]
    value = limit * (1.0 / share if event.above else share)  # type: ignore[attr-defined]
    numbers = {"distance_m": 20.0, "speed_mps": 10.0, "held_s": 0.3, number: value, f"limit_{number}": limit}
    given_one = warning(name, ago_s, 1, **numbers)
    got = answer("EyesWhyWarned", {}, view([Thing(1, CAR)], warnings=(given_one,)), language, units)
    scale = 1.0 if number.endswith("_s") or units == "metres" else 1 / 0.3048
    step = 0.1 if number.endswith("_s") else 5.0 if units == "feet" and value * scale >= 20 else 1.0
    told = float(got.values[f"{number}.said" if number.endswith("_s") else f"{number}.said_low"])
    assert value * scale - step - 1e-3 <= told <= value * scale + 1e-3
    if f"limit_{number}" in got.values and not event.above:  # type: ignore[attr-defined]
        key = f"limit_{number}.said" if number.endswith("_s") else f"limit_{number}.said_high"
        assert float(got.values[key]) > told or share > 0.99
    said = {str(v) for v in got.values.values()} | {f"{v:.1f}" for v in got.values.values() if isinstance(v, float)}
    for figure in re.findall(r"\d+(?:[.,]\d+)?", got.text):
        assert figure.replace(",", ".") in said, (got.text, got.values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_several_warnings_the_last_is_explained(language: str) -> None:
    given_ones = (warning("camera_lost", 1.0, -1, silent_s=1.3), warning("stop_sign", 9.0, 1, distance_m=30.0))
    got = answer("EyesWhatWasThat", {}, view(warnings=given_ones), language)
    assert got.values["event"] == "camera_lost"
    assert got.track_ids == ()


def test_a_warning_without_its_figures_is_repeated_as_it_was() -> None:
    got = answer("EyesWhyWarned", {}, view(warnings=(warning("headway", 9.0, 1, headway_s=math.nan),)), "en")
    assert got.text == "I said “Brake!”, nine seconds ago."
    got = answer(
        "EyesWhyWarned", {}, view(warnings=(warning("forward_collision", 9.0, 1, ttc_s=1.9, limit_ttc_s=2.4),)), "en"
    )
    assert got.text.startswith("Because the vehicle ahead was 1.9 seconds from contact; I warn below 2.4 seconds.")


@given(st.floats(-70.0, 70.0), st.sampled_from(LANGUAGES), st.sampled_from(UNITS))
def test_the_speed_is_the_cars_own(speed_mps: float, language: str, units: str) -> None:
    got = answer("EyesSpeed", {}, View(round(NOW_S * S), signals=Signals(speed_mps)), language, units)
    told = re.findall(r"\d+", got.text)
    if "said" not in got.values:
        assert abs(speed_mps) < 0.3
        assert not told
        return
    per_mps = 3.6 if units == "metres" else 2.236936
    said = int(got.values["said"])
    assert abs(said - abs(speed_mps) * per_mps) <= 0.501
    assert told == ([str(said)] if said > 12 else [])
    backwards = any(w in got.text for w in ("backwards", "reculons", "marcha atrás"))
    assert backwards == (speed_mps < 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_is_the_same_every_time(language: str) -> None:
    assert answer("EyesSafe", {}, VIEWS["crossing"], language) == answer("EyesSafe", {}, VIEWS["crossing"], language)


@pytest.mark.parametrize(("lateral_m", "side"), [(1.5, "right"), (-1.5, "left")])
def test_what_is_near_beside_our_path_and_at_the_edge_of_the_picture_is_on_that_side(
    lateral_m: float, side: str
) -> None:
    parked, ahead = aside(1, CAR, 3.3, lateral_m), Thing(2, CAR, 14.0, lateral_m=0.4)
    shown = view([parked, ahead])
    assert answer("EyesSee", {"object": "car"}, shown, "en").text == (
        f"Yes: a car ahead at 14 metres, and a car on the {side} at three metres."
    )
    assert answer("EyesDistance", {"object": "car", "side": side}, shown, "en").track_ids == (1,)
    in_our_way = view([Thing(1, CAR, 3.3, lateral_m=lateral_m, lead=False)])
    assert answer("EyesSee", {"object": "car"}, in_our_way, "en").text == "Yes: a car ahead at three metres."
    gone = view(before=[scene([parked], NOW_S - 20.0)])
    assert f"on the {side}" in answer("EyesLastSeen", {"object": "car"}, gone, "en").text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I do not know our speed now: what I last heard of it is too old."),
        ("fr", "Je ne connais pas notre vitesse en ce moment : la dernière que j'ai reçue est trop ancienne."),
        ("es", "No conozco nuestra velocidad en este momento: el último dato que tengo es demasiado antiguo."),
    ],
)
def test_a_speed_of_a_while_ago_is_none_of_now(language: str, said: str) -> None:
    got = answer("EyesSpeed", {}, view([Thing()], age_s=5.0, speed_mps=13.9), language)
    assert (got.text, got.values) == (said, {"silent_s": 5.0})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I remember nothing from before now, and now I see no people."),
        ("fr", "Je ne me souviens de rien d'avant, et en ce moment je ne vois aucune personne."),
        ("es", "No recuerdo nada de antes, y ahora no veo ninguna persona."),
    ],
)
def test_of_a_forgotten_drive_nothing_is_remembered(language: str, said: str) -> None:
    forgotten = replace(view([Thing(1, CAR)]), sightings=Sightings())
    got = answer("EyesLastSeen", {"object": "person"}, forgotten, language)
    assert (got.text, got.frame_index, got.values) == (said, 1800, {"person.count": 0})
    assert "I see one now" in answer("EyesLastSeen", {"object": "car"}, forgotten, "en").text


@pytest.mark.parametrize(
    ("event", "ago_s", "told"),
    [
        ("forward_collision", 4.0, True),
        ("forward_collision", 5.1, False),
        ("forward_collision", -1.0, False),
        ("light_green", 1.0, False),
    ],
)
def test_before_deciding_a_warning_just_given_is_told_first_and_good_news_is_not(
    event: str, ago_s: float, told: bool
) -> None:
    numbers = {"ttc_s": 1.9, "limit_ttc_s": 2.4, "distance_m": 20.0}
    got = answer("EyesSafe", {}, view([Thing(1, CAR)], warnings=(warning(event, ago_s, 1, **numbers),)), "en")
    assert got.text.startswith("I gave a collision warning four seconds ago: the car ahead was") == told
    assert got.text.startswith("A car ahead at 20 metres.") == (not told)
    assert (got.values.get("event"), got.values.get("ttc_s")) == ((event, 1.9) if told else (None, None))


def test_what_is_not_on_the_side_asked_for_is_denied_of_that_side_alone() -> None:
    shown = view([Thing(1, CAR), aside(2, PERSON, 12.0, -4.0), aside(3, TRUCK, 15.0, -5.0)])
    for intent, said in (
        ("EyesSee", "No, I see no cars on the left, but a truck at 15 metres."),
        ("EyesCount", "I see no cars on the left, but a truck at 15 metres."),
        ("EyesDistance", "I see no cars on the left, but a person at twelve metres, and a truck at 15 metres."),
    ):
        got = answer(intent, {"object": "car", "side": "left"}, shown, "en")
        assert (got.text, got.values["car.side"]) == (said, "left")
    for intent in ("EyesDistance", "EyesCloser"):
        got = answer(intent, {"object": "car", "side": "behind"}, shown, "en")
        assert (got.text, got.track_ids) == ("I cannot see behind us: my camera looks ahead.", ())
