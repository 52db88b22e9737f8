"""Projection and painting: what the truth says is what the picture shows."""

import numpy as np
import pytest

from kitt.eyes.camera import Camera
from kitt.sim.draw_cars import HEIGHT_M, WIDTH_M, Paint, outline, paint_car
from kitt.sim.view import CALIBRATION, HEIGHT, WIDTH, Canvas, bounds, project


def blank() -> Canvas:
    return Canvas.on(np.full((HEIGHT, WIDTH, 3), 128, np.uint8))


def test_a_known_point_falls_where_the_pinhole_puts_it() -> None:
    # 10 m ahead, 1 m right, on the road: 1000 px * 1/10 right of the middle, 1000 px * 1.3/10 below the horizon
    assert project(np.array([[1.0, 0.0, 10.0]])).tolist() == [[740.0, 490.0]]


def test_the_eyes_camera_agrees() -> None:
    """The road reading has a projection of its own; road axes there point down."""
    points = np.random.default_rng(1).uniform((-5, 0, 3), (5, 3, 60), (50, 3))
    camera = Camera.of(CALIBRATION, (WIDTH, HEIGHT))
    down = points * (1, -1, 1) + (0, CALIBRATION.camera_height_m, 0)
    assert np.abs(project(points) - camera.project(down)).max() < 1e-6


@pytest.mark.parametrize("near_m", [6.0, 12.0, 25.0, 40.0])
@pytest.mark.parametrize(("x_m", "oncoming"), [(0.0, False), (3.1, False), (-3.5, True)])
def test_the_box_of_a_car_is_what_was_painted_to_a_pixel(near_m: float, x_m: float, oncoming: bool) -> None:
    canvas = blank()
    paint_car(canvas, near_m, x_m, Paint((40, 40, 150)), oncoming=oncoming, owner=1)
    box = bounds(outline(near_m, x_m, oncoming))
    shown = np.clip(box, 0, (WIDTH, HEIGHT, WIDTH, HEIGHT))
    assert np.abs(shown - canvas.extent[1]).max() <= 1.0


def test_a_car_straight_ahead_is_as_tall_and_wide_as_it_should_be() -> None:
    x1, y1, x2, y2 = bounds(outline(10.0, 0.0, False))
    # Widest 0.05 m in, where the body reaches 0.90 m to each side; the roof is highest 1.70 m in; the rear tyres meet
    # the road 0.66 m in.
    assert x2 - x1 == pytest.approx(1000 * WIDTH_M / 10.05)
    assert y1 == pytest.approx(360 - 1000 * (HEIGHT_M - 1.3) / 11.70)
    assert y2 == pytest.approx(360 + 1000 * 1.3 / 10.66)


def test_visible_is_the_share_that_nothing_nearer_covers() -> None:
    canvas = blank()
    square = np.array([(-1.0, 0.0, 20.0), (1.0, 0.0, 20.0), (1.0, 2.0, 20.0), (-1.0, 2.0, 20.0)])
    canvas.faces([(square, (0, 0, 255))], owner=1)
    canvas.faces([(square * (0.5, 1, 1) + (0.5, 0, -0.01), (0, 255, 0))], owner=2)
    shows = canvas.visible()
    assert shows[1] == pytest.approx(0.5, abs=0.03)
    assert shows[2] == pytest.approx(1.0)


def test_what_the_picture_cuts_off_does_not_show() -> None:
    canvas = blank()
    half_out = np.array([(5.4, 0.0, 10.0), (7.4, 0.0, 10.0), (7.4, 1.0, 10.0), (5.4, 1.0, 10.0)])
    canvas.faces([(half_out, (0, 0, 255))], owner=1)
    assert canvas.visible()[1] == pytest.approx(0.5, abs=0.03)
    assert canvas.extent[1][2] == WIDTH


def test_a_car_beside_us_is_cut_at_the_lens_and_not_torn_over_the_picture() -> None:
    canvas = blank()
    paint_car(canvas, -0.5, 3.1, Paint((40, 40, 150)), owner=1)
    x1, y1, x2, _ = canvas.extent[1]
    assert x1 > WIDTH * 0.75
    assert x2 == WIDTH
    assert y1 > 250
