import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.engine.convert.shapes import out_length, pads, with_input_size
from kitt.errors import KittError
from tests.engine.convert.tiny_network import GraphWriter, quant, tiny_efficientdet

sides = {
    "length": st.integers(8, 200),
    "kernel": st.integers(1, 5),
    "stride": st.integers(1, 3),
    "dilation": st.integers(1, 2),
}


@given(**sides)
def test_same_padding_makes_a_plain_convolution_give_the_promised_length(length, kernel, stride, dilation):
    before, after = pads(length, kernel, stride, dilation, "SAME")
    plain = (length + before + after - (kernel - 1) * dilation - 1) // stride + 1
    assert plain == out_length(length, kernel, stride, dilation, "SAME") == -(-length // stride)


@given(**sides)
def test_an_odd_pixel_of_padding_comes_after(length, kernel, stride, dilation):
    before, after = pads(length, kernel, stride, dilation, "SAME")
    assert after - before in (0, 1)


@given(**sides)
def test_valid_pads_nothing_and_keeps_whole_windows_only(length, kernel, stride, dilation):
    assert pads(length, kernel, stride, dilation, "VALID") == (0, 0)
    starts = [s for s in range(0, length, stride) if s + (kernel - 1) * dilation < length]
    assert out_length(length, kernel, stride, dilation, "VALID") == len(starts)


def test_a_stride_two_kernel_of_three_pads_by_the_parity_of_the_side():
    assert pads(448, 3, 2, 1, "SAME") == (0, 1)
    assert pads(7, 3, 2, 1, "SAME") == (1, 1)


def test_every_tensor_follows_a_new_input_size():
    graph = with_input_size(tiny_efficientdet(128), 160, 72)
    convs = [graph.tensors[op.outputs[0]].shape[1:3] for op in graph.ops if op.kind == "CONV_2D"]
    assert convs[:2] == [(36, 80), (18, 40)]
    assert convs[-5:] == [(9, 20), (5, 10), (3, 5), (2, 3), (1, 2)]
    resized = next(op for op in graph.ops if op.kind == "RESIZE_NEAREST_NEIGHBOR")
    assert graph.tensors[resized.outputs[0]].shape == (1, 9, 20, 8)
    joined = next(op for op in graph.ops if op.kind == "CONCATENATION")
    assert graph.tensors[joined.outputs[0]].shape == (1, 9 * (9 * 20 + 5 * 10 + 3 * 5 + 2 * 3 + 1 * 2), 4)


def test_its_own_size_changes_nothing():
    graph = tiny_efficientdet(128)
    same = with_input_size(graph, 128, 128)
    computed = [i for op in graph.ops[:-1] for i in op.outputs]
    assert [same.tensors[i].shape for i in computed] == [graph.tensors[i].shape for i in computed]


def test_a_resize_to_a_size_that_no_level_has_is_refused():
    w = GraphWriter()
    picture = w.picture(16, 16)
    x = w.conv(picture, w.weights(4, 3, (3, 3), False, 1 / 128), quant(0.05, 0), stride=(2, 2))
    w.op("RESIZE_NEAREST_NEIGHBOR", [x], (1, 13, 13, 4), quant(0.05, 0), {})
    from kitt.engine.convert.reading import Graph

    with pytest.raises(KittError, match="nothing in it has the size"):
        with_input_size(Graph(tuple(w.tensors), tuple(w.ops), (picture,), ()), 32, 32)
