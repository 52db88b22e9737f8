"""Small float networks to quantise: built by hand, with random weights."""

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges


class Net:
    """An ONNX graph under construction; nodes are called by their outputs."""

    def __init__(self, seed=0, shape=(1, 3, 8, 12)):
        self.random = np.random.default_rng(seed)
        self.nodes, self.made = [], []
        self.given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)

    def constant(self, value, name):
        self.made.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(self, source, output, channels_in, channels, side=3, scale=0.3, **attributes):
        weight = self.random.normal(0, scale, (channels, channels_in, side, side)).astype(np.float32)
        bias = self.random.normal(0, scale, channels).astype(np.float32)
        names = [self.constant(weight, f"{output}_weight"), self.constant(bias, f"{output}_bias")]
        return self.node("Conv", [source, *names], output, pads=[side // 2] * 4, **attributes)

    def model(self, *outputs):
        infos = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
        graph = helper.make_graph(self.nodes, "net", [self.given], infos, self.made)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


def ranges_of(model, feeds, names):
    """The widest ranges of tensors, as a run of the float network shows them."""
    computed = [n for n in names if n not in feeds]
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    del opened.graph.output[:]
    opened.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in computed)
    session = ort.InferenceSession(opened.SerializeToString(), providers=["CPUExecutionProvider"])
    values = dict(zip(computed, session.run(computed, feeds), strict=True)) | feeds
    tensors = {}
    for name in names:
        low, high = min(0.0, float(values[name].min())), max(0.01, float(values[name].max()))
        tensors[name] = TensorRanges(Range(low, high), "test", max(-low, high), "test")
    return Ranges("net", "", tensors)
