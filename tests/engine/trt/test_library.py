"""Which TensorRT is here: the driver is asked first, and nothing dangerous is imported."""

import ctypes
import subprocess
import sys
from types import ModuleType

import pytest

from kitt.engine.trt import library
from kitt.errors import KittError


class Driver:
    def __init__(self, code: int) -> None:
        self.code = code

    def cuInit(self, flags: int) -> int:
        return self.code


def with_driver(monkeypatch: pytest.MonkeyPatch, code: int | None) -> None:
    def load(name: str) -> Driver:
        if code is None:
            raise OSError(f"{name}: cannot open shared object file")
        return Driver(code)

    monkeypatch.setattr(ctypes, "CDLL", load)


def with_modules(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    monkeypatch.setattr(library, "_is_here", lambda module: module in versions)
    for name, version in versions.items():
        module = ModuleType(name)
        module.__version__ = version  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(
    ("code", "fault"),
    [(None, "no NVIDIA driver"), (100, "finds no GPU"), (803, "does not start (cuInit gives 803)"), (0, "")],
)
def test_the_driver_is_asked_first(monkeypatch: pytest.MonkeyPatch, code: int | None, fault: str) -> None:
    with_driver(monkeypatch, code)
    assert fault in library.driver_fault()
    assert bool(library.driver_fault()) == bool(fault)


def test_without_a_driver_no_tensorrt_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch, None)
    monkeypatch.setattr(library, "import_module", lambda name: pytest.fail(f"{name} was imported"))
    with pytest.raises(KittError, match=r"no NVIDIA driver .*; install NVIDIA's driver"):
        library.find()


def test_the_full_one_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch, 0)
    with_modules(monkeypatch, tensorrt="10.3.0", tensorrt_rtx_bindings="1.7.1.116")
    found = library.find()
    assert (found.name, found.tag) == ("TensorRT 10.3.0", "trt10.3.0")
    with_modules(monkeypatch, tensorrt_rtx_bindings="1.7.1.116")
    found = library.find()
    assert (found.name, found.tag) == ("TensorRT for RTX 1.7.1.116", "rtx1.7.1.116")


def test_a_reason_for_each_that_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch, 0)
    with_modules(monkeypatch, tensorrt="8.5.2.2")
    with pytest.raises(KittError, match=r"TensorRT 8\.5\.2\.2 is too old.*TensorRT for RTX is not installed"):
        library.find()


def test_one_that_does_not_load_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> ModuleType:
        raise FileNotFoundError("libnvinfer.so.10:\n cannot open")

    with_driver(monkeypatch, 0)
    with_modules(monkeypatch, tensorrt="10.3.0")
    monkeypatch.setattr(library, "import_module", broken)
    with pytest.raises(KittError, match=r"does not load: libnvinfer\.so\.10: cannot open") as raised:
        library.find()
    assert "\n" not in str(raised.value)


def test_the_doctors_findings_name_every_part() -> None:
    found = library.findings()
    assert [f.name for f in found] == ["nvidia driver", "tensorrt", "tensorrt for rtx", "pycuda", "cuda-bindings"]
    assert all(f.what for f in found)
    assert all(f.mend for f in found if not f.ok)


def test_neither_looking_nor_importing_loads_a_library_of_nvidias() -> None:
    code = (
        "import sys, kitt.engine.trt.runtime, kitt.engine.trt.lint as _; from kitt.engine.trt.library import findings;"
        "findings(); print([m for m in sys.modules if m.startswith(('tensorrt', 'pycuda', 'cuda.bindings.driver'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
