"""Whatever the scene: what an answer says is so. reader.py reads it back; that is held against the scene's rows."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.mind.answers import UNITS, Answer, answer
from kitt.mind.view import View
from kitt.types import CLASSES, LANGUAGES, LIGHTS, TRAFFIC_LIGHT, VEHICLES
from tests.mind.answers.golden import view
from tests.mind.answers.reader import Claims, Item, Range, Reader
from tests.mind.scenes import Thing, scene

SIGNALS = ("traffic light", "stop sign")
SPOKEN = st.tuples(st.sampled_from(LANGUAGES), st.sampled_from(UNITS))
FORBIDDEN = re.compile(
    r"\b(safe\w*|clear\w*|go|goes|going|sûre?s?|sûrement|dégagée?s?|libres?|vas?-y|allez|aller|passez|"
    r"segur[oa]s?|seguridad|despejad[oa]s?|pase|adelante|vaya|sig[ae])\b",
    re.IGNORECASE,
)


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    found = []
    number = st.floats(-16.0, 16.0)
    for track_id in range(1, draw(st.integers(0, 15)) + 1):
        class_id = draw(st.integers(0, len(CLASSES) - 1))
        lateral = draw(number)
        in_path = abs(lateral) < 1.5 and class_id != TRAFFIC_LIGHT
        found.append(
            Thing(
                id=track_id,
                class_id=class_id,
                distance_m=draw(st.one_of(st.floats(0.1, 130.0), st.floats(3.0, 20.0))),
                closing_mps=draw(st.floats(-12.0, 12.0)),
                rate_std=draw(st.floats(0.005, 0.2)),
                lateral_m=lateral,
                in_path=in_path,
                lead=in_path and class_id in VEHICLES and draw(st.booleans()),
                light=draw(st.integers(0, len(LIGHTS) - 1)) if class_id == TRAFFIC_LIGHT else 0,
                unseen_s=draw(st.sampled_from([0.0, 0.0, 0.0, 0.2, 0.7])),
                score=draw(st.sampled_from([0.9, 0.5, 0.31, 0.2])),
            )
        )
    return found


@st.composite
def views(draw: st.DrawFn) -> View:
    made = view(draw(things()), std_share=draw(st.sampled_from([0.02, 0.08, 0.15, 0.3, 0.6])))
    assert made.scene
    unknown = draw(st.sampled_from([0, 0, 0, 3]))
    for row in range(0, len(made.scene.tracks), unknown or 99):
        if unknown:
            made.scene.distance_m[row] = made.scene.distance_std_m[row] = made.scene.lateral_m[row] = math.nan
    return made


class Truth:
    """The rows of a view that may be told, worked out anew."""

    def __init__(self, v: View) -> None:
        self.rows = []
        if v.scene is None:
            return
        s, t = v.scene, v.scene.tracks
        for i in range(len(t)):
            if t.unseen_s[i] > 0.3 or t.score[i] < 0.3 - 1e-6:
                continue
            x, d = float(s.lateral_m[i]), float(s.distance_m[i])
            half = max(1.8, 0.04 * d) if s.in_path[i] else min(max(1.8, 0.04 * d), 0.25 * d)
            side = "" if math.isnan(x) else "ahead" if abs(x) <= half else "left" if x < 0 else "right"
            lead = int(t.id[i]) == s.lead_id
            light = LIGHTS[s.light[i]] if t.class_id[i] == TRAFFIC_LIGHT else ""
            self.rows.append(
                {
                    "id": int(t.id[i]),
                    "name": CLASSES[t.class_id[i]],
                    "side": "ahead" if lead else side,
                    "lead": lead,
                    "path": lead or bool(s.in_path[i]),
                    "light": light,
                    "d": d,
                    "std": float(s.distance_std_m[i]),
                    "x": x,
                    "ttc": float(s.ttc_s[i]),
                    "rate": float(t.scale_rate[i]),
                    "rate_std": float(t.scale_rate_std[i]),
                }
            )

    def of(self, **want: object) -> list[dict]:
        rows = [r for r in self.rows if all(r[k] == v for k, v in want.items())]
        return sorted(rows, key=lambda r: (math.inf if math.isnan(r["d"]) else r["d"], r["id"]))


def honest(said: Range, value: float, std: float, unit: float = 1.0) -> None:
    """A number is within its standard deviation or half of its unit; a range holds one standard deviation each way."""
    slack = max(std, 0.5 * unit) + 1e-4 * max(value, 1.0)
    if said.form == "about":
        assert abs(said.low - value) <= slack, (said, value, std)
        assert std <= 0.25 * value + 1e-4, f"{said} is no 'about' with {std} of {value}"
    elif said.form == "between":
        assert said.low <= value - std + 1e-3, (said, value, std)
        assert said.high >= value + std - 1e-3, (said, value, std)
    else:
        assert value < said.high or value + std <= said.high + 1e-3, (said, value, std)


def said_by(v: View, intent: str, slots: dict[str, str | int], spoken: tuple[str, str]) -> tuple[Answer, Claims]:
    """An answer and its claims; nothing in it is unaccounted for, by the text or by the values."""
    language, units = spoken
    got, reader = answer(intent, slots, v, language, units), Reader(language, units)
    claims = reader.read(got.text)
    assert not reader.left_over(claims), (got.text, claims.rest)
    told = {str(x) for x in got.values.values()} | {str(round(x)) for x in got.values.values() if isinstance(x, float)}
    numbers = {str(reader.number(w)) for w in re.findall(r"[^\W_]+", got.text.lower()) if w in reader.numbers}
    numbers -= {"1"}  # as an article it counts nothing
    numbers |= set(re.findall(r"\d+", got.text))
    assert numbers <= told, (got.text, got.values)
    assert not re.search(r"  | ,|,,|\.\.|[{}]|\bNone\b|\bnan\b", got.text), got.text
    if v.scene and claims.items:
        assert got.frame_index == v.scene.index
    assert set(got.track_ids) <= {r["id"] for r in Truth(v).rows} or intent == "EyesLastSeen"
    return got, claims


def item_is_so(item: Item, truth: Truth, side: str, unit: float, far: bool = True) -> int:
    """far: its distance is told, where it is known."""
    want: dict[str, object] = {"name": item.name}
    if item.name == "traffic light":
        want["light"] = item.light or "unknown"
    rows = truth.of(**want, side=item.side or side)
    assert item.count == len(rows), (item, rows)
    assert item.nearest == (item.count > 1 and item.away is not None)
    assert (item.away is None) == (math.isnan(rows[0]["d"]) or not far)
    if item.away:
        honest(item.away, rows[0]["d"], rows[0]["std"], unit)
    return item.count


def unit_m(spoken: tuple[str, str]) -> float:
    return {"metres": 1.0, "feet": 0.3048}[spoken[1]]


def brief_list_is_so(claims: Claims, truth: Truth, side: str, most: int, unit: float) -> int:
    """At most so many groups, what matters first; of the rest a light or sign that may be ours, without distance."""

    def rows_of(i: Item) -> list[dict]:
        want = {"light": i.light or "unknown"} if i.name == "traffic light" else {}
        return truth.of(name=i.name, side=i.side or side, **want)

    def rank(i: Item) -> tuple[bool, bool, float]:
        rows = rows_of(i)
        d = math.inf if math.isnan(rows[0]["d"]) else rows[0]["d"]
        return (i.name in SIGNALS, not any(r["path"] for r in rows), d)

    ranks = [rank(i) for i in claims.items]
    assert ranks == sorted(ranks)
    kept = claims.items[most:]
    assert len(kept) <= 1
    for i in kept:
        (near,) = rows_of(i)[:1]
        assert i.name in SIGNALS
        assert i.away is None
        assert near["d"] < 60
        assert abs(near["x"]) < 9
        assert i.count == len(rows_of(i))
    told, aside = sum(i.count for i in kept), False
    for i in claims.items[:most]:
        (near,) = rows_of(i)[:1]
        ahead = near["path"] or near["side"] == "ahead"
        well_known = near["d"] <= 50.0 and near["std"] <= 0.25 * near["d"]
        far = ahead or (well_known and not aside)
        aside |= far and not ahead
        told += item_is_so(i, truth, side, unit, far)
    return told


def reaches(row: dict, said: Range) -> bool:
    try:
        honest(said, row["ttc"], row["ttc"] * row["rate_std"] / row["rate"])
    except AssertionError:
        return False
    return True


def closing_is_so(got: Answer, claims: Claims, truth: Truth, told: bool) -> None:
    """What reaches us first is told first, then what does in our path; takes them out of the claims."""
    coming = sorted((r for r in truth.rows if r["ttc"] < 4.0 and r["name"] not in SIGNALS), key=lambda r: r["ttc"])
    first = [*coming[:1], *[r for r in coming if r["path"]][:1]]
    want = [r for r in coming if told and r in first]
    assert got.text.startswith(("Careful: ", "Attention : ", "Cuidado: ")) == bool(want)
    assert len(claims.contact) == len(want)
    # The reader tells the forms of numbers apart, not which sentence came first.
    assert not want or any(all(map(reaches, want, said)) for said in (claims.contact, claims.contact[::-1]))
    for row in want:
        assert got.values["closing.ttc_s" if row["path"] else "closing_aside.ttc_s"] == pytest.approx(
            row["ttc"], abs=1e-4
        )
        if row["lead"]:
            assert (claims.subjects[0].name, claims.subjects[0].which) == (row["name"], "lead")
        else:
            one = claims.items.pop(0)
            assert (one.count, one.name, one.side, one.away) == (1, row["name"], row["side"], None)


@settings(max_examples=300, deadline=None)
@given(views(), SPOKEN)
def test_what_it_describes_is_there_and_nothing_is_left_out(v: View, spoken: tuple[str, str]) -> None:
    truth = Truth(v)
    for intent, most in (("EyesDescribe", 3), ("EyesSafe", 6)):
        got, claims = said_by(v, intent, {}, spoken)
        closing_is_so(got, claims, truth, intent == "EyesSafe")
        told = brief_list_is_so(claims, truth, "", most, unit_m(spoken))
        assert told + claims.more == len(truth.rows)
        assert set(got.track_ids) == {r["id"] for r in truth.rows}


@settings(max_examples=200, deadline=None)
@given(views(), SPOKEN, st.sampled_from(["ahead", "left", "right"]))
def test_a_side_holds_what_is_on_that_side(v: View, spoken: tuple[str, str], side: str) -> None:
    truth = Truth(v)
    got, claims = said_by(v, "EyesSide", {"side": side}, spoken)
    assert claims.header == side
    told = brief_list_is_so(claims, truth, side, 3, unit_m(spoken))
    assert told + claims.more == len(truth.of(side=side))
    assert set(got.track_ids) == {r["id"] for r in truth.of(side=side)}


@settings(max_examples=300, deadline=None)
@given(views(), SPOKEN, st.sampled_from(CLASSES))
def test_it_sees_and_counts_what_is_there(v: View, spoken: tuple[str, str], name: str) -> None:
    truth = Truth(v)
    rows = truth.of(name=name)
    _, seen = said_by(v, "EyesSee", {"object": name}, spoken)
    got, counted = said_by(v, "EyesCount", {"object": name}, spoken)
    if not rows:
        assert seen.none == counted.none == [(name, "")]
        others = [r for r in truth.rows if r["name"] in ("motorcycle", "bus", "truck")] if name == "car" else []
        for claims in (seen, counted):
            assert sum(item_is_so(i, truth, "", unit_m(spoken)) for i in claims.items) + claims.more == len(others)
        return
    assert sum(item_is_so(i, truth, "", unit_m(spoken)) for i in seen.items) + seen.more == len(rows)
    assert got.values[f"{name}.count"] == len(rows) == counted.items[0].count
    for n, side in counted.parts or ([(len(rows), counted.items[0].side)] if counted.items[0].side else []):
        assert n == len([r for r in rows if r["side"] == side])
    if counted.parts:
        assert sum(n for n, _ in counted.parts) == len(rows)


def picked(rows: list[dict]) -> dict:
    return next((r for r in rows if r["lead"]), rows[0])


@settings(max_examples=300, deadline=None)
@given(views(), SPOKEN, st.sampled_from(CLASSES), st.sampled_from(["", "", "ahead", "left", "right"]))
def test_the_distance_is_that_of_the_lead_or_else_of_the_nearest(
    v: View, spoken: tuple[str, str], name: str, side: str
) -> None:
    truth = Truth(v)
    rows = [r for r in truth.of(name=name) if side in ("", r["side"])]
    slots: dict[str, str | int] = {"object": name, **({"side": side} if side else {})}
    got, claims = said_by(v, "EyesDistance", slots, spoken)
    if not rows:
        leads = [r for r in truth.rows if r["lead"] and side in ("", r["side"])]
        if name != "car" or not leads:
            assert claims.none[0][0] == name
            return
        rows = leads
    one = picked(rows)
    if math.isnan(one["d"]):
        assert not claims.distances
        return
    (said,), (subject,) = claims.distances, claims.subjects
    honest(said, one["d"], one["std"], unit_m(spoken))
    assert subject.name == one["name"]
    assert subject.which == ("lead" if one["lead"] else "only" if len(rows) == 1 else "nearest")
    assert subject.side in ("", one["side"])
    assert one["id"] in got.track_ids
    if len(rows) > 1:
        assert claims.items[0].count == len(rows)
        assert claims.items[0].side == side


TRENDS = {
    "closer": ("getting closer", "se rapproche", "se acerca"),
    "farther": ("getting farther away", "s'éloigne", "se aleja"),
    "same": ("keeping its distance", "garde la même distance", "mantiene la distancia"),
    "unsure": ("not sure", "ne sais pas", "No sé"),
}


@settings(max_examples=300, deadline=None)
@given(views(), SPOKEN, st.sampled_from([None, "car", "bus", "truck"]))
def test_closer_is_said_only_of_what_surely_grows(v: View, spoken: tuple[str, str], name: str | None) -> None:
    truth = Truth(v)
    asked = [CLASSES[c] for c in VEHICLES] if name is None else [name]
    rows = [r for r in truth.of() if r["name"] in asked]
    got, claims = said_by(v, "EyesCloser", {"object": name} if name else {}, spoken)
    if not rows and name == "car":
        rows = [r for r in truth.rows if r["lead"]]
    if not rows:
        assert claims.none[0][0] == (name or "vehicle")
        return
    one = picked(rows)
    rate, std = one["rate"], one["rate_std"]
    words = [TRENDS[k][LANGUAGES.index(spoken[0])] in got.text for k in ("closer", "farther", "same", "unsure")]
    if words[3]:
        assert abs(rate) <= max(2 * std, 1 / 30) + 1e-6
        assert not claims.distances
        assert not claims.contact
        return
    assert words[:2] == [rate > max(2 * std, 1 / 30), rate < -max(2 * std, 1 / 30)]
    assert words[2] == (not any(words[:2]))
    assert not words[2] or abs(rate) + 2 * std <= 0.1 + 1e-6
    assert claims.subjects[0].name == one["name"]
    if not math.isnan(one["d"]):
        honest(claims.distances[0], one["d"], one["std"], unit_m(spoken))
    for said in claims.contact:
        assert words[0]
        honest(said, one["ttc"], one["ttc"] * std / rate)


@settings(max_examples=300, deadline=None)
@given(views(), SPOKEN, st.sampled_from(["red", "yellow", "green", None]))
def test_a_light_is_of_one_colour_only_where_all_that_may_be_ours_are(
    v: View, spoken: tuple[str, str], asked: str | None
) -> None:
    truth = Truth(v)
    lights = truth.of(name="traffic light")
    intent, slots = ("EyesLight", {"colour": asked}) if asked else ("EyesLightColour", {})
    got, claims = said_by(v, intent, slots, spoken)  # type: ignore[arg-type]
    ours = [r for r in lights if r["d"] < 60 and abs(r["x"]) < 9]
    colours = {r["light"] for r in ours}
    if len(colours) == 1 and colours != {"unknown"}:
        ((n, colour),) = claims.verdicts
        assert n == len(ours)
        assert {colour} == colours
        assert {r["id"] for r in ours} == set(got.track_ids)
        yes, no = (got.text.startswith(w) for w in (("Yes", "Oui", "Sí"), ("No,", "Non,")))
        assert (yes, no) == ((colour == asked, colour != asked) if asked else (False, False))
    elif not lights:
        assert claims.none == [("traffic light", "")]
    else:
        assert not claims.verdicts
        assert sum(i.count for i in claims.items) + claims.more == len(ours or lights)
        if len(colours) == 1:
            assert claims.items[0].count == len(ours)
            return
        among = Truth(replace(v, scene=None))
        among.rows = ours or lights
        for i in claims.items:
            item_is_so(i, among, "", unit_m(spoken))


@settings(max_examples=200, deadline=None)
@given(views(), st.sampled_from(UNITS), st.booleans())
def test_it_never_gives_a_verdict_on_safety(v: View, units: str, lost: bool) -> None:
    shown = replace(v, t_ns=v.t_ns + 5_000_000_000) if lost else v
    for language, hidden in zip(LANGUAGES, ("cannot see", "Je ne vois", "No veo"), strict=True):
        text = answer("EyesSafe", {}, shown, language, units).text
        assert not FORBIDDEN.search(text), text
        assert hidden in text or lost, text
        assert not re.match(r"(yes|no|oui|non|sí)\b", text, re.IGNORECASE) or text.startswith("No veo")


@settings(max_examples=300, deadline=None)
@given(st.floats(0.0, 20_000.0), SPOKEN, st.sampled_from(CLASSES))
def test_a_time_ago_is_right_to_its_own_roundness(seconds: float, spoken: tuple[str, str], name: str) -> None:
    class_id = CLASSES.index(name)
    gone = scene([Thing(7, class_id, 20.0, in_path=False, lead=False)], 30_000.0 - seconds, 11)
    v = view(at_s=30_000.0, age_s=0.0, before=[gone])
    got, claims = said_by(v, "EyesLastSeen", {"object": name}, spoken)
    assert (got.frame_index, got.track_ids) == (11, (7,))
    assert [(x.name, x.which) for x in claims.subjects] == [(name, "last")]
    if not claims.ago_s:
        assert seconds < 2.5
        return
    assert abs(claims.ago_s[0] - seconds) <= max(0.5, 0.34 * seconds if seconds > 55 else 0.21 * seconds)
    honest(claims.distances[0], 20.0, 1.0, unit_m(spoken))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wrong", ["I see two cars and 7 dogs.", "I see a red light, 12."])
def test_the_reader_itself_notices_what_no_phrase_accounts_for(language: str, wrong: str) -> None:
    reader = Reader(language, "metres")
    assert reader.left_over(reader.read(wrong))
