"""The activation ranges that come with kitt."""

from pathlib import Path

import pytest

from kitt.engine.files import sha256_of
from kitt.engine.models import find_detector
from kitt.engine.networks import float_network, format_of
from kitt.engine.pull import weights_path
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.net import Net, label, walk
from kitt.engine.quantise.placement import plan, role_of, tensors_to_observe
from kitt.engine.quantise.ranges import Ranges

FOLDER = Path(__file__).resolve().parents[3] / "calibration"
FILES = sorted(FOLDER.glob("*.ranges.toml"))
NAMES = [f.name.removesuffix(".ranges.toml") for f in FILES]


def test_those_of_the_models_kitt_quantises_are_there() -> None:
    assert {"efficientdet-lite0", "efficientdet-lite2", "nanodet-g"} <= set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_is_as_kitt_writes_it_and_rests_on_the_frames_beside_it(path: Path) -> None:
    ranges = Ranges.read(path)
    assert path.read_text(encoding="utf-8") == ranges.text()
    assert ranges.sources["frames"] == f"frames.json, sha256 {sha256_of(FOLDER / 'frames.json')}"


@pytest.mark.weights
@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_is_of_the_network_and_leaves_no_layer_out(path: Path) -> None:
    ranges = Ranges.read(path)
    if not weights_path(ranges.model).exists():
        pytest.skip(f"the weights are not here: kitt models pull {ranges.model}")
    model = float_network(ranges.model, 128, 128)
    assert ranges.network == fingerprint(model), "made for other weights or other names: kitt calibrate"
    net = Net(model)
    trained = format_of(find_detector(ranges.model)).trained is not None
    for encoding in ("s8",) if trained else ("s8", "u8"):
        known = [t for t in ranges.tensors if (ranges.s8(t) if encoding == "s8" else ranges.u8(t)) is not None]
        observed = set(tensors_to_observe(model))
        heavy = {label(n) for n in walk(net) if role_of(net, n) == "weighted"}
        now, best = (heavy & set(plan(net, tensors, encoding).int8) for tensors in (known, observed))
        assert now == best != set()
