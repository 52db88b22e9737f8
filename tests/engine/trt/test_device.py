"""The real cuda-python and the real pycuda, where they are installed, on a driver of our own making."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from kitt.engine.trt import device, library
from kitt.errors import KittError

HERE = Path(__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")


def here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def fake_driver(folder: Path) -> Path:
    """libcuda.so.1 in `folder`, with an empty function for each that pycuda links to and kitt does not call."""
    sources = [HERE / "fake_libcuda.c"]
    text = sources[0].read_text(encoding="utf-8")
    spec = find_spec("pycuda")
    if spec and spec.origin:
        (extension,) = Path(spec.origin).parent.glob("_driver*.so")
        listed = subprocess.run(["nm", "-D", "--undefined-only", extension], capture_output=True, text=True, check=True)
        names = [n for n in listed.stdout.split() if n.startswith("cu") and f" {n}(" not in text]
        rest = folder / "rest.c"
        rest.write_text("\n".join(f"int {n}(void) {{ return 801; }}" for n in names), encoding="utf-8")
        sources.append(rest)
    target = folder / "libcuda.so.1"
    assert COMPILER
    subprocess.run([COMPILER, "-shared", "-fPIC", "-w", "-o", target, *sources, "-ldl"], check=True)
    return target


@pytest.mark.skipif(not COMPILER, reason="no C compiler for the fake driver")
@pytest.mark.parametrize("integrated", [False, True])
@pytest.mark.parametrize("kind", ["cuda-python", "pycuda"])
def test_every_call_on_a_fake_driver(kind: str, integrated: bool, tmp_path: Path) -> None:
    for module in ("cuda.bindings", *(["pycuda"] if kind == "pycuda" else [])):
        if not here(module):
            pytest.skip(f"{module} is not installed: pip install 'kitt[tensorrt]'")
    driver = fake_driver(tmp_path)
    env = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "LD_PRELOAD": str(driver)}
    env |= {"FAKE_INTEGRATED": "1"} if integrated else {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.trt.device_script", kind], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    assert eval(done.stdout) == {
        **dict.fromkeys(("contexts", "memories", "hosts", "streams", "events", "graphs"), 0),
        # pycuda pushes a context in order to give it back, and leaves it there; the owner's thread ends with it
        "current": int(kind == "pycuda"),
    }


def test_without_a_driver_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "driver_fault", lambda: "no NVIDIA driver (libcuda.so.1 is not there)")
    with pytest.raises(KittError, match="no GPU can be used: no NVIDIA driver"):
        device.open_device()


def test_without_a_package_that_speaks_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "driver_fault", lambda: "")
    for module in ("pycuda", "cuda", "cuda.bindings"):
        monkeypatch.setitem(sys.modules, module, None)
    for module in ("device_pycuda", "device_cuda", "driver"):
        monkeypatch.delitem(sys.modules, f"kitt.engine.trt.{module}", raising=False)
    with pytest.raises(KittError, match=r"nothing speaks to the GPU's driver: .*pip install cuda-bindings"):
        device.open_device()
    assert library.findings()
