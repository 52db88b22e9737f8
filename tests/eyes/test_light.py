"""Traffic-light colours on drawn heads, and on the two labelled sets where they are present."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.eyes.light import LightReader
from kitt.eyes.light_votes import LightVotes
from kitt.types import LIGHT_GREEN, LIGHT_OFF, LIGHT_RED, LIGHT_UNKNOWN, LIGHT_YELLOW, U8

LAMPS = {LIGHT_RED: (0, (30, 30, 240)), LIGHT_YELLOW: (1, (10, 190, 250)), LIGHT_GREEN: (2, (170, 230, 30))}
COLOURS = list(LAMPS)
SKY, NIGHT, WALL = (240, 215, 150), (10, 8, 8), (60, 90, 140)


def head(
    light: int,
    lamp_px: int = 12,
    lying: bool = False,
    back: tuple[int, int, int] = SKY,
    burnt: bool = False,
    blur: float = 0.0,
    housing: tuple[int, int, int] = (28, 28, 28),
    mirror: bool = False,
) -> tuple[U8, np.ndarray]:
    """A head of three lamps drawn at four times its size, its picture and its box (1, 4).

    `burnt`: the lamp's core is over-exposed to yellow-white, only a halo has its colour.
    """
    scale = 4
    lamp = lamp_px * scale
    step, rim = round(1.15 * lamp), round(0.15 * lamp)
    wide, tall = lamp + 2 * rim, 3 * step + rim
    margin = 2 * lamp
    image = np.full((tall + 2 * margin, wide + 2 * margin, 3), back, np.uint8)
    cv2.rectangle(image, (margin, margin), (margin + wide, margin + tall), housing, -1)
    for k in range(3):
        centre = (margin + rim + lamp // 2, margin + rim + lamp // 2 + k * step)
        cv2.circle(image, centre, lamp // 2, (45, 45, 45), -1)
        if light in LAMPS and LAMPS[light][0] == k:
            colour = LAMPS[light][1]
            cv2.circle(image, centre, lamp // 2, colour, -1)
            if burnt:
                cv2.circle(image, centre, round(0.36 * lamp), (170, 250, 255), -1)
    box = np.array([[margin, margin, margin + wide, margin + tall]], np.float32)
    if lying:
        image = np.ascontiguousarray(image.transpose(1, 0, 2))
        box = box[:, [1, 0, 3, 2]]
        if mirror:
            image = np.ascontiguousarray(image[:, ::-1])
            box[:, [0, 2]] = image.shape[1] - box[:, [2, 0]]
    image = cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    return image, box / scale


def state(picture: tuple[U8, np.ndarray], left_hand_traffic: bool = False) -> int:
    states, confidence = LightReader(left_hand_traffic=left_hand_traffic).process(*picture)
    assert (confidence[0] > 0) == (states[0] != LIGHT_UNKNOWN)
    assert confidence[0] <= 1
    return int(states[0])


@pytest.mark.parametrize("light", COLOURS)
@pytest.mark.parametrize("lying", [False, True])
@pytest.mark.parametrize("back", [SKY, NIGHT, WALL])
@pytest.mark.parametrize("lamp_px", [5, 8, 20])
def test_the_lit_lamp_of_a_head(light: int, lying: bool, back: tuple[int, int, int], lamp_px: int) -> None:
    assert state(head(light, lamp_px, lying, back)) == light


@pytest.mark.parametrize("lying", [False, True])
@pytest.mark.parametrize("back", [SKY, NIGHT])
def test_an_over_exposed_red_lamp_is_red_by_place_and_halo(lying: bool, back: tuple[int, int, int]) -> None:
    assert state(head(LIGHT_RED, 12, lying, back, burnt=True)) == LIGHT_RED


@pytest.mark.parametrize("light", COLOURS)
@pytest.mark.parametrize("blur", [1.0, 2.5])
def test_a_blurred_head_is_right_or_unknown(light: int, blur: float) -> None:
    said = state(head(light, 10, blur=blur))
    assert said in (light, LIGHT_UNKNOWN)
    if blur == 1.0:
        assert said == light


@pytest.mark.parametrize("housing", [(30, 160, 200), (60, 110, 60)])
def test_a_painted_housing_is_not_taken_for_a_lamp(housing: tuple[int, int, int]) -> None:
    assert state(head(LIGHT_OFF, 12, housing=housing)) in (LIGHT_UNKNOWN, LIGHT_OFF)


@pytest.mark.parametrize(("light", "glow"), [(LIGHT_GREEN, (190, 220, 30)), (LIGHT_RED, (60, 30, 220))])
def test_at_night_a_glow_that_fills_its_box_is_told_by_hue(light: int, glow: tuple[int, int, int]) -> None:
    y, x = np.mgrid[:120, :160]
    shape = np.exp(-((x - 80) ** 2 + (y - 60) ** 2) / (2 * 9.0**2))[..., None]
    image = np.clip(shape * 1.6 * np.array(glow) + 12, 0, 255).astype(np.uint8)
    box = np.array([[70, 50, 90, 71]], np.float32)
    assert state((image, box)) == light
    assert state((np.maximum(image, (150 * (shape < 0.2)).astype(np.uint8)), box)) == LIGHT_UNKNOWN


def test_an_amber_glow_at_night_may_be_a_burnt_out_red_or_a_street_lamp() -> None:
    y, x = np.mgrid[:120, :160]
    shape = np.exp(-((x - 80) ** 2 + (y - 60) ** 2) / (2 * 9.0**2))[..., None]
    image = np.clip(shape * 1.6 * np.array((40, 140, 230)) + 12, 0, 255).astype(np.uint8)
    assert state((image, np.array([[70, 50, 90, 71]], np.float32))) == LIGHT_UNKNOWN


def test_a_dark_head_is_off() -> None:
    assert state(head(LIGHT_OFF)) == LIGHT_OFF


def test_a_yellow_lamp_where_red_belongs_is_not_guessed() -> None:
    image, box = head(LIGHT_RED)
    image = image.copy()
    image[(image[..., 2] > 150) & (image[..., 1] < 80)] = (0, 200, 230)
    assert state((image, box)) == LIGHT_UNKNOWN


def test_where_one_drives_on_the_left_lying_heads_begin_on_the_right() -> None:
    for light in COLOURS:
        assert state(head(light, lying=True, mirror=True), left_hand_traffic=True) == light


def test_red_with_a_green_arrow_is_red() -> None:
    image, box = head(LIGHT_RED, 12, lying=True)
    green, _ = head(LIGHT_GREEN, 12, lying=True)
    both = np.maximum(image, np.where((green[..., 1:2] > 180) & (green[..., 2:] < 80), green, 0)).astype(np.uint8)
    assert state((both, box)) == LIGHT_RED


@pytest.mark.parametrize("colour", [SKY, NIGHT, WALL, (40, 40, 200), (40, 180, 230), (60, 160, 30)])
def test_a_plain_surface_has_no_colour_to_tell(colour: tuple[int, int, int]) -> None:
    image = np.full((60, 60, 3), colour, np.uint8)
    assert state((image, np.array([[10, 10, 25, 50]], np.float32))) in (LIGHT_UNKNOWN, LIGHT_OFF)


def test_too_small_or_outside_the_picture_is_unknown() -> None:
    image, box = head(LIGHT_GREEN, 12)
    small = np.concatenate([box[:, :2], box[:, :2] + [3, 9]], axis=1).astype(np.float32)
    assert state((image, small)) == LIGHT_UNKNOWN
    assert state((image, box + 5000)) == LIGHT_UNKNOWN
    assert state((image, box - 5000)) == LIGHT_UNKNOWN


def test_no_boxes_no_states() -> None:
    states, confidence = LightReader().process(np.zeros((10, 10, 3), np.uint8), np.zeros((0, 4), np.float32))
    assert len(states) == len(confidence) == 0


def test_the_picture_is_not_written_to() -> None:
    image, box = head(LIGHT_RED)
    image.setflags(write=False)
    assert state((image, box)) == LIGHT_RED


def vote(votes: LightVotes, t_s: float, states: dict[int, int]) -> dict[int, int]:
    ids = np.array(sorted(states))
    said = np.array([states[i] for i in ids.tolist()])
    out = votes.update(ids, round(t_s * 1e9), ids, said, np.where(said == LIGHT_UNKNOWN, 0.0, 0.8))
    return dict(zip(ids.tolist(), out.tolist(), strict=True))


def test_votes_of_two_lights_do_not_mix_and_slow_cameras_need_fewer() -> None:
    votes = LightVotes()
    for k in range(3):
        last = vote(votes, k * 0.25, {4: LIGHT_RED, 9: LIGHT_GREEN})
        if k == 1:
            assert last == {4: LIGHT_RED, 9: LIGHT_GREEN}
    assert last == {4: LIGHT_RED, 9: LIGHT_GREEN}


def test_one_wrong_reading_changes_nothing_and_unknown_readings_fade_it() -> None:
    votes = LightVotes()
    for k in range(4):
        vote(votes, k / 15, {1: LIGHT_RED})
    assert vote(votes, 4 / 15, {1: LIGHT_GREEN}) == {1: LIGHT_RED}
    assert vote(votes, 5 / 15, {1: LIGHT_RED}) == {1: LIGHT_RED}
    assert vote(votes, 0.9, {1: LIGHT_UNKNOWN}) == {1: LIGHT_RED}
    assert vote(votes, 1.5, {1: LIGHT_UNKNOWN}) == {1: LIGHT_UNKNOWN}


DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.shared
@pytest.mark.skipif(not (DATA / "light_seoul").is_dir(), reason="no ../shared/data/light_seoul")
@pytest.mark.parametrize(("name", "least_stated"), [("seoul", 0.75), ("korea", 0.9)])
def test_at_most_5_percent_of_stated_colours_of_real_heads_are_wrong(name: str, least_stated: float) -> None:
    from tools import eval_lights

    heads = getattr(eval_lights, name)(DATA)
    truth, said = np.array([h.light for h in heads]), eval_lights.read(heads)
    stated = (said != LIGHT_UNKNOWN) & (said != LIGHT_OFF)
    assert stated.mean() > least_stated
    assert (said == truth)[stated].mean() >= 0.95
