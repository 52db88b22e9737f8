"""The drawing: nothing is drawn into the frame itself, and the urgent words stay in view."""

import numpy as np
import pytest

from kitt.runtime.outputs.overlay import SUBTITLE_S, Overlay
from kitt.runtime.pipeline import FrameResult
from kitt.types import CAR, Detections, Frame, Scene, Signals, Tracks, Warning


def result(t_s: float, size: tuple[int, int] = (640, 360)) -> FrameResult:
    image = np.full((size[1], size[0], 3), 120, np.uint8)
    one = np.ones(1, np.float32)
    tracks = Tracks(
        np.array([7]), np.array([[100, 100, 200, 180]], np.float32), np.array([CAR]), one, one, 0 * one, one, one
    )
    t_ns = int(t_s * 1e9)
    scene = Scene(
        0, t_ns, tracks, one * 20, one, one * 0, one * 2, np.array([True]), np.zeros(1, np.int64), 7, size[1] / 2
    )
    return FrameResult(Frame(0, t_ns, image), Detections.empty(), scene, Signals(10.0), [], False, {})


def warning(t_s: float, priority: int, text: str = "Brake!") -> Warning:
    return Warning("forward_collision", priority, int(t_s * 1e9), 0, 7, text, "en")


def shown(overlay: Overlay, t_s: float) -> bool:
    """Whether a subtitle lies over the lower middle."""
    plain = Overlay().draw(result(t_s), 0)
    return bool((overlay.draw(result(t_s), 0)[600:] != plain[600:]).any())


def test_the_frame_itself_is_not_touched() -> None:
    r = result(0)
    drawn = Overlay().draw(r, 0)
    assert (r.frame.image == 120).all()
    assert (drawn != 120).any()


@pytest.mark.parametrize("size", [(64, 48), (320, 192), (1920, 1080)])
def test_any_size_of_picture_can_be_drawn_on(size: tuple[int, int]) -> None:
    overlay = Overlay()
    overlay.say(warning(0, 0, "¡Frene! Vehículo delante, y una frase bastante larga."))
    height, width, _ = overlay.draw(result(0.1, size), 0).shape
    assert height >= 500
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)


def test_a_warning_is_shown_for_its_time_and_no_longer() -> None:
    overlay = Overlay()
    overlay.say(warning(1.0, 0))
    assert shown(overlay, 1.0)
    assert shown(overlay, 1.0 + SUBTITLE_S - 0.1)
    assert not shown(overlay, 1.0 + SUBTITLE_S)


@pytest.mark.parametrize(("first", "second", "stays"), [(0, 5, True), (5, 6, False), (1, 0, False), (6, 5, False)])
def test_only_an_urgent_warning_is_not_replaced_by_a_lesser_one(first: int, second: int, stays: bool) -> None:
    overlay = Overlay()
    overlay.say(warning(1.0, first))
    overlay.say(warning(2.0, second, "The light is green."))
    assert shown(overlay, 1.0 + SUBTITLE_S + 0.1) is not stays
