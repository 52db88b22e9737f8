import hashlib

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt.engine import onnx_opset
from kitt.engine.onnx_file import digest_of, read_onnx, with_fixed_size
from kitt.engine.quantise.placement import tensors_to_observe
from kitt.errors import KittError

FLOAT = TensorProto.FLOAT
PICTURE = (1, 3, 8, 12)


def stored(name, values, kind=np.float32):
    return numpy_helper.from_array(np.asarray(values, kind), name)


def weight(shape=(4, 3, 3, 3)):
    return np.random.default_rng(3).normal(0, 0.2, shape).astype(np.float32)


def network(nodes, initialisers=(), shape=PICTURE, opset=13, out=None, kind=FLOAT, **more):
    inputs = [helper.make_tensor_value_info("images", kind, shape)]
    outputs = [helper.make_tensor_value_info("y", kind, out)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initialisers))
    imports = [helper.make_opsetid("", opset), *more.pop("imports", [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=8, **more)


def conv(given="images", gives="y", by="w", **more):
    return helper.make_node("Conv", [given, by], [gives], pads=[1, 1, 1, 1], **more)


def plain(**more):
    return network([conv()], [stored("w", weight())], **more)


@pytest.fixture
def written(tmp_path):
    """Writes a model and gives its path."""

    def write(model, name="own.onnx"):
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return path

    return write


def run(model, picture):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture})[0]


def noise(shape=PICTURE):
    return np.random.default_rng(4).random(shape).astype(np.float32)


def refused(path, size=None):
    with pytest.raises(KittError) as caught:
        read_onnx(path, size)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path.parent) in line
    return line


def test_a_plain_network_comes_back_as_it_is(written):
    model = plain()
    read = read_onnx(written(model))
    assert np.array_equal(run(read, noise()), run(model, noise()))
    assert read.opset_import[0].version == 13


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert "no such model file" in refused(tmp_path / "none.onnx")
    (tmp_path / "folder.onnx").mkdir()
    assert "no such model file" in refused(tmp_path / "folder.onnx")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_told(tmp_path, share):
    whole = plain().SerializeToString()
    (tmp_path / "cut.onnx").write_bytes(whole[: int(len(whole) * share)])
    assert "cut off" in refused(tmp_path / "cut.onnx")


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip", b"<html></html>", bytes(1000), b"\n" * 64])
def test_a_file_of_another_kind_is_told(tmp_path, content):
    (tmp_path / "foreign.onnx").write_bytes(content)
    assert "not an ONNX file" in refused(tmp_path / "foreign.onnx")


def test_a_byte_changed_anywhere_is_one_line_or_another_network(tmp_path):
    """No traceback, whatever the damage."""
    whole = plain().SerializeToString()
    path = tmp_path / "damaged.onnx"
    rng = np.random.default_rng(8)
    heads = [i for i in range(len(whole)) if not 120 < i < len(whole) - 120]  # the rest is one weight's numbers
    lines = set()
    for at in rng.permutation(heads)[:150]:
        path.write_bytes(whole[:at] + bytes([rng.integers(0, 256)]) + whole[at + 1 :])
        try:
            read_onnx(path)
        except KittError as e:
            lines.add(str(e))
    assert len(lines) > 10
    assert not any("\n" in line for line in lines)


def external(tmp_path):
    path = tmp_path / "big.onnx"
    onnx.save(plain(), path, save_as_external_data=True, location="big.weights", size_threshold=0)
    return path


def test_weights_in_a_file_of_their_own_are_read(tmp_path):
    read = read_onnx(external(tmp_path))
    assert np.array_equal(numpy_helper.to_array(read.graph.initializer[0]), weight())
    assert not read.graph.initializer[0].external_data


def test_weights_whose_file_is_missing_or_cut_off_are_told_by_its_name(tmp_path):
    path = external(tmp_path)
    beside = tmp_path / "big.weights"
    beside.write_bytes(beside.read_bytes()[:-9])
    assert f"{beside}: cut off: tensor 'w' of big.onnx" in refused(path)
    beside.unlink()
    assert f"big.weights, and {beside} is not there" in refused(path)


def test_the_digest_is_of_the_file_and_of_the_weights_beside_it(tmp_path, written):
    whole = written(plain(), "whole.onnx")
    assert digest_of(whole) == hashlib.sha256(whole.read_bytes()).hexdigest()
    path = external(tmp_path)
    before, weights = digest_of(path), tmp_path / "big.weights"
    data = bytearray(weights.read_bytes())
    data[3] ^= 0x80
    weights.write_bytes(data)
    assert digest_of(path) != before, "the graph is the same, what it computes is not"
    data[3] ^= 0x80
    weights.write_bytes(data)
    assert digest_of(path) == before
    weights.unlink()
    with pytest.raises(KittError, match=r"big\.weights is not there"):
        digest_of(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_told_with_their_node(written, bad):
    broken = np.ones((4, 3, 3, 3), np.float32)
    broken[1, 2, 0, 0] = bad
    said = refused(written(network([conv(name="first")], [stored("w", broken)])))
    assert "node 'first' (Conv): 'w' holds values that are no finite numbers" in said


def test_an_infinite_limit_is_none(written):
    limits = [stored("low", 0.0), stored("high", np.inf)]
    nodes = [conv(gives="a"), helper.make_node("Clip", ["a", "low", "high"], ["y"])]
    assert read_onnx(written(network(nodes, [stored("w", weight()), *limits])))


def test_weights_outside_the_models_folder_are_not_read(tmp_path):
    path = external(tmp_path)
    inside = tmp_path / "inside"
    inside.mkdir()
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data[0].value = "../big.weights"
    (inside / "big.onnx").write_bytes(model.SerializeToString())
    assert "cannot be read" in refused(inside / "big.onnx")


@pytest.mark.parametrize(
    ("shape", "free"),
    [
        (["n", 3, "height", "width"], "dimension 0 ('n')"),
        ([1, 3, None, 12], "dimension 2 of"),
        ([1, 3, 8, "w"], "3 ('w')"),
    ],
)
def test_a_free_size_is_told_with_its_dimension_and_what_to_do(written, shape, free):
    line = refused(written(plain(shape=shape)))
    assert free in line
    assert "input 'images'" in line
    assert "export it for a fixed size, or give --size WxH" in line


def test_a_free_size_of_something_else_than_a_picture_is_told(written):
    model = network([helper.make_node("Relu", ["images"], ["y"])], shape=[1, "frames", 40])
    line = refused(written(model))
    assert "dimension 1 ('frames')" in line
    assert "--size" not in line


@pytest.mark.parametrize("shape", [["n", 3, "h", "w"], [None, None, None, None], [1, 3, 8, "w"]])
def test_a_free_size_is_fixed_by_the_one_given(written, shape):
    model = plain(shape=shape, out=["n", 4, "h", "w"])
    read = read_onnx(written(model), (12, 8))
    assert [d.dim_value for d in read.graph.input[0].type.tensor_type.shape.dim] == list(PICTURE)
    assert [d.dim_value for d in read.graph.output[0].type.tensor_type.shape.dim] == [1, 4, 8, 12]
    assert np.array_equal(run(read, noise()), run(model, noise()))


def test_pictures_with_channels_last_are_fixed_too(written):
    nodes = [helper.make_node("Transpose", ["images"], ["t"], perm=[0, 3, 1, 2]), conv("t")]
    model = network(nodes, [stored("w", weight())], shape=["n", "h", "w", 3])
    read = read_onnx(written(model), (12, 8))
    assert [d.dim_value for d in read.graph.input[0].type.tensor_type.shape.dim] == [1, 8, 12, 3]


def test_a_free_number_of_pictures_is_one(written):
    read = read_onnx(written(plain(shape=["batch", 3, 8, 12])))
    assert [d.dim_value for d in read.graph.input[0].type.tensor_type.shape.dim] == list(PICTURE)


def test_a_size_that_the_network_cannot_have_is_told(written):
    line = refused(written(plain()), (640, 384))
    assert "made for [1,3,8,12], which cannot be 640x384" in line
    model = network([helper.make_node("Relu", ["images"], ["y"])], shape=[1, 40])
    with pytest.raises(KittError, match="has no input for a picture"):
        with_fixed_size(model, 640, 384, "own")


def test_sizes_computed_as_the_network_runs_become_constants(written):
    """What an exporter makes of x.flatten(2) when sizes are free."""
    two, end = stored("two", [2], np.int64), stored("end", [-1], np.int64)
    nodes = [
        conv(gives="c"),
        helper.make_node("Shape", ["c"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "two"], ["first"]),
        helper.make_node("Concat", ["first", "end"], ["target"], axis=0),
        helper.make_node("Reshape", ["c", "target"], ["y"]),
    ]
    model = network(nodes, [stored("w", weight()), two, end, stored("zero", [0], np.int64)], shape=["n", 3, "h", "w_"])
    read = read_onnx(written(model), (12, 8))
    assert [n.op_type for n in read.graph.node] == ["Conv", "Reshape"]
    assert np.array_equal(run(read, noise()), run(model, noise()))


def test_weights_and_limits_behind_other_nodes_become_constants(written):
    nodes = [
        helper.make_node("Identity", ["w"], ["same"]),
        helper.make_node("Constant", [], ["low"], value_float=0.0),
        helper.make_node("Add", ["low", "five"], ["high"]),
        conv(gives="c", by="same"),
        helper.make_node("Clip", ["c", "low", "high"], ["k"]),
        conv("k", "y", "v"),
    ]
    model = network(nodes, [stored("w", weight()), stored("v", weight((2, 4, 3, 3))), stored("five", 0.5)])
    read = read_onnx(written(model))
    assert [n.op_type for n in read.graph.node] == ["Constant", "Conv", "Clip", "Conv"]
    assert {"images", "k"} <= set(tensors_to_observe(read))
    assert np.allclose(run(read, noise()), run(model, noise()), atol=1e-6)


def test_a_normalisation_is_joined_to_its_convolution(written):
    rows = np.random.default_rng(1).random((4, 4)).astype(np.float32) + 0.5
    names = ["scale", "shift", "mean", "variance"]
    nodes = [
        conv(gives="c"),
        helper.make_node("BatchNormalization", ["c", *names], ["n"], epsilon=0.01),
        helper.make_node("Relu", ["n"], ["y"]),
    ]
    model = network(nodes, [stored("w", weight()), *(stored(n, r) for n, r in zip(names, rows, strict=True))])
    read = read_onnx(written(model))
    assert [n.op_type for n in read.graph.node] == ["Conv", "Relu"]
    assert np.allclose(run(read, noise()), run(model, noise()), atol=1e-5)


def test_a_newer_or_older_opset_is_brought_to_a_known_one(written):
    reduce = helper.make_node("ReduceMean", ["images", "axes"], ["y"], keepdims=0)
    newer = network([reduce], [stored("axes", [2, 3], np.int64)], opset=20)
    read = read_onnx(written(newer))
    assert onnx_opset.opset_of(read) == 17
    assert np.allclose(run(read, noise()), run(newer, noise()), atol=1e-6)
    squeeze = helper.make_node("Squeeze", ["images"], ["y"], axes=[0])
    read = read_onnx(written(network([squeeze], opset=11)))
    assert onnx_opset.opset_of(read) == 13
    assert np.array_equal(run(read, noise()), noise()[0])


def test_an_opset_that_nobody_knows_is_told_with_those_taken(written):
    line = refused(written(plain(opset=99)))
    assert "its opset is 99, too new for onnx" in line
    assert "kitt takes 13 to 17: export it with opset_version=17" in line


def test_an_opset_that_cannot_be_brought_down_is_told(written):
    gelu = network([helper.make_node("Gelu", ["images"], ["y"])], opset=20)
    assert "its opset is 20, too new, and cannot be brought to 17" in refused(written(gelu))


def test_an_opset_whose_conversion_computes_something_else_is_told(written, monkeypatch):
    def wrong(model, target):
        return network([conv()], [stored("w", weight() * 1.01)], opset=target)

    monkeypatch.setattr(onnx_opset.version_converter, "convert_version", wrong)
    assert "brought to 17 its output 'y' is another" in refused(written(plain(opset=19)))


def test_no_opset_is_told(written):
    model = plain()
    del model.opset_import[:]
    assert "names no opset" in refused(written(model))


def test_operators_of_other_domains_are_told_with_their_node(written):
    node = helper.make_node("FusedConv", ["images", "w"], ["y"], name="stem", domain="com.microsoft")
    model = network([node], [stored("w", weight())], imports=[helper.make_opsetid("com.microsoft", 1)])
    assert "node 'stem' (FusedConv) is of the domain 'com.microsoft'" in refused(written(model))


def test_functions_that_the_file_brings_along_are_put_in_place(written):
    body = [helper.make_node("Mul", ["x", "x"], ["square"])]
    function = helper.make_function("own", "Square", ["x"], ["square"], body, [helper.make_opsetid("", 13)])
    node = helper.make_node("Square", ["images"], ["y"], domain="own")
    model = network([node], imports=[helper.make_opsetid("own", 1)], functions=[function])
    read = read_onnx(written(model))
    assert [n.op_type for n in read.graph.node] == ["Mul"]
    assert np.allclose(run(read, noise()), noise() ** 2)


def test_an_operator_that_onnx_runtime_lacks_is_told_with_its_node(written):
    """It has determinants of float32 only."""
    node = helper.make_node("Det", ["images"], ["y"], name="d")
    line = refused(written(network([node], shape=(1, 3, 8, 8), kind=TensorProto.DOUBLE)))
    assert "node 'd' (Det) is an operator that ONNX Runtime lacks on the CPU" in line


def test_an_operator_that_does_not_exist_is_told(written):
    line = refused(written(network([helper.make_node("Foo", ["images"], ["y"], name="f")])))
    assert "not valid ONNX" in line
    assert "Foo" in line


@pytest.mark.parametrize("kind", ["QuantizeLinear", "QLinearConv", "ConvInteger", "DynamicQuantizeLinear"])
def test_a_quantised_network_is_told_with_the_node(written, kind):
    model = network([helper.make_node(kind, ["images"], ["y"], name="q")])
    assert f"node 'q' ({kind}): the network is quantised already" in refused(written(model))


def test_control_flow_is_told_with_its_node(written):
    branch = helper.make_graph(
        [helper.make_node("Identity", ["images"], ["b"])], "b", [], [helper.make_tensor_value_info("b", FLOAT, PICTURE)]
    )
    node = helper.make_node("If", ["yes"], ["y"], name="branch", then_branch=branch, else_branch=branch)
    line = refused(written(network([node], [stored("yes", True, np.bool_)])))
    assert "node 'branch' (If) holds control flow" in line


def test_results_without_a_fixed_shape_are_told(written):
    model = network([helper.make_node("NonZero", ["images"], ["y"], name="found")])
    assert "node 'found' (NonZero) gives as many values as it finds" in refused(written(model))


def test_weights_in_another_precision_are_told(written):
    for kind, name in ((np.float16, "FLOAT16"), (np.float64, "DOUBLE")):
        model = network([conv(name="stem")], [stored("w", weight(), kind)], kind=TensorProto.DataType.Value(name))
        line = refused(written(model))
        assert f"node 'stem' (Conv) has weights in {name}; export the network in FP32" in line


def test_shapes_that_do_not_fit_are_told(written):
    model = network([conv()], [stored("w", weight((4, 5, 3, 3)))])
    assert "cannot run it" in refused(written(model))


def test_a_recurrent_network_of_fixed_shapes_is_read(written):
    rng = np.random.default_rng(0)
    sizes = {"w": (1, 12, 6), "r": (1, 12, 4)}
    nodes = [helper.make_node("GRU", ["images", *sizes], ["y"], hidden_size=4)]
    model = network(nodes, [stored(n, rng.random(s)) for n, s in sizes.items()], shape=[5, 1, 6])
    read = read_onnx(written(model))
    assert np.array_equal(run(read, noise((5, 1, 6))), run(model, noise((5, 1, 6))))
