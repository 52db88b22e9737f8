import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.engine.convert.nanodet import convert
from kitt.engine.convert.tfjs import read
from kitt.errors import KittError
from tests.engine.convert.tfjs_writing import write
from tests.engine.convert.tiny_nanodet import tiny_nanodet

GRAPH = tiny_nanodet()


@pytest.fixture
def file(tmp_path):
    return write(GRAPH, tmp_path)


def edit(path, change):
    model = json.loads(path.read_text())
    change(model)
    path.write_text(json.dumps(model))


def test_nodes_and_constants_come_back_as_they_were_written(file):
    graph = read(file)
    assert {n.name: n for n in graph.nodes} == {n.name: n for n in GRAPH.nodes}
    assert set(graph.constants) == set(GRAPH.constants)
    for name, value in GRAPH.constants.items():
        assert graph.constants[name].dtype == value.dtype
        assert np.array_equal(graph.constants[name], value)


def test_half_precision_comes_back_as_single(tmp_path):
    graph = read(write(GRAPH, tmp_path, half=True))
    for name, value in GRAPH.constants.items():
        assert graph.constants[name].dtype == value.dtype
        assert np.allclose(graph.constants[name], value, rtol=1e-3)


def test_nodes_are_put_in_the_order_they_run(file):
    edit(file, lambda m: m["modelTopology"]["node"].reverse())
    seen = set(GRAPH.constants)
    for node in read(file).nodes:
        assert {i.partition(":")[0] for i in node.inputs} <= seen
        seen.add(node.name)


def test_what_only_says_the_order_is_no_input(file):
    def change(model):
        pad = next(n for n in model["modelTopology"]["node"] if n["op"] == "Pad")
        pad["input"] = ["input_1:0", pad["input"][1], "^call/later"]

    edit(file, change)
    assert next(n for n in read(file).nodes if n.kind == "Pad").inputs == ("input_1", "call/Pad_1/0")


@pytest.mark.parametrize("name", ["tiny.json", "tiny.bin"])
def test_a_missing_file_is_told(file, name):
    file.with_name(name).unlink()
    with pytest.raises(KittError, match=rf"{name}: cannot read the weights: No such file"):
        read(file)


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"[]", b"{}", b"[" * 100_000, b'{"format": "graph-model"}'])
def test_another_kind_of_file_is_told(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(KittError, match=r"other\.json: not a TF\.js model, or a damaged one"):
        read(path)


def test_a_model_of_layers_is_told(file):
    edit(file, lambda m: m.update(format="layers-model"))
    with pytest.raises(KittError, match=r"a TF\.js layers-model; kitt converts a graph-model"):
        read(file)


@pytest.mark.parametrize("change", [-1, 1])
def test_weights_cut_off_or_too_long_are_told(file, change):
    blob = file.with_suffix(".bin").read_bytes()
    file.with_suffix(".bin").write_bytes(blob[:change] if change < 0 else blob + b"\0")
    with pytest.raises(KittError, match=r"bytes of weights, .*expected"):
        read(file)


def test_weights_in_another_folder_are_not_read(file):
    edit(file, lambda m: m["weightsManifest"][0].update(paths=["../tiny.bin"]))
    with pytest.raises(KittError, match=r"the weights' file is called '\.\./tiny\.bin'"):
        read(file)


def test_weights_stored_as_integers_are_told(file):
    edit(file, lambda m: m["weightsManifest"][0]["weights"][1].update(quantization={"dtype": "uint8", "scale": 1.0}))
    with pytest.raises(KittError, match=r"are .* stored as uint8; kitt does not convert it"):
        read(file)


def test_nodes_that_wait_for_each_other_are_told(file):
    def change(model):
        first = next(n for n in model["modelTopology"]["node"] if n["op"] == "Pad")
        first["input"][0] = model["modelTopology"]["node"][-1]["name"]

    edit(file, change)
    with pytest.raises(KittError, match="damaged"):
        read(file)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_topology_cut_off_or_changed_anywhere_is_told_or_converted(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = write(GRAPH, folder)
    text = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(text) - 1))
    if data.draw(st.booleans()):
        text = text[:at]
    else:
        text[at] = data.draw(st.sampled_from(b'0159"{}[],:aZ\xff '))
    path.write_bytes(text)
    error = ""
    try:
        convert(path, 64, 64)
    except KittError as e:
        error = str(e)
    assert "\n" not in error
