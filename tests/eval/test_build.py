"""kitt build, from a tiny detector's weights to engines with what was measured of them."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.engine import networks
from kitt.engine.loading import cautions
from kitt.engine.manifest import Manifest, verify
from kitt.errors import KittError
from kitt.eval import build as building
from kitt.eval.build import Labelled, Refused, Request, build, digest_of_files
from kitt.eval.choice import Choice
from kitt.eval.datasets import Sample
from kitt.eval.gate import compare
from kitt.eval.run import Seen
from tests.engine.published import NAME, publish
from tests.eval.test_gate import scene

pytest.importorskip("pycocotools", reason="needs kitt[eval]")
SIZES = ((96, 64), (128, 64))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path / "home")
    (tmp_path / "home" / "calibration").mkdir()
    monkeypatch.setattr(building, "choose", lambda *_: Choice("onnxruntime", {"onnxruntime": 1.0}, {"openvino": "no"}))
    return tmp_path / "home"


class Looking:
    """Stands in for the detector: INT8 sees what float sees, shifted by so many pixels; remembers who looked."""

    def __init__(self, monkeypatch, shift):
        self.data, self.found = scene(4, pictures=160)
        self.shift, self.looked = shift, []
        monkeypatch.setattr(building, "see", self.see)
        monkeypatch.setattr(building.gating, "compare", partial(compare, redrawn=60))
        monkeypatch.setattr("kitt.eval.sensitivity.worst_layers", lambda model, encoding, pictures: ("t7",))
        monkeypatch.setattr(Sample, "load", lambda sample: np.zeros((480, 640, 3), np.uint8))

    def see(self, data, config, progress, store):
        path = store(config.model, *SIZES[0])
        self.looked.append(path)
        moved = self.shift if "float" not in path.name else 0
        return Seen([replace(f, xyxy=f.xyxy + np.float32(moved)) for f in self.found], [], [])

    @property
    def labelled(self):
        return Labelled("scene", "7" * 64, lambda: [self.data])


def run(**more):
    return build(Request(NAME, SIZES, **more), list, lambda steps, count, what: steps, lambda line: None)


def test_without_a_labelled_set_engines_are_ungated_and_timed():
    built = run()
    assert [b.fresh for b in built] == [True, True]
    for one in built:
        assert verify(one.path).times_ms == {"onnxruntime": 1.0}
        assert one.manifest.gate is None


def test_nothing_changed_nothing_done(monkeypatch):
    looking = Looking(monkeypatch, 0)
    run(labelled=looking.labelled)
    before = [b.path.stat().st_mtime_ns for b in run(labelled=looking.labelled)]
    again = run(labelled=looking.labelled)
    assert [b.fresh for b in again] == [False, False]
    assert [b.path.stat().st_mtime_ns for b in again] == before
    assert len(looking.looked) == 2
    run(labelled=Labelled("scene", "8" * 64, lambda: [looking.data]))
    assert len(looking.looked) == 4


def test_what_passes_is_in_the_manifests(monkeypatch):
    looking = Looking(monkeypatch, 0)
    for one in run(labelled=looking.labelled):
        gate = Manifest.read(one.path).gate
        assert gate.passed
        assert gate.float_map == gate.int8_map > 0
        assert gate.pictures == 160
        assert cautions(one.path) == []


def test_what_is_worse_is_refused_with_both_figures_and_nothing_is_put_in_place(monkeypatch, home):
    looking = Looking(monkeypatch, 9)
    with pytest.raises(Refused) as caught:
        run(labelled=looking.labelled)
    gate = caught.value.gate
    assert gate.int8_map < 0.98 * gate.float_map
    assert gate.ratio_high < 1
    assert gate.blame == ("t7",)
    assert not list((home / "engines").glob("*.u8.onnx"))


def test_a_good_engine_stays_where_a_new_one_is_refused_and_tells(monkeypatch):
    (before, _) = run()
    digest = verify(before.path).sha256
    with pytest.raises(Refused):
        run(labelled=Looking(monkeypatch, 9).labelled)
    assert verify(before.path).sha256 == digest
    assert "was refused by its gate" in cautions(before.path)[0]


def test_what_is_needed_can_be_set(monkeypatch):
    looking = Looking(monkeypatch, 1.0)
    with pytest.raises(Refused):
        run(labelled=looking.labelled)
    (one, _) = run(labelled=looking.labelled, needed=0.5, least=0.3)
    assert one.manifest.gate.needed == 0.5


def test_the_set_must_be_large_enough(monkeypatch):
    looking = Looking(monkeypatch, 0)
    small = replace(looking.data, samples=looking.data.samples[:149])
    with pytest.raises(KittError, match="149 pictures are too few to tell what INT8 costs; give 150 or more"):
        run(labelled=Labelled("scene", "7" * 64, lambda: [small]))


def test_a_calibration_frame_cannot_judge(monkeypatch, tmp_path):
    import cv2

    from kitt.runtime.calibration_frames import pixels_digest

    load = Sample.load
    looking = Looking(monkeypatch, 0)
    monkeypatch.setattr(Sample, "load", load)
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    samples = []
    for sample in looking.data.samples:
        path = tmp_path / sample.path.name
        cv2.imwrite(str(path), picture if path.name == "7.png" else picture[::-1])
        samples.append(replace(sample, path=path))
    data = replace(looking.data, samples=samples)
    with pytest.raises(KittError, match=r"7\.png: is a calibration frame"):
        run(labelled=Labelled("scene", "7" * 64, lambda: [data]), forbidden=frozenset([pixels_digest(picture)]))


def test_a_damaged_engine_is_built_anew():
    (one, _) = run()
    one.path.write_bytes(one.path.read_bytes()[:-1])
    (again, _) = run()
    assert again.fresh
    assert verify(again.path)


def test_sets_are_told_apart_by_their_labels_and_pictures(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 1 1 1 1")
    (tmp_path / "a.png").write_bytes(b"123")
    first = digest_of_files([tmp_path])
    (tmp_path / "labels" / "a.txt").write_text("0 1 1 1 2")
    second = digest_of_files([tmp_path])
    (tmp_path / "a.png").write_bytes(b"1234")
    assert len({first, second, digest_of_files([tmp_path])}) == 3


def test_on_the_command_line_a_refusal_is_exit_code_3_with_both_figures(monkeypatch, tmp_path):
    looking = Looking(monkeypatch, 9)
    monkeypatch.setattr("kitt.cli.build._labelled", lambda paths, images: looking.labelled)
    monkeypatch.setattr("kitt.cli.build._sizes", lambda model, given: SIZES)
    result = CliRunner().invoke(app, ["build", NAME, "--eval", str(tmp_path)])
    assert result.exit_code == 3
    assert "is refused: mAP " in result.output
    assert "95 % interval" in result.output
    assert "needed 99.0%" in result.output


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--size", "576"], "must be WIDTHxHEIGHT"),
        (["--encoding", "i4"], "must be u8, s8 or both"),
        (["--eval", "/none/coco.json"], "/none/coco.json: no such labelled set"),
    ],
)
def test_bad_options_are_one_line(arguments, line):
    result = CliRunner().invoke(app, ["build", NAME, *arguments])
    assert isinstance(result.exception, KittError)
    assert line in str(result.exception)


def test_the_folder_of_engines_may_be_read_only(monkeypatch, home):
    import errno
    import os

    def refused(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    with pytest.raises(KittError, match="read-only; set KITT_HOME"):
        run()


def test_gates_are_kept_where_makers_of_kitt_want_them(monkeypatch, home):
    looking = Looking(monkeypatch, 0)
    run(labelled=looking.labelled, record=home / "calibration")
    kept = json.loads((home / "calibration" / "gates.json").read_text())
    assert [row["model"] for row in kept.values()] == [NAME]
    assert networks.ensure(NAME, 160, 96)
    assert cautions(networks.ensure(NAME, 160, 96)) == []


def test_a_float_network_that_finds_nothing_right_proves_nothing(monkeypatch, home):
    looking = Looking(monkeypatch, 0)
    looking.found = [replace(f, xyxy=f.xyxy + 5000) for f in looking.found]
    with pytest.raises(KittError, match="the float network finds nothing in it right"):
        run(labelled=looking.labelled)
    assert not (home / "engines" / "gates.json").exists()


def test_an_int8_network_that_sees_nothing_is_refused_not_an_error(monkeypatch):
    looking = Looking(monkeypatch, 100_000)
    with pytest.raises(Refused) as caught:
        run(labelled=looking.labelled)
    assert caught.value.gate.int8_map == 0


def test_a_stricter_lower_end_is_measured_again(monkeypatch):
    looking = Looking(monkeypatch, 0)
    run(labelled=looking.labelled, least=0.5)
    run(labelled=looking.labelled, least=0.98)
    assert len(looking.looked) == 4


def test_other_threads_are_timed_again():
    assert [b.fresh for b in run()] == [True, True]
    assert [b.fresh for b in run(threads=2)] == [True, True]
    assert [b.fresh for b in run(threads=2)] == [False, False]
