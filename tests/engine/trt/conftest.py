"""A GPU and a TensorRT that are not there: everything above them is kitt's own code."""

from pathlib import Path

import pytest

from kitt.engine.trt import library, runtime
from tests.engine.trt.fake_device import FakeDevice
from tests.engine.trt.fake_tensorrt import FakeTensorRT


class Rig:
    """What the runtime will find. `device` is the one opened last; its settings are made before."""

    def __init__(self) -> None:
        self.settings: dict[str, object] = {}
        self.opened: list[FakeDevice] = []
        self.trt = FakeTensorRT(device=lambda: self.opened[-1])
        self.fail_at = ""

    @property
    def device(self) -> FakeDevice:
        return self.opened[-1]

    def open(self) -> FakeDevice:
        device = FakeDevice(**self.settings)
        device.fail_at = self.fail_at
        self.opened.append(device)
        return device

    def upgrade(self, version: str) -> None:
        self.trt = FakeTensorRT(version, device=lambda: self.opened[-1])


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Rig:
    made = Rig()
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    (tmp_path / "engines").mkdir()
    monkeypatch.setattr(library, "find", lambda: made.trt.library())
    monkeypatch.setattr(runtime, "open_device", made.open)
    return made
