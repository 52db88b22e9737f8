"""Networks of published weights and of a user's own file, as files with manifests."""

from dataclasses import replace

import numpy as np
import onnx
import pytest

from kitt.engine import evidence, networks
from kitt.engine.loading import accuracy_of, cautions, load
from kitt.engine.manifest import Gate, Manifest, verify
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.placement import tensors_to_observe
from kitt.errors import KittError
from tests.engine.published import NAME, publish
from tests.engine.quantise.nets import Net, ranges_of

GATE = Gate("a set", "1" * 64, 200, 0.4, 0.398, 0.985, 1.01, 0.99, 0.98, True, ("64x64",), ())
X = np.random.default_rng(1).normal(0, 1, (1, 3, 8, 12)).astype(np.float32)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path / "home")
    (tmp_path / "home" / "calibration").mkdir()
    return tmp_path / "home"


def gate_key():
    ranges = networks.ranges_of(NAME, "u8")
    return evidence.key(fingerprint(networks.float_network(NAME, 96, 64)), ranges.digest(), "u8")


def test_an_engine_comes_with_its_manifest():
    path = networks.ensure(NAME, 96, 64)
    manifest = verify(path)
    assert (manifest.model, manifest.encoding, manifest.precision) == (NAME, "u8", "int8")
    assert "the ranges it was trained with" in manifest.ranges_source
    assert manifest.gate is None
    assert accuracy_of(path) == "ungated"
    assert "is ungated: nobody measured what INT8 costs it" in cautions(path)[0]


def test_what_was_measured_once_is_known_of_every_size_built_later():
    evidence.record(gate_key(), NAME, "u8", GATE)
    path = networks.ensure(NAME, 160, 96)
    assert verify(path).gate == GATE
    assert cautions(path) == []


def test_a_refused_network_says_so_when_it_is_loaded():
    evidence.record(gate_key(), NAME, "u8", Gate(**{**GATE.__dict__, "passed": False}))
    assert "was refused by its gate" in cautions(networks.ensure(NAME, 96, 64))[0]


def test_an_engine_without_manifest_is_made_anew():
    path = networks.ensure(NAME, 96, 64)
    Manifest.path_for(path).unlink()
    assert verify(networks.ensure(NAME, 96, 64)).sha256


def test_a_changed_byte_is_found_before_anything_is_loaded():
    path = networks.ensure(NAME, 96, 64)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(KittError, match="not loaded"):
        load(path, 1)
    networks.ensure_usual([NAME])
    assert load(path, 1).name.startswith("onnxruntime")


def test_int8_for_tensorrt_needs_ranges_that_were_calibrated():
    with pytest.raises(
        KittError, match=rf"without them there is no INT8; make them: kitt calibrate DRIVE\.\.\. --model {NAME}"
    ):
        networks.ensure(NAME, 96, 64, "s8")


def test_ranges_of_another_network_are_refused(home):
    model = networks.float_network(NAME, 96, 64)
    names = tensors_to_observe(model)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
    ranges = ranges_of(model, {"images": pixels}, names)
    ranges.__class__("x", "other", ranges.tensors, {}).write(networks.ranges_path(NAME))
    with pytest.raises(KittError, match="the ranges are of another network"):
        networks.ensure(NAME, 96, 64, "s8")
    ranges.__class__("x", fingerprint(model), ranges.tensors, {}).write(networks.ranges_path(NAME))
    path = networks.ensure(NAME, 96, 64, "s8")
    assert networks.sha256_of(networks.ranges_path(NAME))[:8] in path.name
    assert verify(path).encoding == "s8"


def test_two_encodings_of_one_size_stand_beside_each_other():
    made = {networks.ensure(NAME, 96, 64, encoding) for encoding in ("u8", "float")}
    assert all(p.is_file() for p in made)
    assert networks.built_sizes(NAME) == [(96, 64)]


def own_network(folder):
    net = Net()
    net.conv("x", "a", 3, 4)
    net.node("Relu", ["a"], "a_relu")
    net.conv("a_relu", "out", 4, 2)
    path = folder / "mine.onnx"
    onnx.save(net.model("out"), path)
    return path


def test_a_users_own_network_is_quantised_by_its_calibrated_ranges(tmp_path):
    path = own_network(tmp_path)
    with pytest.raises(KittError, match="has no activation ranges, and without them there is no INT8"):
        networks.ensure(str(path), 0, 0)
    model = networks.float_network(str(path), 0, 0)
    ranges = ranges_of(model, {"x": X}, tensors_to_observe(model))
    ranges.__class__("mine", fingerprint(model), ranges.tensors, {"test": "a test"}).write(
        networks.ranges_path(str(path))
    )
    made = networks.ensure(str(path), 0, 0)
    assert made.name.startswith("mine-")
    assert "test: a test" in verify(made).ranges_source
    (exact,) = load(path, 1).infer({"x": X}).values()
    (rounded,) = load(made, 1).infer({"x": X}).values()
    assert 0 < np.abs(exact - rounded).max() < 0.2


def test_a_users_own_network_needs_no_manifest(tmp_path):
    path = own_network(tmp_path)
    assert cautions(path) == []
    assert accuracy_of(path) == "not known to kitt"
    with pytest.raises(KittError, match="no such model file"):
        load(tmp_path / "none.onnx", 1)


def test_layers_that_a_search_chose_stay_in_float(home):
    path = home / "calibration" / f"{NAME}.layers.json"
    layer = next(n.output[0] for n in networks.float_network(NAME, 96, 64).graph.node if n.op_type == "Conv")
    path.write_text(f'{{"u8": {{"float_layers": ["{layer}"]}}}}')
    assert verify(networks.ensure(NAME, 96, 64)).float_layers == (layer,)
    path.write_text("[")
    with pytest.raises(KittError, match="not a list of layers"):
        networks.ensure(NAME, 128, 64)


def test_a_choice_of_layers_makes_another_engine(home):
    """What was measured of one must never stand on the other."""
    plain = networks.ensure(NAME, 96, 64)
    layer = next(n.output[0] for n in networks.float_network(NAME, 96, 64).graph.node if n.op_type == "Conv")
    path = home / "calibration" / f"{NAME}.layers.json"
    path.write_text(f'{{"u8": {{"float_layers": ["{layer}"]}}}}')
    assert networks.ensure(NAME, 96, 64) != plain
    path.write_text('{"u8": {"float_layers": ["nosuch"]}}')
    with pytest.raises(KittError, match="has no layer 'nosuch'"):
        networks.ensure(NAME, 96, 64)
    path.write_text('{"u8": {"float_layers": "abc"}}')
    with pytest.raises(KittError, match="no list of names"):
        networks.ensure(NAME, 96, 64)


def test_a_manifest_of_another_model_is_not_believed():
    path = networks.ensure(NAME, 96, 64)
    other = path.with_name("nanodet-g-96x64.u8.onnx")
    other.write_bytes(path.read_bytes())
    Manifest.path_for(other).write_text(Manifest.path_for(path).read_text())
    with pytest.raises(KittError, match=f"its manifest is of {NAME}, another model"):
        load(other, 1)


def test_killed_while_an_engine_was_replaced_it_is_made_anew(monkeypatch):
    path = networks.ensure(NAME, 96, 64)
    path.write_bytes(path.read_bytes() + b"older")

    def killed(part):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("kitt.engine.files._to_disk", killed)
        with pytest.raises(KeyboardInterrupt):
            networks.ensure(NAME, 96, 64, anew=True)
    assert verify(networks.ensure(NAME, 96, 64))


def test_a_manifest_that_this_kitt_does_not_read_is_made_anew():
    path = networks.ensure(NAME, 96, 64)
    Manifest.path_for(path).write_text('{"format": 0}')
    assert verify(networks.ensure(NAME, 96, 64))


def test_what_a_killed_process_left_is_cleared(home):
    left = home / "engines" / f".{networks.engine_path(NAME, 96, 64).name}.999999999.part"
    left.write_bytes(b"half")
    networks.ensure(NAME, 96, 64)
    assert not left.exists()


def test_where_tensorrt_was_chosen_and_the_cpu_runs_it_is_told():
    u8 = networks.ensure(NAME, 96, 64)
    s8 = u8.with_name(u8.name.replace("-v", "-12345678-v").replace(".u8.", ".s8."))
    s8.write_bytes(b"x")
    manifest = Manifest.read(u8)
    replace(manifest, backend="tensorrt", encoding="s8").write(s8)
    assert any("TensorRT was chosen to run" in line for line in cautions(u8))
    Manifest.path_for(s8).write_text("{")
    assert not any("TensorRT" in line for line in cautions(u8))
