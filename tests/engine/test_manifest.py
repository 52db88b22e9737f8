import json
from dataclasses import replace

import pytest

from kitt.engine.files import sha256_of
from kitt.engine.manifest import Gate, Manifest, verify
from kitt.errors import KittError

GATE = Gate("a set", "1" * 64, 200, 0.4, 0.398, 0.985, 1.01, 0.99, 0.98, True, ("64x64",), ())


@pytest.fixture
def engine(tmp_path):
    path = tmp_path / "net.u8.onnx"
    path.write_bytes(b"engine" * 100)
    digest = sha256_of(path)
    Manifest("net", digest, digest, "f", "r", "frames", "onnxruntime", "u8", "int8", gate=GATE).write(path)
    return path


def test_what_is_written_is_read(engine):
    manifest = verify(engine)
    assert manifest.gate == GATE
    assert manifest == Manifest.read(engine)
    assert "99.5% (98.5% to 101.0%) on 200 pictures of a set" in manifest.accuracy


def test_an_engine_changed_by_one_byte_is_not_loaded(engine):
    data = bytearray(engine.read_bytes())
    data[300] ^= 1
    engine.write_bytes(data)
    with pytest.raises(KittError, match="not the engine that its manifest tells of, and not loaded"):
        verify(engine)


def test_the_manifest_of_another_model_is_told(engine, tmp_path):
    other = tmp_path / "other.u8.onnx"
    other.write_bytes(b"other")
    Manifest.path_for(engine).rename(Manifest.path_for(other))
    with pytest.raises(KittError, match=r"other\.u8\.onnx: not the engine"):
        verify(other)
    with pytest.raises(KittError, match="has no manifest; build it: kitt build"):
        verify(engine)


def test_a_missing_engine_is_told(tmp_path):
    with pytest.raises(KittError, match="no such engine; build it"):
        verify(tmp_path / "none.onnx")


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(format=99),
        lambda m: m.update(sha256=3),
        lambda m: m.update(unknown=1),
        lambda m: m.pop("backend"),
        lambda m: m.update(times_ms=[1]),
        lambda m: m.update(gate={"set_name": "x"}),
        lambda m: m.update(gate={**m["gate"], "int8_map": "good"}),
        lambda m: m.update(gate=7),
        lambda m: m.update(float_layers=3),
    ],
)
def test_a_damaged_manifest_is_one_line(engine, change):
    path = Manifest.path_for(engine)
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    with pytest.raises(KittError, match="not a manifest that this kitt reads") as caught:
        verify(engine)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_so_is_what_is_no_json(engine, text):
    Manifest.path_for(engine).write_text(text)
    with pytest.raises(KittError, match="not a manifest"):
        verify(engine)


def test_accuracy_says_what_nobody_measured(engine):
    manifest = Manifest.read(engine)
    assert replace(manifest, gate=None).accuracy == "ungated"
    assert replace(manifest, precision="fp32").accuracy == "not quantised"
