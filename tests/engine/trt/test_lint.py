"""TensorRT for RTX builds on any desk: what it refuses would be refused in the car."""

from pathlib import Path

import pytest

from kitt.engine.trt import prepare
from kitt.engine.trt.library import find_for_lint
from kitt.engine.trt.lint import glance, lint
from kitt.errors import KittError
from kitt.places import engines, shipped
from tests.engine.trt.networks import conv_net, saved

try:
    find_for_lint()
    MISSING = ""
except KittError as e:
    MISSING = str(e)

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

NONE = pytest.param(Path(), marks=pytest.mark.skip(reason="no *.s8.onnx in engines/: kitt build makes them"))
QUANTISED = sorted(engines().glob("*.s8.onnx"))


def test_a_quantised_network_builds(tmp_path: Path) -> None:
    built = lint(saved(conv_net(), tmp_path / "net.s8.onnx"), "int8")
    assert len(built.plan) > 1000
    assert built.layers > 5


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_the_ears_first_pass_builds(precision: str) -> None:
    built = lint(shipped() / "ears-first.onnx", precision)
    assert len(built.plan) > (500_000 if precision == "fp16" else 1_500_000)


@pytest.mark.parametrize("path", QUANTISED or [NONE], ids=lambda p: p.name)
def test_our_quantised_networks_are_taken(path: Path) -> None:
    assert glance(path, "int8") > 10


def _one_of_each(paths: list[Path]) -> list[Path]:
    """All sizes of a model have the same layers: the smallest file of each is built."""
    return list({p.name.split("x")[0].rpartition("-")[0]: p for p in sorted(paths, key=_bytes, reverse=True)}.values())


def _bytes(path: Path) -> int:
    return path.stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("path", _one_of_each(QUANTISED) or [NONE], ids=lambda p: p.name)
def test_our_quantised_networks_build(path: Path) -> None:
    assert lint(path, "int8").layers > 10


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("zero point", r"node 'quantizelinear_x_stored' \(QuantizeLinear\): .*Non-zero zero point is not supported"),
        ("int32 bias", r"node 'dequantizelinear_b_read' \(DequantizeLinear\): input has type Int32"),
        ("unsupported", r"node 'det_determinant' \(Det\): it does not know this operator"),
    ],
)
def test_tensorrts_own_refusal_is_one_line_too(
    fault: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # kitt's own rules come first and would hide whether TensorRT's words are understood
    monkeypatch.setattr(prepare, "misplaced", lambda model: "")
    with pytest.raises(KittError, match=told) as raised:
        lint(saved(conv_net(fault=fault), tmp_path / "net.onnx"), "int8")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("fault", ["zero point", "uint8", "int32 bias"])
def test_kitts_rules_are_tensorrts(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(conv_net(fault=fault), tmp_path / "net.onnx")
    assert prepare.misplaced(prepare.read(path))
    monkeypatch.setattr(prepare, "misplaced", lambda model: "")
    if fault == "uint8":
        # taken as int8 by this version where the zero point is 0: ours is the stricter
        lint(path, "int8")
    else:
        with pytest.raises(KittError):
            lint(path, "int8")
