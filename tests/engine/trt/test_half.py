"""The body in float16, inputs, outputs and what decodes in float32."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt.engine.trt.half import halved
from kitt.errors import KittError
from kitt.places import shipped
from tests.engine.trt.networks import conv_net, picture


def run(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def types(model: onnx.ModelProto) -> dict[str, int]:
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    return {v.name: v.type.tensor_type.elem_type for v in (*inferred.graph.value_info, *inferred.graph.output)}


def test_layers_with_weights_are_half_and_the_tail_is_not() -> None:
    model = halved(conv_net(quantised=False), "net")
    onnx.checker.check_model(model, full_check=True)
    kinds = types(model)
    assert kinds["convolved"] == TensorProto.FLOAT16
    assert kinds["scaled"] == TensorProto.FLOAT
    assert kinds["cut"] == TensorProto.FLOAT
    assert kinds["features"] == TensorProto.FLOAT
    assert {t.data_type for t in model.graph.initializer if t.name.startswith(("kernel", "bias"))} == {
        TensorProto.FLOAT16
    }


def test_it_computes_the_same_within_float16() -> None:
    inputs = {"images": picture()}
    plain, half = run(conv_net(quantised=False), inputs)[0], run(halved(conv_net(quantised=False), "net"), inputs)[0]
    assert half.dtype == np.float32
    assert 0 < np.abs(plain - half).max() < 2e-3


def test_the_ears_step_keeps_its_state_in_float32_outside() -> None:
    path = shipped() / "ears-first.onnx"
    model = halved(onnx.load(path), path.name)
    onnx.checker.check_model(model, full_check=True)
    assert {v.type.tensor_type.elem_type for v in (*model.graph.input, *model.graph.output)} == {TensorProto.FLOAT}
    rng = np.random.default_rng(1)
    state, half_state = np.zeros((2, 1, 176), np.float32), np.zeros((2, 1, 176), np.float32)
    language = np.array([[1, 0, 0]], np.float32)
    plain = onnx.load(path)
    sessions = [onnxruntime.InferenceSession(m.SerializeToString()) for m in (plain, model)]
    worst = 0.0
    for _ in range(200):
        features = rng.normal(size=(1, 120)).astype(np.float32)
        a, state = sessions[0].run(None, {"features": features, "language": language, "state": state})
        b, half_state = sessions[1].run(None, {"features": features, "language": language, "state": half_state})
        worst = max(worst, float(np.abs(np.exp(a) - np.exp(b)).max()))
    # probabilities, after six seconds of a state that was rounded at every step
    assert worst < 0.02


def test_a_tensor_crosses_the_border_once() -> None:
    model = halved(conv_net(quantised=False), "net")
    casts = [n for n in model.graph.node if n.op_type == "Cast"]
    assert len(casts) == len({n.input[0] for n in casts}) == 3


def one_gemm(weight: float, op: str = "Gemm") -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "w"], ["y"], name="layer")],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(np.array([[weight]], np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_resize_between_layers_keeps_its_scales_in_float32() -> None:
    x, size = "x", [1, 2, 4, 4]
    nodes = [
        helper.make_node("Conv", [x, "w"], ["a"], name="a"),
        helper.make_node("Resize", ["a", "", "scales"], ["b"], name="b", mode="nearest"),
        helper.make_node("Conv", ["b", "w"], ["y"], name="y"),
    ]
    values = {"w": np.ones((2, 2, 1, 1), np.float32), "scales": np.array([1, 1, 2, 2], np.float32)}
    graph = helper.make_graph(
        nodes,
        "resize",
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 8, 8])],
        [numpy_helper.from_array(v, n) for n, v in values.items()],
    )
    model = halved(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "resize")
    onnx.checker.check_model(model, full_check=True)
    assert types(model)["b"] == TensorProto.FLOAT16
    assert run(model, {x: np.ones(size, np.float32)})[0].tolist() == np.full((1, 2, 8, 8), 4.0).tolist()


def test_an_output_of_the_body_is_cast_back() -> None:
    model = halved(one_gemm(0.5), "one")
    onnx.checker.check_model(model, full_check=True)
    assert run(model, {"x": np.array([[3]], np.float32)})[0].tolist() == [[1.5]]


def test_weights_beyond_float16_are_refused() -> None:
    with pytest.raises(KittError, match=r"one: 'w' holds 1e\+05, beyond float16; build it as fp32"):
        halved(one_gemm(1e5), "one")


def test_a_network_with_a_loop_is_refused() -> None:
    model = one_gemm(1.0)
    branch = helper.make_graph([helper.make_node("Identity", ["y"], ["z"])], "b", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], ["r"], name="if_1", then_branch=branch, else_branch=branch))
    with pytest.raises(KittError, match="If 'if_1' holds a network of its own"):
        halved(model, "one")
