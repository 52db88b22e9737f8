import pytest
from typer.testing import CliRunner

from kitt.cli.models import app
from kitt.engine import networks
from kitt.engine import pull as store
from kitt.engine.models import MODELS


@pytest.fixture(autouse=True)
def _empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_HOME", str(tmp_path))


def test_list_shows_every_model_its_sha_and_licence_and_how_to_get_it():
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == 0
    for model in MODELS:
        assert f"{model.name}: not here: kitt models pull {model.name}" in result.output
        assert model.sha256 in result.output
    assert "Apache-2.0" in result.output


def test_list_shows_what_is_here():
    path = networks.engine_path("efficientdet-lite2", 576, 320)
    path.parent.mkdir(parents=True)
    path.touch()
    store.weights_path("efficientdet-lite2").write_bytes(b"0" * 1_200_000)
    result = CliRunner().invoke(app, ["list"])
    assert "efficientdet-lite2: 1.2 MB" in result.output
    assert "built for: 576x320" in result.output


EYES_AND_EARS = ["efficientdet-lite2", "efficientdet-lite0", "silero-vad", "moonshine-tiny-en-encoder"]


@pytest.mark.parametrize(("arguments", "pulled"), [([], EYES_AND_EARS), (["x"], ["x"])])
def test_pull_fetches_what_is_named_else_what_eyes_and_ears_need(monkeypatch, arguments, pulled):
    asked = []
    monkeypatch.setattr(store, "pull", lambda names: asked.extend(names) or [])
    monkeypatch.setattr(networks, "ensure_usual", lambda names: asked.append("built"))
    assert CliRunner().invoke(app, ["pull", *arguments]).exit_code == 0
    assert asked == [*pulled, "built"]
