"""The real runtime on a GPU that is not there: numbers, the order of calls, the end."""

import gc
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from kitt.engine import backend
from kitt.engine.ort import OrtBackend
from kitt.engine.trt.runtime import TrtBackend
from kitt.errors import KittError
from tests.engine.trt.conftest import Rig
from tests.engine.trt.networks import conv_net, picture, saved


@pytest.fixture
def net(rig: Rig, tmp_path: Path) -> Path:
    return saved(conv_net(), tmp_path / "engines" / "net.s8.onnx")


def loaded(net: Path) -> TrtBackend:
    network = backend.load(net, 1, "tensorrt")
    assert isinstance(network, TrtBackend)
    return network


@pytest.mark.parametrize("settings", [{}, {"integrated": True}, {"no_graphs": "pycuda has no CUDA graphs"}])
def test_it_gives_what_onnx_runtime_gives(rig: Rig, net: Path, settings: dict[str, object]) -> None:
    rig.settings = settings
    network = loaded(net)
    reference = OrtBackend.load(net, 1)
    assert [(s.name, s.shape, s.dtype) for specs in network.io_specs() for s in specs] == [
        (s.name, s.shape, s.dtype) for specs in reference.io_specs() for s in specs
    ]
    given = [network.infer({"images": picture(seed)})["features"] for seed in range(3)]
    for seed, features in enumerate(given):
        # each picture its own, though they went through the same buffers
        np.testing.assert_allclose(features, reference.infer({"images": picture(seed)})["features"], atol=1e-6)
    network.end()


def test_one_call_is_one_launch_and_one_wait(rig: Rig, net: Path) -> None:
    network = loaded(net)
    del rig.device.calls[:]
    network.infer({"images": picture()})
    assert rig.device.calls == ["launch", "record", "wait"]
    network.end()


def test_everything_is_set_up_before_the_first_call(rig: Rig, net: Path) -> None:
    network = loaded(net)
    calls = rig.device.calls
    binding = ["pinned", "allocate", "set_tensor_address images", "pinned", "allocate", "set_tensor_address features"]
    # one plain run, so that nothing is left to do lazily, then the capture of copies and network
    assert calls == [
        *("free_bytes", "stream", "event", *binding, "execute_async_v3", "record", "wait"),
        *("capture", "copy_in", "execute_async_v3", "copy_out"),
    ]
    network.end()


def test_without_graphs_the_same_is_enqueued_call_by_call_and_told(rig: Rig, net: Path) -> None:
    rig.settings = {"no_graphs": "pycuda has no CUDA graphs: pip install cuda-bindings"}
    network = loaded(net)
    assert network.name.endswith("without a CUDA graph (pycuda has no CUDA graphs: pip install cuda-bindings)")
    del rig.device.calls[:]
    network.infer({"images": picture()})
    assert rig.device.calls == ["copy_in", "execute_async_v3", "copy_out", "record", "wait"]
    network.end()


def test_a_capture_that_fails_leaves_a_network_that_runs_and_says_so(rig: Rig, net: Path) -> None:
    rig.fail_at = "capture"
    network = loaded(net)
    assert "without a CUDA graph (the GPU's driver: capture failed" in network.name
    assert network.infer({"images": picture()})["features"].shape == (1, 8, 10, 14)
    network.end()


def test_where_memory_is_shared_nothing_is_copied_over(rig: Rig, net: Path) -> None:
    rig.settings = {"integrated": True}
    network = loaded(net)
    assert {"allocate", "copy_in", "copy_out"}.isdisjoint(rig.device.calls)
    assert "pinned mapped" in rig.device.calls
    network.end()


ORDER = [
    *("end_graph", "~context", "~engine", "~runtime", "free", "free", "free_pinned", "free_pinned"),
    *("end_event", "end_stream", "end"),
]


def test_the_end_is_in_order_and_once(rig: Rig, net: Path) -> None:
    network = loaded(net)
    del rig.device.calls[:]
    network.end()
    network.end()
    assert rig.device.calls == ORDER
    assert not rig.device.open_things
    with pytest.raises(KittError, match="it was ended and cannot run"):
        network.infer({"images": picture()})


def test_letting_go_of_it_ends_it_too(rig: Rig, net: Path) -> None:
    network = loaded(net)
    del rig.device.calls[:]
    del network
    gc.collect()
    assert rig.device.calls == ORDER


def test_an_error_while_ending_stops_nothing(rig: Rig, net: Path) -> None:
    network = loaded(net)
    del rig.device.calls[:]
    rig.device.fail_at = "end_graph"
    network.end()
    assert rig.device.calls == ORDER[1:]


@pytest.mark.parametrize("call", ["stream", "event", "pinned", "allocate", "record", "wait"])
def test_a_load_that_fails_half_way_frees_what_it_had(rig: Rig, net: Path, call: str) -> None:
    rig.fail_at = call
    with pytest.raises(KittError, match="CUDA_ERROR_OUT_OF_MEMORY"):
        loaded(net)
    assert rig.device.calls[-1] == "end"
    assert not rig.device.open_things
    assert not [t for t in threading.enumerate() if t.name.startswith("gpu-")]


def test_no_room_for_the_context(rig: Rig, net: Path) -> None:
    rig.trt.no_room = True
    with pytest.raises(KittError, match="the GPU has no room to run it"):
        loaded(net)
    assert not rig.device.open_things


def test_calls_from_many_threads_all_happen_on_the_owner(rig: Rig, net: Path) -> None:
    network = loaded(net)
    reference = OrtBackend.load(net, 1)
    wrong: list[int] = []

    def ask(seed: int) -> None:
        for turn in range(5):
            image = picture(seed * 10 + turn)
            # FakeDevice itself fails on a call from any thread but the one that opened it
            features = network.infer({"images": image})["features"]
            if np.abs(features - reference.infer({"images": image})["features"]).max() > 1e-6:
                wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    network.end()


def test_outputs_belong_to_the_caller(rig: Rig, net: Path) -> None:
    network = loaded(net)
    first = network.infer({"images": picture(0)})["features"]
    before = first.copy()
    network.infer({"images": picture(1)})
    np.testing.assert_array_equal(first, before)
    network.end()


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "'images' is missing"),
        (
            {"images": np.zeros((1, 1, 1, 3), np.uint8)},
            r"'images' is uint8 \(1, 1, 1, 3\), wanted uint8 \(1, 12, 16, 3\)",
        ),
        ({"images": np.zeros((1, 12, 16, 3), np.float32)}, r"'images' is float32"),
    ],
)
def test_inputs_that_do_not_fit(rig: Rig, net: Path, inputs: dict[str, np.ndarray], told: str) -> None:
    network = loaded(net)
    with pytest.raises(KittError, match=f"the network refused its input: {told}"):
        network.infer(inputs)
    network.infer({"images": picture()})
    network.end()


def test_the_programs_end_is_in_order_too(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
os.environ["KITT_HOME"] = {str(tmp_path)!r}
from kitt.engine.trt import library, runtime
from tests.engine.trt.fake_device import FakeDevice
from tests.engine.trt.fake_tensorrt import FakeTensorRT
from tests.engine.trt.networks import conv_net, saved
opened = []
def open_device():
    opened.append(FakeDevice())
    end = opened[0].end
    opened[0].end = lambda: (end(), print(*opened[0].calls[-11:], file=sys.stderr))
    return opened[0]
trt = FakeTensorRT(device=lambda: opened[-1])
library.find = lambda: trt.library()
runtime.open_device = open_device
net = saved(conv_net(), Path({str(tmp_path)!r}) / "net.s8.onnx")
network = runtime.TrtBackend.load(net, 1)
raise SystemExit(3) if len(sys.argv) < 2 else ZeroDivisionError
"""
    for arguments in ([], ["raise"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
        assert done.stderr.splitlines()[-1] == " ".join(ORDER), done.stderr
