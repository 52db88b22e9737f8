"""One builder for three generations of TensorRT, which kept few names in common."""

from pathlib import Path

import pytest

from kitt.engine.trt.builder import build
from kitt.errors import KittError
from tests.engine.trt.fake_tensorrt import GENERATIONS, FakeTensorRT
from tests.engine.trt.networks import conv_net, saved

ASKED = {
    ("8.6.1", "int8"): ["EXPLICIT_BATCH", "FP16", "INT8"],
    ("8.6.1", "fp16"): ["EXPLICIT_BATCH", "FP16"],
    ("8.6.1", "fp32"): ["EXPLICIT_BATCH"],
    **{(v, p): ["STRONGLY_TYPED"] for v in ("10.3.0", "11.4.0") for p in ("int8", "fp16", "fp32")},
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    plain = saved(conv_net(quantised=False), tmp_path / "net.onnx")
    return {"int8": saved(conv_net(), tmp_path / "net.s8.onnx"), "fp16": plain, "fp32": plain}


@pytest.mark.parametrize(("version", "precision"), ASKED)
def test_each_generation_is_asked_for_what_it_has(version: str, precision: str, files: dict[str, Path]) -> None:
    trt = FakeTensorRT(version)
    built = build(files[precision], precision, trt.library())
    assert trt.flags_set == ASKED[version, precision]
    assert built.plan.startswith(b"PLAN")
    assert built.layers > 3
    assert (b"kernel_half" in built.plan) == (precision == "fp16" and version != "8.6.1")


@pytest.mark.parametrize("version", GENERATIONS)
def test_an_unknown_operator_is_named_with_its_node(version: str, tmp_path: Path) -> None:
    path = saved(conv_net(fault="unsupported"), tmp_path / "net.onnx")
    trt = FakeTensorRT(version)
    with pytest.raises(KittError, match=r"cannot take node 'det_determinant' \(Det\): it does not know this operator"):
        build(path, "int8", trt.library())


def test_the_reason_why_a_build_fails_is_found_among_the_words(files: dict[str, Path]) -> None:
    trt = FakeTensorRT()
    trt.refuses_to_build = True
    with pytest.raises(KittError) as raised:
        build(files["int8"], "int8", trt.library())
    assert str(raised.value) == (
        f"{files['int8']}: TensorRT 10.3.0 cannot build it: "
        "ITopKLayer topk_7: K exceeds the maximum value allowed (3840)"
    )


def test_timings_of_kernels_are_reused_and_damaged_ones_dropped(files: dict[str, Path]) -> None:
    trt = FakeTensorRT()
    first = build(files["int8"], "int8", trt.library())
    assert trt.caches == [b""]
    build(files["int8"], "int8", trt.library(), timing_cache=first.timing_cache)
    assert trt.caches[1:] == [first.timing_cache]
    build(files["int8"], "int8", trt.library(), timing_cache=b"rubbish")
    assert trt.caches[2:] == [b"rubbish", b""]


def test_progress_rises_to_the_end(files: dict[str, Path]) -> None:
    shares: list[float] = []
    build(files["int8"], "int8", FakeTensorRT().library(), progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 5
    build(files["int8"], "int8", FakeTensorRT("8.6.1").library(), progress=shares.append)


def test_ctrl_c_in_the_midst_of_a_build_ends_it(files: dict[str, Path]) -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(files["int8"], "int8", FakeTensorRT().library(), progress=stop)


def test_too_little_gpu_memory_is_told_before_the_build(files: dict[str, Path]) -> None:
    with pytest.raises(KittError, match=r"wants 5\d\d MB of GPU memory and 100 MB are free; end other programs"):
        build(files["int8"], "int8", FakeTensorRT().library(), free_bytes=100_000_000)


def test_a_builder_that_cannot_be_made_is_told(files: dict[str, Path]) -> None:
    trt = FakeTensorRT()

    def no_driver(log: object) -> None:
        raise TypeError("pybind11::init(): factory function returned nullptr")

    trt.Builder = no_driver
    with pytest.raises(KittError, match="it finds no working NVIDIA driver"):
        build(files["int8"], "int8", trt.library())
