"""The doctor names what is there, what is missing, and the line that mends it; a broken part does not end it."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.runtime import health


def test_every_finding_that_is_not_ok_says_how_to_mend_it() -> None:
    findings = health.check()
    assert {"python", "numpy", "backend", "weights", "voice", "sample drive"} <= {f.part for f in findings}
    assert all(f.mend for f in findings if not f.ok)


def test_what_the_extras_bring_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(health, "version", missing)
    mend = {name: health._extra(name, extra).mend for name, extra in health.EXTRAS.items()}
    assert mend["python-can"] == mend["cantools"] == "pip install 'kitt[can]'"
    assert (mend["sounddevice"], mend["livekit"]) == ("pip install 'kitt[live]'", "pip install 'kitt[echo]'")


def test_missing_weights_are_exit_code_1_and_the_line_that_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "MISSING weights" in done.stdout
    assert "-> kitt models pull" in done.stdout


def test_a_part_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def voice() -> health.Finding:
        raise RuntimeError("libespeak-ng is not for this processor")

    finding = health.guarded("voice", voice)
    assert not finding.ok
    assert "not for this processor" in finding.what


def test_json_holds_the_same() -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert [row["part"] for row in json.loads(done.stdout)] == [f.part for f in health.check()]
