"""Pictures: the same for the same seed, in any order, and they show the story."""

import hashlib

import numpy as np
import pytest

from kitt.sim import world
from kitt.sim.render import Painter, Seen
from kitt.sim.view import HEIGHT, WIDTH


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter()


def seen(painter: Painter, t_s: float) -> dict[int, Seen]:
    return {s.actor.id: s for s in painter.paint(round(t_s * world.FPS))[1]}


def digest(painter: Painter, *indices: int) -> str:
    return hashlib.sha256(b"".join(painter.paint(i)[0].tobytes() for i in indices)).hexdigest()


def test_the_same_seed_gives_the_same_pictures(painter: Painter) -> None:
    again = Painter()
    assert again.paint(300)[0].shape == (HEIGHT, WIDTH, 3)
    assert digest(painter, 0, 150) == digest(again, 0, 150)


def test_consecutive_pictures_differ_even_when_all_stand_still(painter: Painter) -> None:
    """A sensor has noise: a picture that repeats exactly looks like a frozen camera."""
    assert digest(painter, 3) != digest(painter, 4)


def test_the_road_slides_past_only_while_we_drive(painter: Painter) -> None:
    def change(a: int, b: int) -> float:
        one, two = (painter.paint(i)[0][560:, 200:1000].astype(int) for i in (a, b))
        return float(np.abs(one - two).mean())

    assert change(190, 191) > 2.0 * change(3, 4)


def test_the_lamp_that_burns_is_the_brightest(painter: Painter) -> None:
    def lamp(t_s: float, third: int) -> np.ndarray:
        x1, y1, x2, y2 = seen(painter, t_s)[world.LIGHT_ID].box
        image = painter.paint(round(t_s * world.FPS))[0]
        y = y1 + (third + 0.5) * (y2 - y1) / 3
        return image[round(y), round((x1 + x2) / 2)].astype(int)

    blue, green, red = lamp(2.0, 0)
    assert red > 200
    assert red > max(blue, green) + 40
    blue, green, red = lamp(5.0, 2)
    assert green > 200
    assert green > red + 60
    assert lamp(5.0, 0).max() < 120


def test_what_stands_behind_the_lead_is_said_to_be_hidden(painter: Painter) -> None:
    there = seen(painter, 0.0)
    assert there[world.LEAD_ID].visible == pytest.approx(1.0)
    assert any(s.visible < 0.5 for s in there.values())


def test_the_rider_sits_on_the_bicycle(painter: Painter) -> None:
    there = seen(painter, 24.0)
    rider, machine = there[world.RIDER_ID].box, there[world.BICYCLE_ID].box
    assert rider[1] < machine[1] < rider[3] < machine[3]
    assert machine[0] < rider[0] < rider[2] < machine[2]


def test_boxes_of_things_that_the_edge_cuts_stay_in_the_picture(painter: Painter) -> None:
    for t_s in (13.6, 14.4, 19.5):
        for s in seen(painter, t_s).values():
            x1, y1, x2, y2 = s.box
            assert 0 <= x1 < x2 <= WIDTH
            assert 0 <= y1 < y2 <= HEIGHT
