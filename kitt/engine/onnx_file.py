"""A user's ONNX file as all that is built from it needs it: whole, float, of one fixed size, of a known opset.

What cannot be built on is refused here, before anything is computed, in one line that says what helps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, inliner, numpy_helper
from onnx.external_data_helper import ExternalDataInfo, load_external_data_for_model, uses_external_data

from kitt.engine.files import sha256_of
from kitt.engine.onnx_checks import check_finite, check_nodes, check_runs, check_weights
from kitt.engine.onnx_fold import folded
from kitt.engine.onnx_opset import check_opset, with_known_opset
from kitt.errors import KittError

_CONSTANTS = {"value_int": "int64", "value_ints": "int64", "value_float": "float32", "value_floats": "float32"}
_LARGEST_BYTES = 2_000_000_000
"""More does not fit into one protobuf message."""


def read_onnx(path: Path, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """The float network in `path`: weights inside it, every node named, constants computed, of an opset in 13..17.

    size: (width, height) of the picture, for a file that leaves them free. A free number of pictures becomes one.
    Raises KittError for a file that is missing, cut off or no ONNX, whose weights' file is missing, that is of free
    size, of an opset that cannot be had, quantised already, or has nodes that cannot be built or weights that are no
    numbers.
    """
    name = str(path)
    model = _parse(path)
    check_opset(model, name)
    check_nodes(model, name)
    _load_weights(model, path)
    model = _plain(model, name)
    check_nodes(model, name)
    check_weights(model, name)
    check_finite(model, name)
    model = with_fixed_size(model, *size, name) if size else _one_picture(model, name)
    _check_fixed(model, name)
    model = with_known_opset(model, name)
    check_runs(model, name)
    model = folded(model)
    # a normalisation by a spread of zero is joined to its convolution
    check_finite(model, name)
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def digest_of(path: Path) -> str:
    """SHA-256, in hex, of an ONNX file and of the files beside it that its weights are in; of the file alone, where
    they are inside. Raises KittError for a file that is missing, cut off or no ONNX, or whose weights' file is missing.
    """
    model = _parse(path)
    own = sha256_of(path)
    beside = {ExternalDataInfo(t).location for t in _tensors(model) if uses_external_data(t)}
    if not beside:
        return own
    total = hashlib.sha256(f"{own}\0".encode())
    for location in sorted(beside):
        total.update(f"{location}\0{_sha256_beside(path, location)}\0".encode())
    return total.hexdigest()


def with_fixed_size(model: onnx.ModelProto, width: int, height: int, name: str) -> onnx.ModelProto:
    """The network for one picture of width x height pixels. `name` is what errors call it.

    Raises KittError where it has no input for one picture, or one of another size.
    """
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    picture = next((given for given in fixed.graph.input if _picture_axes(given)), None)
    if picture is None:
        raise KittError(f"{name}: has no input for a picture, [1,3,H,W] or [1,H,W,3], that could be {width}x{height}")
    vertical, across = _picture_axes(picture)
    for axis, side in ((0, 1), (6 - vertical - across, 3), (vertical, height), (across, width)):
        here = picture.type.tensor_type.shape.dim[axis]
        if here.dim_value not in (0, side):
            raise KittError(
                f"{name}: input '{picture.name}' is made for {_told(picture)}, which cannot be {width}x{height}; "
                "leave out --size, or export it for that size"
            )
        here.dim_value = side
    return _shapes_anew(fixed, name)


def _parse(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise KittError(f"{path}: no such model file")
    model = onnx.ModelProto()
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise KittError(f"{path}: larger than the 2 GB that one ONNX file can hold; keep its weights in another")
        model.ParseFromString(path.read_bytes())
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
    except DecodeError:
        raise KittError(f"{path}: not an ONNX file, or cut off; fetch or export it anew") from None
    if not model.graph.node or not model.graph.output:
        raise KittError(f"{path}: not an ONNX file, or cut off: it holds no network; fetch or export it anew")
    if not all(isinstance(text, str) for text in _texts(model)):
        raise KittError(f"{path}: damaged: it has names that are no text; fetch or export it anew")
    return model


def _texts(model: onnx.ModelProto) -> Iterator[str]:
    """Names, for which the reader of files gives bytes where they are not UTF-8."""
    for opset in model.opset_import:
        yield opset.domain
    yield from (value.name for value in (*model.graph.input, *model.graph.output))
    yield from (stored.name for stored in model.graph.initializer)
    for node in (*model.graph.node, *(n for f in model.functions for n in f.node)):
        yield from (node.op_type, node.name, node.domain, *node.input, *node.output)
        yield from (a.name for a in node.attribute)


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in (*model.graph.node, *(n for f in model.functions for n in f.node)):
        yield from (a.t for a in node.attribute if a.HasField("t"))


def _load_weights(model: onnx.ModelProto, path: Path) -> None:
    """Weights that lie in a file beside the model. Raises KittError where that is missing or too short."""
    total = 0
    for tensor in (t for t in _tensors(model) if uses_external_data(t)):
        info = ExternalDataInfo(tensor)
        beside = _beside(path, info.location)
        end = (info.offset or 0) + (info.length or 0)
        if beside.stat().st_size < end:
            raise KittError(f"{beside}: cut off: tensor '{tensor.name}' of {path.name} ends at byte {end}")
        total += info.length or beside.stat().st_size
    if total > _LARGEST_BYTES:
        raise KittError(f"{path}: its weights are {total / 1e9:.1f} GB; kitt builds networks of up to 2 GB")
    try:
        load_external_data_for_model(model, str(path.parent))
    except Exception as e:  # a location outside the folder, a link: onnx has an error of its own for each
        raise KittError(f"{path}: its weights cannot be read: {_line(e)}") from e


def _beside(path: Path, location: str) -> Path:
    beside = path.parent / location
    if not beside.is_file():
        raise KittError(
            f"{path}: its weights are in a file of their own, {location}, and {beside} is not there; "
            "put it beside the model, or export with the weights inside"
        )
    return beside


def _sha256_beside(path: Path, location: str) -> str:
    beside = _beside(path, location)
    try:
        return sha256_of(beside)
    except OSError as e:
        raise KittError(f"{beside}: cannot read: {e.strerror or e}") from e


def _plain(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Without functions of its own and defaults for inputs; every node has a name, every constant one form."""
    try:
        if model.functions:
            model = inliner.inline_local_functions(model)
        onnx.checker.check_model(_with_shapes(model))
    except Exception as e:
        raise KittError(f"{name}: not valid ONNX: {_line(e)}") from e
    stored = {i.name for i in model.graph.initializer}
    given = [i for i in model.graph.input if i.name not in stored]
    del model.graph.input[:]
    model.graph.input.extend(given)
    for node in model.graph.node:
        node.name = node.name or next((o for o in node.output if o), node.op_type)
        if node.op_type == "Constant":
            _in_one_form(node, name)
    return model


def _in_one_form(node: onnx.NodeProto, name: str) -> None:
    """A constant as a tensor, whatever it was given as."""
    given = node.attribute[0] if len(node.attribute) == 1 else onnx.AttributeProto()
    if given.name == "value":
        return
    kind = _CONSTANTS.get(given.name)
    if kind is None:
        raise KittError(f"{name}: node '{node.name}' (Constant) holds no numbers that kitt reads: '{given.name}'")
    value = numpy_helper.from_array(np.asarray(helper.get_attribute_value(given), kind))
    del node.attribute[:]
    node.attribute.append(helper.make_attribute("value", value))


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """With some shape for each output: ONNX's checker asks for one, runtimes do not."""
    if all(o.type.tensor_type.HasField("shape") for o in model.graph.output):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for output in copy.graph.output:
        output.type.tensor_type.shape.SetInParent()
    return copy


def _one_picture(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """kitt runs one picture at a time, so that a free number of pictures of a fixed size is no freedom."""
    for given in model.graph.input:
        sides = given.type.tensor_type.shape.dim
        if _picture_axes(given) and all(s.dim_value > 0 for s in sides[1:]) and not sides[0].dim_value:
            sides[0].dim_value = 1
            return _shapes_anew(model, name)
    return model


def _shapes_anew(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """What the inputs' shapes make of all others; a side that cannot be told beforehand is left open."""
    del model.graph.value_info[:]
    for output in model.graph.output:
        for side in output.type.tensor_type.shape.dim:
            side.Clear()
    try:
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as e:
        raise KittError(f"{name}: cannot be of that size: {_line(e)}") from e
    del inferred.graph.value_info[:]
    return inferred


def _check_fixed(model: onnx.ModelProto, name: str) -> None:
    for given in model.graph.input:
        if not given.type.HasField("tensor_type") or not given.type.tensor_type.HasField("shape"):
            raise KittError(f"{name}: input '{given.name}' has no shape; export it for a fixed size")
        for axis, side in enumerate(given.type.tensor_type.shape.dim):
            if side.dim_value <= 0:
                called = f" ('{side.dim_param}')" if side.dim_param else ""
                mend = ", or give --size WxH" if _picture_axes(given) else ""
                raise KittError(
                    f"{name}: its shapes are not fixed: dimension {axis}{called} of input '{given.name}' is free, "
                    f"{_told(given)}; export it for a fixed size{mend}"
                )


def _picture_axes(given: onnx.ValueInfoProto) -> tuple[int, ...]:
    """(axis of height, of width) of an input that can be a picture, else nothing."""
    kind = given.type.tensor_type
    sides = [d.dim_value or -1 for d in kind.shape.dim]
    if len(sides) != 4 or sides[0] not in (1, -1) or kind.elem_type not in (TensorProto.UINT8, TensorProto.FLOAT):
        return ()
    if sides[1] == 3 or (sides[1] == -1 and sides[3] != 3):
        return 2, 3
    return (1, 2) if sides[3] == 3 else ()


def _told(given: onnx.ValueInfoProto) -> str:
    sides = given.type.tensor_type.shape.dim
    return "[" + ",".join(str(d.dim_value) if d.dim_value > 0 else d.dim_param or "?" for d in sides) + "]"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
