"""A settings file is right or refused with file, line and what is allowed."""

import re
from pathlib import Path

import pytest

from kitt.config import CameraCalibration, Config, checked, load, load_camera, parse_camera, to_toml
from kitt.errors import KittError


def write(folder: Path, text: str) -> Path:
    path = folder / "kitt.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(write(tmp_path, "")) == Config()


def test_what_a_file_gives_replaces_the_default(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[eyes]\nthreads = 4\n[voice]\nlanguage = "fr"\n'))
    assert (config.eyes.threads, config.voice.language) == (4, "fr")
    ears = load(write(tmp_path, '[ears]\nenabled = false\nlanguage = "es"\nwake = ""\n')).ears
    assert (ears.enabled, ears.language, ears.wake, ears.grammar) == (False, "es", "", "")
    mind = load(write(tmp_path, '[mind]\nunits = "feet"\nwit = false\nnotebook = "kitt"\nnotebook_days = 30\n')).mind
    assert (mind.units, mind.wit, mind.notebook, mind.notebook_days) == ("feet", False, "kitt", 30.0)
    assert (mind.recipes, mind.contacts) == ("", "")


def test_the_settings_in_the_documentation_are_settings(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "assistant.md").read_text(encoding="utf-8")
    shown = [load(write(tmp_path, text)) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert [(c.vehicle.kind, c.mind.notebook) for c in shown] == [("simulated", "kitt"), ("can", "")]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[eyes]\n\nthreds = 4\n", 3, "unknown key 'threds' (meant 'threads = 2'?); allowed: model, threads"),
        ("[warnings]\ncollision_ttc_ms = 2400\n", 2, "meant 'collision_ttc_s"),
        ("[nose]\nx = 1\n", 1, "unknown key 'nose'"),
        ('[ears]\nlanguage = "de"\n', 2, "allowed: en, fr, es, auto"),
        ('[ears]\nenabled = "no"\n', 2, "must be a true or false"),
        ('[voice]\nlanguage = "de"\n', 2, "allowed: en, fr, es"),
        ("[eyes]\nscore = 30\n", 2, "outside 0.01 to 0.99"),
        ("[eyes]\nscore = nan\n", 2, "outside 0.01 to 0.99"),
        ('[eyes]\nscore = "high"\n', 2, "must be a number"),
        ("[eyes]\nthreads = true\n", 2, "must be a whole number"),
        ("eyes = 3\n", 1, "'eyes' is a section"),
        ('[mind]\nunits = "miles"\n', 2, "allowed: metres, feet"),
        ("[mind]\nnotebook_days = 0\n", 2, "outside 1 to 36500"),
        ("[mind]\nwit = 1\n", 2, "must be a true or false"),
        ('[mind]\nrecipe = "x"\n', 2, "unknown key 'recipe' (meant 'recipes = ''"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(KittError) as e:
        load(path)
    assert str(e.value).startswith(f"{path}:{line}: ")
    assert says in str(e.value)
    assert "\n" not in str(e.value)


def test_broken_toml_and_missing_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"not valid TOML.*line 1"):
        load(write(tmp_path, "x = = 1\n"))
    with pytest.raises(KittError, match="cannot read"):
        load(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(KittError, match="not a text file"):
        load(tmp_path / "b.toml")


def test_a_calibration_in_the_wrong_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r":2: unknown key 'camera_height_cm' \(meant 'camera_height_m"):
        load_camera(write(tmp_path, "focal_px = 900\ncamera_height_cm = 130\n"))
    with pytest.raises(KittError, match=r"outside 0\.3 to 4\.0"):
        load_camera(write(tmp_path, "camera_height_m = 130\n"))


def test_a_calibration_reads_back_as_written() -> None:
    camera = CameraCalibration(focal_px=1234.5, driving_side="left", estimated=True)
    assert parse_camera(to_toml(camera), "x") == camera


def test_command_line_values_are_held_against_the_same_ranges() -> None:
    assert checked(Config().eyes, {"threads": 3, "model": None}) == {"threads": 3}
    with pytest.raises(KittError, match="'language' = 'de'; allowed"):
        checked(Config().voice, {"language": "de"})


def test_what_a_calibration_leaves_out_is_the_usual_of_that_picture_and_said_to_be_estimated(tmp_path: Path) -> None:
    camera = load_camera(write(tmp_path, "width_px = 1920\nheight_px = 1080\nfocal_px = 1500\ncamera_height_m = 1.3\n"))
    assert (camera.center_x_px, camera.center_y_px) == (960, 540)
    assert camera.estimated
    whole = load_camera(
        write(tmp_path, "width_px=1920\nheight_px=1080\nfocal_px=1500\ncamera_height_m=1.3\npitch_deg=0.5\n")
    )
    assert not whole.estimated


def test_a_calibration_without_pixels_serves_any_picture(tmp_path: Path) -> None:
    camera = load_camera(write(tmp_path, 'driving_side = "left"\n'))
    assert camera.width_px == 0
    assert camera.estimated


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("\nfocal_px = 800\n", 2, "Add width_px and height_px"),
        ("width_px = 960\nheight_px = 540\ncenter_x_px = 5000\n", 3, "outside a picture of 960 pixels"),
        ("width_px = 960\nheight_px = 540\nbonnet_y_px = 2\n", 3, "hides the road"),
    ],
)
def test_a_calibration_that_contradicts_itself_is_refused(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(KittError, match=says) as e:
        load_camera(write(tmp_path, text))
    assert f":{line}: " in str(e.value)


def test_the_example_calibration_is_a_whole_one() -> None:
    camera = load_camera(Path(__file__).parent.parent / "calibration" / "example-camera.toml")
    assert not camera.estimated
    assert (camera.center_x_px, camera.center_y_px) == (640, 360)
