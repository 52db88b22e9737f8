"""The acoustic models behind their manifest, and the first pass piece by piece."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kitt.ears.acoustic import FirstPass, checked, told
from kitt.ears.features import HOP, STEP, WINDOW, log_mel, stack
from kitt.ears.g2p.phones import PHONES
from kitt.engine.backend import TensorSpec
from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER
from kitt.errors import KittError
from kitt.types import LANGUAGES


class Summing:
    """A network whose state is the sum of its inputs."""

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return (TensorSpec("state", (1, 1, 1), np.dtype(np.float32)),), ()

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        state = inputs["state"] + inputs["features"].sum()
        return {"next_state": state, "log_posteriors": np.full((1, len(PHONES)), state.item(), np.float32)}


@pytest.fixture
def noise() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal(9000).astype(np.float32)


@pytest.mark.parametrize("size", [1, 7, STEP, 4000, 9000])
def test_the_first_pass_gives_the_same_however_the_sound_is_cut(size: int, noise: NDArray[np.float32]) -> None:
    first = FirstPass(Summing())  # type: ignore[arg-type]
    got = [out[0] for i in range(0, len(noise), size) for out in first.push(noise[i : i + size])]
    steps = (len(noise) - WINDOW + HOP) // STEP
    expected = np.cumsum(stack(log_mel(noise))[:steps].sum(1))
    assert len(got) == steps
    assert np.allclose(got, expected, rtol=1e-4)


def test_a_reset_forgets(noise: NDArray[np.float32]) -> None:
    first = FirstPass(Summing())  # type: ignore[arg-type]
    before = first.push(noise)
    first.reset()
    assert np.array_equal(first.push(noise), before)


def test_the_language_is_one_of_three_or_none() -> None:
    assert told("fr").tolist() == [[0.0, 1.0, 0.0]]
    assert told(None).tolist() == [[0.0, 0.0, 0.0]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ears-first.onnx").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    manifest = {
        "phones": list(PHONES),
        "languages": list(LANGUAGES),
        "encoder": MOONSHINE_TINY_EN_ENCODER.sha256,
        "sha256": {"ears-first.onnx": digest},
    }
    (tmp_path / "ears.json").write_text(json.dumps(manifest))
    return tmp_path


def test_weights_that_match_their_manifest_are_taken(folder: Path) -> None:
    assert checked(folder, "ears-first.onnx") == folder / "ears-first.onnx"


def test_weights_that_were_changed_are_not_loaded(folder: Path) -> None:
    (folder / "ears-first.onnx").write_bytes(b"others")
    with pytest.raises(KittError, match=r"ears-first\.onnx: not the weights of ears\.json: sha256 .* not loaded"):
        checked(folder, "ears-first.onnx")


def test_a_model_with_another_phone_set_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "ears.json").read_text())
    manifest["phones"][3] = "q"
    (folder / "ears.json").write_text(json.dumps(manifest))
    with pytest.raises(
        KittError, match=r"ears\.json: the model was trained on another phone set than kitt's 55 phones"
    ):
        checked(folder, "ears-first.onnx")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sha256", 3, "damaged: 'sha256' is not a table"),
        ("sha256", None, "damaged: 'sha256' is not a table"),
        ("sha256", {"ears-first.onnx": 3}, "not the weights of"),
        ("sha256", {}, "not the weights of"),
        ("phones", "abc", "damaged: 'phones' is not a list"),
        ("languages", None, "damaged: 'languages' is not a list"),
        ("languages", ["fr", "en", "es"], "trained on other languages than kitt's en, fr, es, in this order"),
        ("encoder", 3, "damaged: 'encoder' is not a digest"),
        ("encoder", "0" * 64, "trained on another encoder than moonshine-tiny-en-encoder"),
    ],
)
def test_whatever_else_does_not_match_is_one_line(folder: Path, key: str, value: object, message: str) -> None:
    manifest = json.loads((folder / "ears.json").read_text()) | {key: value}
    (folder / "ears.json").write_text(json.dumps(manifest))
    with pytest.raises(KittError, match=message) as caught:
        checked(folder, "ears-first.onnx")
    assert "ears.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_copy_of_a_pass_has_a_state_of_its_own(noise: NDArray[np.float32]) -> None:
    first = FirstPass(Summing())  # type: ignore[arg-type]
    expected = first.push(noise)
    first.reset()
    other = first.fresh()
    got = [out for i in range(0, 9000, 1000) for out in (first.push(noise[i : i + 1000]), other.push(-noise[:i]))[0]]
    assert np.allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize("text", ["", "[]", "{", "3", "nul"])
def test_a_damaged_manifest_is_one_line(folder: Path, text: str) -> None:
    (folder / "ears.json").write_text(text)
    with pytest.raises(KittError, match=r"ears\.json: damaged"):
        checked(folder, "ears-first.onnx")


def test_missing_weights_are_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"ears-second\.onnx: the ears' weights are missing"):
        checked(folder, "ears-second.onnx")
    with pytest.raises(KittError, match=r"ears\.json: the ears' weights are missing"):
        checked(tmp_path / "nowhere", "ears-first.onnx")
