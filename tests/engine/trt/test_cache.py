"""Plans by name: found again, built anew for another machine, never loaded when they are not what was built."""

import errno
import os
import re
from pathlib import Path

import pytest

from kitt.engine.files import sha256_of
from kitt.engine.manifest import Manifest
from kitt.engine.trt import cache
from kitt.engine.trt.cache import Gpu
from kitt.engine.trt.runtime import TrtBackend
from kitt.errors import KittError
from tests.engine.trt.conftest import Rig
from tests.engine.trt.networks import conv_net, picture, saved

ORIN = Gpu("Orin", (8, 7), 8 << 30)


@pytest.fixture
def net(rig: Rig, tmp_path: Path) -> Path:
    return saved(conv_net(), tmp_path / "engines" / "net.s8.onnx")


def built(rig: Rig, net: Path, gpu: Gpu = ORIN, precision: str = "int8") -> tuple[Path, list[str]]:
    lines: list[str] = []
    return cache.ensure(net, precision, rig.trt.library(), gpu, lines.append), lines


def test_the_name_says_what_it_is_for(rig: Rig, net: Path) -> None:
    gpu = Gpu("NVIDIA H100 80GB HBM3", (9, 0), 80 << 30)
    plan, lines = built(rig, net, gpu)
    digest = Manifest.read(plan).onnx_sha256[:12]
    assert plan.name == f"net-{digest}-trt10.3.0-nvidia-h100-80gb-hbm3-sm90-int8.plan"
    assert lines == ["building net as int8 with TensorRT 10.3.0 for NVIDIA H100 80GB HBM3: may take some minutes, once"]


def test_the_manifest_tells_where_it_came_from(rig: Rig, net: Path) -> None:
    plan, _ = built(rig, net)
    manifest = Manifest.read(plan)
    assert (manifest.backend, manifest.encoding, manifest.precision) == ("tensorrt", "s8", "int8")
    assert (manifest.gpu, manifest.compute_capability) == ("Orin", "8.7")
    assert manifest.versions == {"tensorrt": "10.3.0"}
    assert manifest.build_s >= 0


def test_a_second_time_nothing_is_built(rig: Rig, net: Path) -> None:
    plan, _ = built(rig, net)
    before = plan.stat().st_mtime_ns
    again, lines = built(rig, net)
    assert (again, again.stat().st_mtime_ns, lines) == (plan, before, [])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("gpu", r"the one there is for another GPU \(orin-sm87\); building net as int8 .* for Thor: "),
        ("version", r"the one there is for another TensorRT \(trt10\.3\.0\); building net as int8 with TensorRT 11\.4"),
        ("network", r"the one there is of another network; building net"),
    ],
)
def test_one_for_another_machine_is_built_anew_and_both_stay(rig: Rig, net: Path, change: str, why: str) -> None:
    old, _ = built(rig, net)
    manifest = Manifest.read(old)
    Manifest(**{**manifest.__dict__, "build_s": 42.0}).write(old)
    if change == "version":
        rig.upgrade("11.4.0")
    if change == "network":
        saved(conv_net(seed=5), net)
    new, lines = built(rig, net, Gpu("Thor", (11, 0), 8 << 30) if change == "gpu" else ORIN)
    assert new != old
    assert old.is_file()
    (line,) = lines
    assert re.search(why, line), line
    assert line.endswith(": took 42 s last time")


def test_timings_are_kept_beside_and_used(rig: Rig, net: Path) -> None:
    built(rig, net)
    (kept,) = net.parent.glob("timings-*.cache")
    assert kept.name == "timings-trt10.3.0-orin-sm87.cache"
    saved(conv_net(seed=1), net)
    built(rig, net)
    assert rig.trt.caches == [b"", kept.read_bytes()]


def test_a_plan_changed_by_one_byte_is_not_loaded(rig: Rig, net: Path) -> None:
    TrtBackend.load(net, 1).end()
    (plan,) = net.parent.glob("*.plan")
    data = bytearray(plan.read_bytes())
    data[len(data) // 2] ^= 1
    plan.write_bytes(data)
    for path in (plan, net):
        with pytest.raises(KittError, match=r"not the engine that its manifest tells of, and not loaded"):
            TrtBackend.load(path, 1)
    assert not rig.device.open_things
    TrtBackend.open(net, "int8", lambda line: None, force=True).end()
    TrtBackend.load(plan, 1).end()


def test_a_plan_without_its_manifest_is_not_loaded_but_built(rig: Rig, net: Path) -> None:
    TrtBackend.load(net, 1).end()
    (plan,) = net.parent.glob("*.plan")
    Manifest.path_for(plan).unlink()
    with pytest.raises(KittError, match="the engine has no manifest"):
        TrtBackend.load(plan, 1)
    TrtBackend.load(net, 1).end()
    TrtBackend.load(plan, 1).end()


def test_a_plan_with_the_manifest_of_another_is_not_loaded(rig: Rig, net: Path) -> None:
    plan, _ = built(rig, net)
    saved(conv_net(seed=2), net)
    other, _ = built(rig, net)
    Manifest.read(other).write(plan)
    with pytest.raises(KittError, match="not the engine that its manifest tells of"):
        TrtBackend.load(plan, 1)


def test_loading_a_plan_of_another_gpu_builds_from_its_onnx(
    rig: Rig, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, _ = built(rig, net)
    rig.settings = {"name": "Thor", "capability": (11, 0)}
    network = TrtBackend.load(plan, 1)
    assert network.name == "tensorrt 10.3.0 on Thor"
    network.infer({"images": picture()})
    network.end()
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"kitt: {plan.name}: it was built for Orin (8.7), and Thor (11.0) is here"
    assert told[1].startswith("kitt: the one there is for another GPU (orin-sm87); building net as int8")


def test_loading_a_plan_of_another_version_without_its_onnx(rig: Rig, net: Path) -> None:
    rig.settings = {"name": "Orin"}
    plan, _ = built(rig, net)
    net.unlink()
    rig.upgrade("11.4.0")
    with pytest.raises(KittError, match=r"built with 10\.3\.0, and TensorRT 11\.4\.0 is here, and the network it was"):
        TrtBackend.load(plan, 1)


def test_a_plan_that_tensorrt_itself_refuses(rig: Rig, net: Path) -> None:
    rig.settings = {"name": "Orin"}
    plan, _ = built(rig, net)
    plan.write_bytes(b"PLAN 9.0.0\n" + plan.read_bytes().partition(b"\n")[2])
    Manifest(**{**Manifest.read(plan).__dict__, "sha256": sha256_of(plan)}).write(plan)
    with pytest.raises(KittError, match=r"TensorRT 10\.3\.0 does not load it: Version tag does not match"):
        TrtBackend.load(plan, 1)
    assert not rig.device.open_things


def test_a_manifest_that_cannot_be_written_leaves_the_last_good_plan(
    rig: Rig, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, _ = built(rig, net)
    before = plan.read_bytes()

    def refuse(path: Path, text: str, encoding: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(KittError, match=r"\.plan\.json: cannot write: No space left on device; free some space"):
        cache.ensure(net, "int8", rig.trt.library(), ORIN, lambda line: None, force=True)
    assert plan.read_bytes() == before
    assert cache.ensure(net, "int8", rig.trt.library(), ORIN, lambda line: None) == plan


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_leaves_the_last_good_plan(
    rig: Rig, net: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, _ = built(rig, net)
    before = plan.read_bytes()

    def refuse(path: Path, data: bytes) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(KittError, match=r"cannot write: .*; ") as raised:
        cache.ensure(net, "int8", rig.trt.library(), ORIN, lambda line: None, force=True)
    assert "\n" not in str(raised.value)
    assert plan.read_bytes() == before
    assert not list(net.parent.glob(".*.part"))
    assert cache.ensure(net, "int8", rig.trt.library(), ORIN, lambda line: None) == plan


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(rig: Rig, net: Path) -> None:
    net.parent.chmod(0o500)
    try:
        with pytest.raises(KittError, match="cannot write: Permission denied"):
            built(rig, net)
    finally:
        net.parent.chmod(0o700)


def test_a_network_that_is_not_there(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"gone\.onnx: no such model file"):
        built(rig, tmp_path / "gone.onnx")
    with pytest.raises(KittError, match=r"gone\.plan: no such model file"):
        TrtBackend.load(tmp_path / "gone.plan", 1)


def test_a_float_network_is_built_as_fp16(rig: Rig, tmp_path: Path) -> None:
    net = saved(conv_net(quantised=False), tmp_path / "engines" / "plain.onnx")
    network = TrtBackend.load(net, 1)
    network.infer({"images": picture()})
    network.end()
    (plan,) = net.parent.glob("*.plan")
    assert plan.name.endswith("-fp16.plan")
    assert Manifest.read(plan).float_sha256 == Manifest.read(plan).onnx_sha256


def test_what_is_known_of_the_network_is_handed_on(rig: Rig, net: Path) -> None:
    known = Manifest("net of nets", "0", "0", "f00d", "cafe", "named frames", "onnxruntime", "s8", "int8")
    known.write(net)
    plan, _ = built(rig, net)
    manifest = Manifest.read(plan)
    assert (manifest.model, manifest.float_sha256, manifest.ranges_sha256) == ("net of nets", "f00d", "cafe")
